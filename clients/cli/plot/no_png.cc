// In place of png.cc where PARZEN_WITH_PNG is off: a program without librsvg and the fonts, images and tables that come with it.

#include "clients/cli/plot/png.h"

namespace parzen::cli {

absl::StatusOr<std::string> RenderPng(const std::string&, double) {
  return absl::UnimplementedError("this build of parzen cannot write PNG: --format html and svg are accepted");
}

}  // namespace parzen::cli
