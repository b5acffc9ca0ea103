// The version of this build.

#ifndef PARZEN_SERVER_VERSION_H_
#define PARZEN_SERVER_VERSION_H_

#include <string_view>

namespace parzen {

inline constexpr std::string_view kVersion = PARZEN_VERSION;

}  // namespace parzen

#endif  // PARZEN_SERVER_VERSION_H_
