#include "server/rpc/call.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/log/log.h"
#include "server/log/trace_parent.h"

namespace parzen::rpc {

using error::CutUtf8;

absl::StatusOr<security::Caller> AdmitCaller(security::Gate* access, const security::Method& method, const Carrier& carrier) {
  if (access == nullptr) return security::Caller();
  return access->Admit(method, carrier.origin());
}

UnaryCall::UnaryCall(const security::Method& method, CallGate* gate, std::unique_ptr<Carrier> carrier)
    : method_(method), gate_(gate), carrier_(std::move(carrier)), arena_(FirstBlock()) {
  gate_->calls.fetch_add(1, std::memory_order_relaxed);
  context_->deadline = carrier_->deadline();
  context_->trace_parent = carrier_->Header("traceparent");
}

UnaryCall::~UnaryCall() { gate_->calls.fetch_sub(1, std::memory_order_relaxed); }

google::protobuf::ArenaOptions UnaryCall::FirstBlock() {
  google::protobuf::ArenaOptions options;
  options.initial_block = first_block_.data();
  options.initial_block_size = first_block_.size();
  return options;
}

absl::Status UnaryCall::Admit(google::protobuf::Message* request) {
  if (gate_->draining.load(std::memory_order_relaxed)) return error::ShuttingDown();
  PARZEN_ASSIGN_OR_RETURN(caller_, AdmitCaller(gate_->access, method_, *carrier_));
  if (gate_->calls.load(std::memory_order_relaxed) > gate_->max_calls) {
    return error::OverLimit("LIMIT_CALLS", absl::StrCat("more than ", gate_->max_calls, " calls at a time; try again"));
  }
  if (carrier_->expired()) {
    return absl::DeadlineExceededError("the deadline had passed when the call arrived; nothing was done");
  }
  return carrier_->Read(gate_->max_bytes, request);
}

void UnaryCall::Fail(const absl::Status& status) {
  carrier_->BeforeFailing(status, [this](const absl::Status& known) { End(known); });
}

void UnaryCall::Answer(const google::protobuf::Message& response) { End(carrier_->Serialize(response)); }

void UnaryCall::End(const absl::Status& status) {
  Log(status);
  if (gate_->meter != nullptr) gate_->meter->Ended(method_, status.code(), std::chrono::steady_clock::now() - start_);
  if (!context_->answered_by.empty()) carrier_->NameOwner(context_->answered_by);
  const std::unique_ptr<Carrier> carrier = std::move(carrier_);
  delete this;  // first: whoever waits for the answer may find no call under way
  carrier->Finish(status);
}

void UnaryCall::Log(const absl::Status& status) const {
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start_;
  log::Level level = took.count() * 1000 >= static_cast<double>(gate_->slow_micros) ? log::Level::kInfo : log::Level::kDebug;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      break;
    case absl::StatusCode::kCancelled:
      level = log::Level::kDebug;  // the client's own decision
      break;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      level = log::Level::kWarn;
      break;
    default:
      level = log::Level::kInfo;
  }
  if (!log::Enabled(level)) return;
  const CallSubject subject = Subject();
  const std::string code = absl::StatusCodeToString(status.code());
  const std::string_view message(status.message().data(), status.message().size());
  const std::string_view study = CutUtf8(subject.study, 256);
  const log::TraceParent trace = log::ParseTraceParent(context_->trace_parent);
  if (subject.trial >= 0) {
    log::Write(level, "rpc",
               {{"method", method_.label},
                {"code", code},
                {"ms", took.count()},
                {"request_id", subject.request_id},
                {"trace_id", trace.trace_id},
                {"span_id", trace.span_id},
                {"principal", caller_.name()},
                {"study", study},
                {"trial", subject.trial},
                {"message", CutUtf8(message, 512)}});
  } else {
    log::Write(level, "rpc",
               {{"method", method_.label},
                {"code", code},
                {"ms", took.count()},
                {"request_id", subject.request_id},
                {"trace_id", trace.trace_id},
                {"span_id", trace.span_id},
                {"principal", caller_.name()},
                {"study", study},
                {"message", CutUtf8(message, 512)}});
  }
}

}  // namespace parzen::rpc
