// Conversions between the two string views: Debian's abseil does not alias std's.

#ifndef PARZEN_BASE_STRING_VIEW_H_
#define PARZEN_BASE_STRING_VIEW_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace parzen {

inline absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace parzen

#endif  // PARZEN_BASE_STRING_VIEW_H_
