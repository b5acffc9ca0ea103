// The one place that decides whether a call comes in: who calls, whether the role suffices, whether there is room for it.
//
//   auto caller = gate.Admit(kAsk, {.authorization = ..., .peer = ...});
//   if (!caller.ok()) -> answer that status
//   if (auto status = caller->CheckStudy("digits"); !status.ok()) -> answer that status
//   ... the caller is kept until the call is answered: it holds its place among the peer's calls in flight.
//
// A server without tokens and without mutual TLS lets everybody do everything (it listens on this machine only, unless told
// otherwise). With tokens, every call needs one. With mutual TLS alone, whoever has a certificate of the authority is an admin.
//
// Errors: UNAUTHENTICATED (see TokenFile), PERMISSION_DENIED (see access.h), RESOURCE_EXHAUSTED LIMIT_REQUESTS or LIMIT_WATCHES.

#ifndef PARZEN_SERVER_SECURITY_GATE_H_
#define PARZEN_SERVER_SECURITY_GATE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/security/in_flight.h"
#include "server/security/limits.h"
#include "server/security/method.h"
#include "server/security/principal.h"
#include "server/security/token_file.h"

namespace parzen::security {

// What the transport knows of a call.
struct Origin {
  std::string_view authorization;     // the metadata of that name; empty where there is none
  std::string_view peer;              // as gRPC spells it
  std::string_view certificate_name;  // the common name of a verified client certificate; empty where there is none
};

// Somebody who was let in. Movable.
class Caller {
 public:
  // Everybody: may do everything and takes no place.
  Caller() = default;

  // Empty on a server without authentication.
  std::string_view name() const { return principal_ ? std::string_view(principal_->name) : std::string_view(); }
  // kAdmin on a server without authentication.
  Role role() const { return principal_ ? principal_->role : Role::kAdmin; }
  // Of the names of the studies that it may touch; empty: all.
  std::string_view study_prefix() const { return principal_ ? std::string_view(principal_->study_prefix) : std::string_view(); }
  // Whether there are studies that it may not touch.
  bool restricted() const { return principal_ && !principal_->study_prefix.empty(); }
  // See access.h.
  absl::Status CheckStudy(std::string_view study) const;
  absl::Status CheckMakeStudy() const;
  std::optional<std::string> VisiblePrefix(std::string_view requested) const;

 private:
  friend class Gate;
  Caller(std::shared_ptr<const Principal> principal, InFlight::Slot slot)
      : principal_(std::move(principal)), slot_(std::move(slot)) {}

  std::shared_ptr<const Principal> principal_;  // null: everybody
  InFlight::Slot slot_;
};

// Thread safe. Outlives its callers.
class Gate {
 public:
  // `tokens` may be null.
  Gate(std::unique_ptr<TokenFile> tokens, bool mutual_tls, Limits limits)
      : tokens_(std::move(tokens)), mutual_tls_(mutual_tls), limits_(limits) {}

  absl::StatusOr<Caller> Admit(const Method& method, const Origin& origin);

  const Limits& limits() const { return limits_; }
  bool authenticates() const { return tokens_ != nullptr || mutual_tls_; }
  // Null where there are none; to be polled.
  TokenFile* tokens() { return tokens_.get(); }

 private:
  absl::StatusOr<std::shared_ptr<const Principal>> Identify(const Origin& origin) const;

  const std::unique_ptr<TokenFile> tokens_;
  const bool mutual_tls_;
  const Limits limits_;
  InFlight requests_;
  InFlight watches_;
};

}  // namespace parzen::security

#endif  // PARZEN_SERVER_SECURITY_GATE_H_
