#include "server/security/access.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/string_view.h"
#include "server/error/error.h"

namespace parzen::security {
namespace {

constexpr std::array<std::string_view, 3> kRoleNames = {"reader", "worker", "admin"};

absl::Status CheckRole(const Principal& principal, Role needed, std::string_view what) {
  if (principal.role >= needed) return absl::OkStatus();
  return error::MakeError(absl::StatusCode::kPermissionDenied,
                          absl::StrCat("'", principal.name, "' has the role ", Abseil(RoleName(principal.role)), "; ",
                                       Abseil(what), " needs the role ", Abseil(RoleName(needed))),
                          {"ROLE_TOO_LOW", {}});
}

}  // namespace

std::string_view RoleName(Role role) { return kRoleNames[static_cast<size_t>(role)]; }

std::optional<Role> ParseRole(std::string_view name) {
  for (size_t i = 0; i < kRoleNames.size(); ++i) {
    if (kRoleNames[i] == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

const Method* FindMethod(Methods methods, std::string_view path) {
  const auto found = std::find_if(methods.begin(), methods.end(), [&](const Method* method) { return method->path == path; });
  return found == methods.end() ? nullptr : *found;
}

absl::Status CheckMethod(const Principal& principal, const Method& method) {
  return CheckRole(principal, method.role, method.label);
}

absl::Status CheckMakeStudy(const Principal& principal) { return CheckRole(principal, Role::kAdmin, "making a study"); }

absl::Status CheckStudy(const Principal& principal, std::string_view study) {
  if (study.starts_with(principal.study_prefix)) return absl::OkStatus();
  return error::MakeError(
      absl::StatusCode::kPermissionDenied,
      absl::StrCat("'", principal.name, "' may use only studies whose names begin with '", principal.study_prefix, "'"),
      {"OUTSIDE_PREFIX", {}});
}

std::optional<std::string> VisiblePrefix(const Principal& principal, std::string_view requested) {
  if (requested.starts_with(principal.study_prefix)) return std::string(requested);
  if (std::string_view(principal.study_prefix).starts_with(requested)) return principal.study_prefix;
  return std::nullopt;
}

}  // namespace parzen::security
