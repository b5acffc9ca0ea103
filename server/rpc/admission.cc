#include "server/rpc/admission.h"

#include <string>
#include <utility>

namespace parzen::rpc {

absl::StatusOr<security::Caller> AdmitCaller(security::Gate* gate, std::string_view method,
                                             const grpc::CallbackServerContext& context) {
  if (gate == nullptr) return security::Caller();
  const std::string peer = context.peer();
  security::Origin origin{.method = method, .peer = peer};
  const auto& metadata = context.client_metadata();
  if (const auto found = metadata.find("authorization"); found != metadata.end()) {
    origin.authorization = {found->second.data(), found->second.size()};
  }
  std::string certificate_name;
  if (const auto auth = context.auth_context(); auth != nullptr && auth->IsPeerAuthenticated()) {
    const auto names = auth->FindPropertyValues("x509_common_name");
    if (!names.empty()) certificate_name.assign(names[0].data(), names[0].size());
  }
  origin.certificate_name = certificate_name;
  return gate->Admit(origin);
}

void CheckStudies(engine::Service* service, const security::Caller& caller, std::vector<uint64_t> uids,
                  std::function<void(absl::Status)> done) {
  if (uids.empty()) return done(absl::OkStatus());
  const uint64_t uid = uids.back();
  uids.pop_back();
  service->StudyName(uid, [service, &caller, uids = std::move(uids), done = std::move(done)](absl::StatusOr<std::string> name) {
    // One that is not there is the call's own business: a Heartbeat goes on with the others.
    if (!name.ok() && !absl::IsNotFound(name.status())) return done(name.status());
    if (absl::Status allowed = name.ok() ? caller.CheckStudy(*name) : absl::OkStatus(); !allowed.ok()) return done(allowed);
    CheckStudies(service, caller, uids, done);
  });
}

}  // namespace parzen::rpc
