#include "server/rpc/status.h"

#include <string>

#include "server/error/error.h"
#include "server/error/field.h"

namespace parzen::rpc {
namespace {

// The message travels twice, once percent-encoded, and gRPC allows 8 KiB of metadata in all.
constexpr size_t kMaxMessageBytes = 1024;
constexpr size_t kMaxMetadataBytes = 512;

}  // namespace

std::optional<v1::ErrorInfo> ErrorInfoOf(const absl::Status& status) {
  v1::ErrorInfo info;
  info.set_domain("parzen");
  if (const auto detail = error::GetErrorDetail(status)) {
    info.set_reason(detail->reason);
    for (const auto& [key, value] : detail->metadata) {
      (*info.mutable_metadata())[key] = std::string(error::CutUtf8(value, kMaxMetadataBytes));
    }
    return info;
  }
  if (status.code() != absl::StatusCode::kInvalidArgument) return std::nullopt;
  info.set_reason("BAD_FIELD");
  return info;
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // absl's codes are gRPC's.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message(error::CutUtf8(std::string_view(status.message().data(), status.message().size()), kMaxMessageBytes));
  const std::optional<v1::ErrorInfo> info = ErrorInfoOf(status);
  if (!info) return grpc::Status(code, message);
  v1::ErrorStatus details;
  details.set_code(code);
  details.set_message(message);
  google::protobuf::Any* any = details.add_details();
  any->set_type_url(error::kErrorDetailUrl);
  info->SerializeToString(any->mutable_value());
  return grpc::Status(code, message, details.SerializeAsString());
}

}  // namespace parzen::rpc
