#include "server/rpc/call.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/alarm.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <climits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/log/log.h"
#include "server/rpc/admission.h"
#include "server/rpc/status.h"
#include "server/rpc/trace_parent.h"

namespace parzen::rpc {

using error::BadField;
using error::CutUtf8;
using error::Field;

namespace {

// The field that protobuf's parser complained about: "String field 'parzen.v1.AskRequest.study' contains invalid UTF-8 data ...".
std::string_view FieldIn(std::string_view complaint) {
  const size_t begin = complaint.find('\'');
  if (begin == std::string_view::npos) return {};
  const size_t end = complaint.find('\'', begin + 1);
  if (end == std::string_view::npos) return {};
  return complaint.substr(begin + 1, end - begin - 1);
}

absl::Status ParseFlat(const void* data, size_t size, google::protobuf::Message* message) {
  log::TakeParserComplaint();
  if (size <= INT_MAX && message->ParseFromArray(data, static_cast<int>(size))) return absl::OkStatus();
  const std::string complaint = log::TakeParserComplaint();
  if (const std::string_view field = FieldIn(complaint); !field.empty()) {
    return BadField(Field(field), "no UTF-8", "UTF-8");
  }
  return BadField(Field("request"), absl::StrCat("not a ", message->GetTypeName(), ": its ", size, " bytes do not parse"),
                  "the message as parzen.proto describes it");
}

}  // namespace

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message) {
  if (!bytes.Valid()) return BadField(Field("request"), "missing", "one message a call");
  grpc::Slice slice;
  if (!bytes.TrySingleSlice(&slice).ok() && !bytes.DumpToSingleSlice(&slice).ok()) {
    return BadField(Field("request"), "compressed in a way that cannot be undone", "a message");
  }
  return ParseFlat(slice.begin(), slice.size(), message);
}

void WhenCancellationIsKnown(std::function<void()> then) {
  constexpr std::chrono::milliseconds kMoment(50);
  auto alarm = std::make_shared<grpc::Alarm>();
  grpc::Alarm* const setting = alarm.get();
  setting->Set(std::chrono::system_clock::now() + kMoment, [alarm = std::move(alarm), then = std::move(then)](bool) mutable {
    const auto last = std::move(alarm);  // it holds this function, which must not hold it for ever
    then();
  });
}

absl::Status CheckSize(const grpc::ByteBuffer& bytes, int64_t most) {
  if (!bytes.Valid() || static_cast<int64_t>(bytes.Length()) <= most) return absl::OkStatus();
  return error::OverLimit("LIMIT_MESSAGE",
                          absl::StrCat("the request has ", bytes.Length(), " bytes; this server accepts at most ", most,
                                       " (parzend --message-mib): send less at a time"));
}

absl::Status SerializeMessage(const google::protobuf::MessageLite& message, grpc::ByteBuffer* bytes) {
  const size_t size = message.ByteSizeLong();
  if (size > INT_MAX)
    return error::OverLimit("LIMIT_ANSWER", absl::StrCat("the answer has ", size, " bytes; a message has at most 2 GiB"));
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  grpc::ByteBuffer buffer(&slice, 1);
  bytes->Swap(&buffer);
  return absl::OkStatus();
}

UnaryCall::UnaryCall(const security::Method& method, CallGate* gate, grpc::CallbackServerContext* context,
                     grpc::ByteBuffer* response)
    : method_(method),
      gate_(gate),
      context_(context),
      reactor_(context->DefaultReactor()),
      response_(response),
      arena_(FirstBlock()) {
  gate_->calls.fetch_add(1, std::memory_order_relaxed);
}

UnaryCall::~UnaryCall() { gate_->calls.fetch_sub(1, std::memory_order_relaxed); }

google::protobuf::ArenaOptions UnaryCall::FirstBlock() {
  google::protobuf::ArenaOptions options;
  options.initial_block = first_block_.data();
  options.initial_block_size = first_block_.size();
  return options;
}

absl::Status UnaryCall::Admit(const grpc::ByteBuffer& bytes, google::protobuf::Message* request) {
  if (gate_->draining.load(std::memory_order_relaxed)) return error::ShuttingDown();
  PARZEN_ASSIGN_OR_RETURN(caller_, AdmitCaller(gate_->access, method_, *context_));
  if (gate_->calls.load(std::memory_order_relaxed) > gate_->max_calls) {
    return error::OverLimit("LIMIT_CALLS", absl::StrCat("more than ", gate_->max_calls, " calls at a time; try again"));
  }
  if (context_->deadline() < std::chrono::system_clock::now()) {
    return absl::DeadlineExceededError("the deadline had passed when the call arrived; nothing was done");
  }
  request_missing_ = !bytes.Valid();
  PARZEN_RETURN_IF_ERROR(CheckSize(bytes, gate_->max_bytes));
  return ParseMessage(bytes, request);
}

void UnaryCall::Fail(const absl::Status& status) {
  if (!request_missing_) return End(status);
  WhenCancellationIsKnown([this, status] {
    End(context_->IsCancelled() ? absl::CancelledError("the client gave the call up before its request had arrived") : status);
  });
}

void UnaryCall::Answer(const google::protobuf::MessageLite& response) { End(SerializeMessage(response, response_)); }

void UnaryCall::End(const absl::Status& status) {
  Log(status);
  if (gate_->meter != nullptr) gate_->meter->Ended(method_, status.code(), std::chrono::steady_clock::now() - start_);
  grpc::ServerUnaryReactor* const reactor = reactor_;
  delete this;  // the reactor is the context's and lives until it has finished
  reactor->Finish(ToGrpc(status));
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
  const TraceParent trace = TraceParentOf(*context_);
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
