#include "server/security/gate.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/error/error.h"
#include "server/security/access.h"

namespace parzen::security {

absl::Status Caller::CheckStudy(std::string_view study) const {
  return principal_ ? security::CheckStudy(*principal_, study) : absl::OkStatus();
}

absl::Status Caller::CheckMakeStudy() const { return principal_ ? security::CheckMakeStudy(*principal_) : absl::OkStatus(); }

std::optional<std::string> Caller::VisiblePrefix(std::string_view requested) const {
  return principal_ ? security::VisiblePrefix(*principal_, requested) : std::string(requested);
}

absl::StatusOr<std::shared_ptr<const Principal>> Gate::Identify(const Origin& origin) const {
  if (tokens_) return tokens_->Authenticate(origin.authorization);
  if (!mutual_tls_) return nullptr;
  // The handshake has verified the certificate; a name is for the record only.
  auto principal = std::make_shared<Principal>();
  principal->name = origin.certificate_name.empty() ? "certificate" : std::string(origin.certificate_name);
  principal->role = Role::kAdmin;
  return principal;
}

absl::StatusOr<Caller> Gate::Admit(const Method& method, const Origin& origin) {
  PARZEN_ASSIGN_OR_RETURN(auto principal, Identify(origin));
  if (principal) PARZEN_RETURN_IF_ERROR(CheckMethod(*principal, method));
  const int64_t limit = method.stream ? limits_.watches_per_peer : limits_.requests_per_peer;
  const std::string_view peer = principal ? std::string_view(principal->name) : HostOfPeer(origin.peer);
  auto slot = (method.stream ? watches_ : requests_).Enter(peer, limit);
  if (!slot) {
    return error::OverLimit(
        method.stream ? "LIMIT_WATCHES" : "LIMIT_REQUESTS",
        absl::StrCat(absl::string_view(peer.data(), peer.size()), " has ", limit, " ",
                     method.stream ? "watches open" : "requests in flight", ", as many as this server accepts"));
  }
  return Caller(std::move(principal), *std::move(slot));
}

}  // namespace parzen::security
