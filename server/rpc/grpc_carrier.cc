#include "server/rpc/grpc_carrier.h"

#include <grpcpp/alarm.h>
#include <grpcpp/support/slice.h>

#include <chrono>
#include <climits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/rpc/status.h"

namespace parzen::rpc {
namespace {

using error::BadField;
using error::Field;

// Of a verified client certificate; empty where there is none.
std::string CertificateNameOf(const grpc::CallbackServerContext& context) {
  const auto auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return {};
  const auto names = auth->FindPropertyValues("x509_common_name");
  return names.empty() ? std::string() : std::string(names[0].data(), names[0].size());
}

absl::Status CheckAnswer(size_t size) {
  if (size <= INT_MAX) return absl::OkStatus();
  return error::OverLimit("LIMIT_ANSWER", absl::StrCat("the answer has ", size, " bytes; a message has at most 2 GiB"));
}

}  // namespace

GrpcRequest::GrpcRequest(grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes)
    : context_(context),
      missing_(!bytes->Valid()),
      bytes_(bytes),
      peer_(context->peer()),
      certificate_name_(CertificateNameOf(*context)) {}

std::string_view GrpcRequest::Header(std::string_view name) const {
  const auto& metadata = context_->client_metadata();
  const auto found = metadata.find(grpc::string_ref(name.data(), name.size()));
  return found == metadata.end() ? std::string_view() : std::string_view(found->second.data(), found->second.size());
}

bool GrpcRequest::expired() const { return context_->deadline() < std::chrono::system_clock::now(); }

absl::Status GrpcRequest::Read(int64_t most, google::protobuf::Message* request) {
  if (missing_) return BadField(Field("request"), "missing", "one message a call");
  PARZEN_RETURN_IF_ERROR(CheckSize(bytes_->Length(), most));
  grpc::Slice slice;
  if (!bytes_->TrySingleSlice(&slice).ok() && !bytes_->DumpToSingleSlice(&slice).ok()) {
    return BadField(Field("request"), "compressed in a way that cannot be undone", "a message");
  }
  return ParseBytes({reinterpret_cast<const char*>(slice.begin()), slice.size()}, request);
}

void GrpcRequest::BeforeFailing(const absl::Status& status, std::function<void(const absl::Status&)> then) const {
  if (!missing_) return then(status);
  constexpr std::chrono::milliseconds kMoment(50);
  auto alarm = std::make_shared<grpc::Alarm>();
  grpc::Alarm* const setting = alarm.get();
  setting->Set(std::chrono::system_clock::now() + kMoment, [alarm = std::move(alarm), context = context_, status,
                                                            then = std::move(then)](bool) mutable {
    const auto last = std::move(alarm);  // it holds this function, which must not hold it for ever
    then(context->IsCancelled() ? absl::CancelledError("the client gave the call up before its request had arrived") : status);
  });
}

absl::Status SerializeTo(const google::protobuf::Message& message, grpc::ByteBuffer* bytes) {
  PARZEN_RETURN_IF_ERROR(CheckAnswer(message.ByteSizeLong()));
  const grpc::Slice slice = SliceOf(message);
  grpc::ByteBuffer buffer(&slice, 1);
  bytes->Swap(&buffer);
  return absl::OkStatus();
}

grpc::Slice SliceOf(const google::protobuf::Message& message) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return slice;
}

absl::Status GrpcCarrier::Keep(const std::vector<grpc::Slice>& pieces) {
  size_t size = 0;
  for (const grpc::Slice& piece : pieces) size += piece.size();
  PARZEN_RETURN_IF_ERROR(CheckAnswer(size));
  grpc::ByteBuffer buffer(pieces.data(), pieces.size());
  response_->Swap(&buffer);
  return absl::OkStatus();
}

void GrpcCarrier::NameOwner(std::string_view address) {
  request_.context()->AddTrailingMetadata(kOwnerHeader, std::string(address));
}

void GrpcCarrier::Finish(const absl::Status& status) { reactor_->Finish(ToGrpc(status)); }

// What is behind a stream would be read at its end, by which it has been forwarded for as long as it lived.
void GrpcStreamCarrier::NameOwner(std::string_view address) {
  request_.context()->AddInitialMetadata(kOwnerHeader, std::string(address));
}

void GrpcStreamCarrier::Finish(const absl::Status& status) { grpc::ServerWriteReactor<grpc::ByteBuffer>::Finish(ToGrpc(status)); }

}  // namespace parzen::rpc
