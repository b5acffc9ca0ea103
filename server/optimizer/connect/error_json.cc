#include "server/optimizer/connect/error_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/rpc/status.h"

namespace parzen::optimizer::connect {
namespace {

struct Code {
  absl::StatusCode code;
  std::string_view name;
  int http;
};

constexpr Code kCodes[] = {
    {absl::StatusCode::kOk, "ok", 200},
    {absl::StatusCode::kCancelled, "canceled", 499},
    {absl::StatusCode::kUnknown, "unknown", 500},
    {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
    {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
    {absl::StatusCode::kNotFound, "not_found", 404},
    {absl::StatusCode::kAlreadyExists, "already_exists", 409},
    {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
    {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
    {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
    {absl::StatusCode::kAborted, "aborted", 409},
    {absl::StatusCode::kOutOfRange, "out_of_range", 400},
    {absl::StatusCode::kUnimplemented, "unimplemented", 501},
    {absl::StatusCode::kInternal, "internal", 500},
    {absl::StatusCode::kUnavailable, "unavailable", 503},
    {absl::StatusCode::kDataLoss, "data_loss", 500},
    {absl::StatusCode::kUnauthenticated, "unauthenticated", 401},
};

const Code& Find(absl::StatusCode code) {
  for (const Code& each : kCodes) {
    if (each.code == code) return each;
  }
  return kCodes[2];
}

// Base64 without padding, as the protocol prefers it.
std::string Base64(const std::string& bytes) {
  std::string text;
  absl::Base64Escape(bytes, &text);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

}  // namespace

std::string_view CodeName(absl::StatusCode code) { return Find(code).name; }

int HttpStatusOf(absl::StatusCode code) { return Find(code).http; }

nlohmann::json ErrorObject(const absl::Status& status) {
  nlohmann::json error = {{"code", CodeName(status.code())}, {"message", std::string(status.message())}};
  const auto info = rpc::ErrorInfoOf(status);
  if (!info) return error;
  nlohmann::json debug = {{"reason", info->reason()}, {"domain", info->domain()}};
  for (const auto& [key, value] : info->metadata()) debug["metadata"][key] = value;
  error["details"] = {{{"type", "google.rpc.ErrorInfo"}, {"value", Base64(info->SerializeAsString())}, {"debug", debug}}};
  return error;
}

std::string ErrorJson(const absl::Status& status) {
  return ErrorObject(status).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace parzen::optimizer::connect
