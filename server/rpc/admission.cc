#include "server/rpc/admission.h"

#include <string>

namespace parzen::rpc {

absl::StatusOr<security::Caller> AdmitCaller(security::Gate* gate, const security::Method& method,
                                             const grpc::CallbackServerContext& context) {
  if (gate == nullptr) return security::Caller();
  const std::string peer = context.peer();
  security::Origin origin{.peer = peer};
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
  return gate->Admit(method, origin);
}

}  // namespace parzen::rpc
