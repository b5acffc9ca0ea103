// Where a call meets the security gate (server/security/gate.h): who calls, whether the method and the study are allowed.

#ifndef PARZEN_SERVER_RPC_ADMISSION_H_
#define PARZEN_SERVER_RPC_ADMISSION_H_

#include <grpcpp/server_context.h>

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "parzen/v1/parzen.pb.h"
#include "server/engine/service.h"
#include "server/security/gate.h"

namespace parzen::rpc {

// Lets a call in, or says why not. Without a gate everybody comes in.
absl::StatusOr<security::Caller> AdmitCaller(security::Gate* gate, std::string_view method,
                                             const grpc::CallbackServerContext& context);

// Whether the caller may touch the study that the request names; OK where it names none.
template <typename Request>
absl::Status CheckNamedStudy(const security::Caller& caller, const Request& request) {
  if constexpr (requires { request.study().name(); }) {
    return caller.CheckStudy(request.study().name());
  } else if constexpr (requires { request.study(); }) {
    return caller.CheckStudy(request.study());
  }
  return absl::OkStatus();
}

// The uids of the studies whose trials a request names, each once.
template <typename Request>
std::vector<uint64_t> StudiesOfHandles(const Request& request) {
  std::vector<uint64_t> uids;
  const auto add = [&uids](const v1::TrialHandle& handle) {
    if (uids.empty() || uids.back() != handle.study_uid()) uids.push_back(handle.study_uid());
  };
  if constexpr (requires { request.trial(); }) add(request.trial());
  if constexpr (requires { request.outcomes(); }) {
    for (const auto& outcome : request.outcomes()) add(outcome.trial());
  }
  if constexpr (requires { request.reports(); }) {
    for (const auto& report : request.reports()) add(report.trial());
  }
  if constexpr (requires { request.trials(0).study_uid(); }) {
    for (const v1::TrialHandle& handle : request.trials()) add(handle);
  }
  return uids;
}

// Looks the studies up by uid and calls `done` with OK where the caller may touch all of them, else with the first refusal.
void CheckStudies(engine::Service* service, const security::Caller& caller, std::vector<uint64_t> uids,
                  std::function<void(absl::Status)> done);

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_ADMISSION_H_
