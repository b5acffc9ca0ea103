#include "server/error/error.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "base/string_view.h"

namespace parzen::error {
namespace {

// The payload: the reason, then each key and value, each as a 4-byte length and its bytes.
void Put(std::string* out, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  char bytes[sizeof(size)];
  std::memcpy(bytes, &size, sizeof(size));
  out->append(bytes, sizeof(bytes)).append(text);
}

bool Take(std::string_view* in, std::string* text) {
  uint32_t size = 0;
  if (in->size() < sizeof(size)) return false;
  std::memcpy(&size, in->data(), sizeof(size));
  in->remove_prefix(sizeof(size));
  if (in->size() < size) return false;
  text->assign(in->substr(0, size));
  in->remove_prefix(size);
  return true;
}

}  // namespace

std::optional<ErrorDetail> GetErrorDetail(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorDetailUrl);
  if (!payload) return std::nullopt;
  const std::string bytes(*payload);
  std::string_view in = bytes;
  ErrorDetail detail;
  if (!Take(&in, &detail.reason)) return std::nullopt;
  while (!in.empty()) {
    std::pair<std::string, std::string> entry;
    if (!Take(&in, &entry.first) || !Take(&in, &entry.second)) return std::nullopt;
    detail.metadata.push_back(std::move(entry));
  }
  return detail;
}

absl::Status MakeError(absl::StatusCode code, std::string_view message, ErrorDetail detail) {
  absl::Status status(code, Abseil(message));
  std::string payload;
  Put(&payload, detail.reason);
  for (const auto& [key, value] : detail.metadata) {
    Put(&payload, key);
    Put(&payload, value);
  }
  status.SetPayload(kErrorDetailUrl, absl::Cord(payload));
  return status;
}

absl::Status BadField(std::string_view field, std::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, std::string(field) + ": " + std::string(message),
                   {"BAD_FIELD", {{"field", std::string(field)}}});
}

absl::Status OverLimit(std::string_view reason, std::string_view message) {
  return MakeError(absl::StatusCode::kResourceExhausted, message, {std::string(reason), {}});
}

absl::Status NoSuchStudy(std::string_view what) {
  return MakeError(absl::StatusCode::kNotFound, "no study " + std::string(what), {"NO_SUCH_STUDY", {}});
}

absl::Status NoSuchTrial(std::string_view message) {
  return MakeError(absl::StatusCode::kNotFound, message, {"NO_SUCH_TRIAL", {}});
}

absl::Status Precondition(std::string_view reason, std::string_view message) {
  return MakeError(absl::StatusCode::kFailedPrecondition, message, {std::string(reason), {}});
}

absl::Status NotImplemented(std::string_view feature, std::string_view message) {
  return MakeError(absl::StatusCode::kUnimplemented, message, {"NOT_IMPLEMENTED", {{"feature", std::string(feature)}}});
}

absl::Status ShuttingDown() {
  return MakeError(absl::StatusCode::kUnavailable,
                   "the server is shutting down; nothing was recorded: try again with the same request_id",
                   {"SHUTTING_DOWN", {}});
}

absl::Status NotOwner(std::string_view message) { return MakeError(absl::StatusCode::kUnavailable, message, {"NOT_OWNER", {}}); }

bool IsNotOwner(const absl::Status& status) {
  if (!absl::IsUnavailable(status)) return false;
  const std::optional<ErrorDetail> detail = GetErrorDetail(status);
  return detail && detail->reason == "NOT_OWNER";
}

absl::Status RequestReused() {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      "request_id: was used before with another payload; every call needs an id of its own, repeats send the same payload",
      {"REQUEST_REUSED", {{"field", "request_id"}}});
}

absl::Status StudyDeleted(std::string_view name) {
  return MakeError(absl::StatusCode::kNotFound, "study \"" + std::string(name) + "\" was deleted", {"STUDY_DELETED", {}});
}

absl::Status AsBadField(absl::Status status, std::string_view field) {
  if (status.code() == absl::StatusCode::kUnimplemented && !GetErrorDetail(status)) {
    return NotImplemented(field, std::string_view(status.message().data(), status.message().size()));
  }
  if (status.code() != absl::StatusCode::kInvalidArgument || GetErrorDetail(status)) return status;
  return MakeError(status.code(), std::string_view(status.message().data(), status.message().size()),
                   {"BAD_FIELD", {{"field", std::string(field)}}});
}

absl::Status FromStorage(const absl::Status& status) {
  const std::string said(status.message().data(), status.message().size());
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
      return status;
    case absl::StatusCode::kResourceExhausted:
      return MakeError(status.code(), "the disk is full; nothing was recorded: " + said, {"DISK_FULL", {}});
    case absl::StatusCode::kPermissionDenied:
      return NotOwner("another server has the study; nothing was recorded: try again with the same request_id");
    case absl::StatusCode::kOutOfRange:
      return Precondition(
          "REVISION_WENT_BACK",
          said + ", so results are lost; it is served again once that is accepted: parzen accept-loss STUDY --db URL");
    case absl::StatusCode::kDataLoss:
      return MakeError(status.code(), "the database is damaged: " + said, {"STORAGE_FAILED", {}});
    default:
      return MakeError(absl::StatusCode::kUnavailable,
                       "the storage failed; nothing was recorded: try again with the same request_id (" + said + ")",
                       {"STORAGE_FAILED", {}});
  }
}

}  // namespace parzen::error
