#include "clients/cpp/status.h"

#include <grpcpp/support/status.h>

#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_format.h"
#include "parzen/v1/error.pb.h"

namespace parzen {
inline namespace client {
namespace {

// Wire-equal to parzen.v1.ErrorInfo, see error.proto.
constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";

std::optional<v1::ErrorInfo> InfoOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kErrorInfoUrl);
  v1::ErrorInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return std::nullopt;
  return info;
}

}  // namespace

absl::Status FromGrpc(const grpc::Status& status, std::string_view address, const Proxy* proxy) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  v1::ErrorStatus details;
  const bool from_server = !status.error_details().empty() && details.ParseFromString(status.error_details());
  std::string message = status.error_message();
  const std::string way =
      proxy == nullptr ? "" : absl::StrFormat(" (through the proxy %s that %s names)", proxy->url, proxy->variable);
  if (!from_server && code == absl::StatusCode::kUnavailable) {
    // gRPC's "failed to connect to all addresses; last error: UNKNOWN: ipv4:...: Connection refused": the end says it.
    const size_t colon = message.rfind(": ");
    if (colon != std::string::npos) message.erase(0, colon + 2);
    message = absl::StrFormat("no Parzen server answers at %s%s (%s)", std::string(address), way, message);
  } else if (!from_server && code == absl::StatusCode::kDeadlineExceeded) {
    message = absl::StrFormat("the server at %s did not answer in time%s", std::string(address), way);
  } else if (message.empty()) {
    message = absl::StatusCodeToString(code);
  }
  absl::Status result(code, message);
  for (const google::protobuf::Any& detail : details.details()) {
    if (detail.type_url() == kErrorInfoUrl) result.SetPayload(kErrorInfoUrl, absl::Cord(detail.value()));
  }
  return result;
}

std::string ErrorReason(const absl::Status& status) {
  const std::optional<v1::ErrorInfo> info = InfoOf(status);
  return info.has_value() ? info->reason() : std::string();
}

std::string ErrorDetail(const absl::Status& status, std::string_view name) {
  const std::optional<v1::ErrorInfo> info = InfoOf(status);
  if (!info.has_value()) return {};
  const auto found = info->metadata().find(std::string(name));
  return found == info->metadata().end() ? std::string() : found->second;
}

}  // namespace client
}  // namespace parzen
