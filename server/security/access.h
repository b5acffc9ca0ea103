// What a principal may do: the methods that its role allows, and the studies that its prefix does.
//
// Errors: PERMISSION_DENIED, reason ROLE_TOO_LOW or OUTSIDE_PREFIX.

#ifndef PARZEN_SERVER_SECURITY_ACCESS_H_
#define PARZEN_SERVER_SECURITY_ACCESS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/security/method.h"
#include "server/security/principal.h"

namespace parzen::security {

std::string_view RoleName(Role role);
std::optional<Role> ParseRole(std::string_view name);

// Whether the role is high enough for the method.
absl::Status CheckMethod(const Principal& principal, const Method& method);

// Whether a CreateStudy may make a study. Who may not is still answered one that is there, by exist_ok.
absl::Status CheckMakeStudy(const Principal& principal);

// Whether the study's name begins with the principal's prefix. The answer for a study that is not there is the same, so that
// names outside the prefix cannot be probed.
absl::Status CheckStudy(const Principal& principal, std::string_view study);

// What a listing with `requested` as its prefix becomes: the longer of the two prefixes where one begins with the other, else
// nullopt (nothing to see).
std::optional<std::string> VisiblePrefix(const Principal& principal, std::string_view requested);

}  // namespace parzen::security

#endif  // PARZEN_SERVER_SECURITY_ACCESS_H_
