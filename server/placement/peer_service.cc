#include "server/placement/peer_service.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/call_context.h"
#include "server/error/error.h"
#include "server/log/log.h"
#include "server/log/trace_parent.h"
#include "server/placement/layout.h"
#include "server/placement/operations.h"

namespace parzen::placement {
namespace {

// Takes as long for any text of the same length.
bool SameSecret(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

void Fill(const absl::StatusOr<std::string>& result, v1::ForwardAnswer* answer) {
  answer->set_code(static_cast<int32_t>(result.status().code()));
  if (result.ok()) return answer->set_answer(*result);
  answer->set_message(std::string(result.status().message()));
  if (const auto detail = result.status().GetPayload(error::kErrorDetailUrl)) answer->set_detail(std::string(*detail));
}

// Its outcome is logged by the replica that the client called, under the same trace.
void Log(std::string_view method, const CallContext& context, const absl::Status& status, std::chrono::duration<double> took) {
  if (!log::Enabled(log::Level::kDebug)) return;
  const log::TraceParent trace = log::ParseTraceParent(context.trace_parent);
  const std::string code = absl::StatusCodeToString(status.code());
  log::Write(log::Level::kDebug, "forwarded",
             {{"method", method},
              {"code", code},
              {"ms", took.count() * 1000},
              {"trace_id", trace.trace_id},
              {"span_id", trace.span_id}});
}

}  // namespace

grpc::Status PeerService::Check(const grpc::CallbackServerContext& context, const v1::ForwardRequest& request) const {
  const auto secret = context.client_metadata().find(kSecretHeader);
  if (secret == context.client_metadata().end() ||
      !SameSecret({secret->second.data(), secret->second.size()}, membership_->secret())) {
    return {grpc::StatusCode::UNAUTHENTICATED, "this service is for the replicas of this server only"};
  }
  if (request.layout() != kLayout) {
    return {grpc::StatusCode::FAILED_PRECONDITION, "this replica is of a version that forwards calls in another way"};
  }
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* PeerService::Forward(grpc::CallbackServerContext* context, const v1::ForwardRequest* request,
                                               v1::ForwardAnswer* answer) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (const grpc::Status checked = Check(*context, *request); !checked.ok()) {
    reactor->Finish(checked);
    return reactor;
  }
  const auto caller = std::make_shared<CallContext>();
  caller->deadline = context->deadline();
  if (const auto trace = context->client_metadata().find(kTraceHeader); trace != context->client_metadata().end()) {
    caller->trace_parent = std::string(trace->second.data(), trace->second.size());
  }
  const auto begun = std::chrono::steady_clock::now();
  const std::shared_ptr<RoutedCall> call =
      CallFromPeer(request->method(), request->command(),
                   [reactor, answer, caller, begun, method = request->method()](const absl::StatusOr<std::string>& result) {
                     Log(method, *caller, result.status(), std::chrono::steady_clock::now() - begun);
                     Fill(result, answer);
                     reactor->Finish(grpc::Status::OK);
                   });
  if (call == nullptr) {
    reactor->Finish({grpc::StatusCode::INVALID_ARGUMENT, "this replica knows no such call"});
    return reactor;
  }
  call->target = {request->study_uid(), request->study()};
  call->from_peer = true;
  call->context = caller;
  router_->Dispatch(call);
  return reactor;
}

}  // namespace parzen::placement
