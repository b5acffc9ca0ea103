// SVG to PNG, by librsvg and cairo.

#ifndef PARZEN_CLIENTS_CLI_PLOT_PNG_H_
#define PARZEN_CLIENTS_CLI_PLOT_PNG_H_

#include <string>

#include "absl/status/statusor.h"

namespace parzen::cli {

// The bytes of a PNG file, `scale` pixels a unit of the picture.
absl::StatusOr<std::string> RenderPng(const std::string& svg, double scale);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_PLOT_PNG_H_
