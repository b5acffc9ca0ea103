#include "server/rpc/call.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <climits>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/error/error.h"
#include "server/log/log.h"
#include "server/rpc/field.h"
#include "server/rpc/status.h"
#include "server/rpc/trace_parent.h"

namespace parzen::rpc {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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

absl::StatusOr<engine::RequestId> ParseRequestId(std::string_view text) {
  engine::RequestId id{};
  bool good = text.size() == 36;
  size_t digits = 0;
  for (size_t i = 0; good && i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      good = text[i] == '-';
      continue;
    }
    const int digit = HexDigit(text[i]);
    good = digit >= 0;
    if (good) id[digits / 2] = static_cast<uint8_t>(digits % 2 == 0 ? digit << 4 : id[digits / 2] | digit);
    ++digits;
  }
  if (!good) return BadField(Field("request_id"), Quote(text), "a UUID as 36 characters, or nothing");
  return id;
}

CallSubject SubjectOf(const v1::TrialHandle& handle) {
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(handle.study_uid()));
  return {hex.data(), handle.number()};
}

UnaryCall::UnaryCall(std::string_view method, CallGate* gate, grpc::CallbackServerContext* context, grpc::ByteBuffer* response)
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
  auto caller = AdmitCaller(gate_->access, method_, *context_);
  if (!caller.ok()) return caller.status();
  caller_ = *std::move(caller);
  if (gate_->calls.load(std::memory_order_relaxed) > gate_->max_calls) {
    return error::OverLimit("LIMIT_CALLS", absl::StrCat("more than ", gate_->max_calls, " calls at a time; try again"));
  }
  if (context_->deadline() < std::chrono::system_clock::now()) {
    return absl::DeadlineExceededError("the deadline had passed when the call arrived; nothing was done");
  }
  if (absl::Status parsed = ParseMessage(bytes, request); !parsed.ok()) return parsed;
  return gate_->access == nullptr ? absl::OkStatus() : security::CheckRequest(gate_->access->limits(), *request);
}

absl::Status UnaryCall::SetKey(std::string request_id, const google::protobuf::Message& request) {
  if (request_id.empty()) return absl::OkStatus();
  request_id_ = std::move(request_id);
  auto id = ParseRequestId(request_id_);
  if (!id.ok()) return id.status();
  key_.id = *id;
  // Deterministic: no request has a map.
  key_.payload_hash = engine::PayloadHash(method_, request.SerializeAsString());
  return absl::OkStatus();
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
               {{"method", method_},
                {"code", code},
                {"ms", took.count()},
                {"request_id", request_id_},
                {"trace_id", trace.trace_id},
                {"span_id", trace.span_id},
                {"principal", caller_.name()},
                {"study", study},
                {"trial", subject.trial},
                {"message", CutUtf8(message, 512)}});
  } else {
    log::Write(level, "rpc",
               {{"method", method_},
                {"code", code},
                {"ms", took.count()},
                {"request_id", request_id_},
                {"trace_id", trace.trace_id},
                {"span_id", trace.span_id},
                {"principal", caller_.name()},
                {"study", study},
                {"message", CutUtf8(message, 512)}});
  }
}

}  // namespace parzen::rpc
