#include "server/error/field.h"

#include "absl/strings/str_cat.h"
#include "server/error/error.h"

namespace parzen::error {

std::string Field::ToString() const {
  std::string text = parent_ == nullptr ? std::string() : parent_->ToString();
  if (index_ >= 0) return absl::StrCat(text, "[", index_, "]");
  if (parent_ != nullptr) text += '.';
  text.append(name_);
  return text;
}

absl::Status BadField(const Field& field, std::string_view value, std::string_view accepted) {
  std::string message = "is ";
  message.append(value).append("; accepted: ").append(accepted);
  return error::BadField(field.ToString(), message);
}

absl::Status BadField(const Field& field, int64_t value, std::string_view accepted) {
  return BadField(field, std::string_view(std::to_string(value)), accepted);
}

absl::Status BadField(const Field& field, double value, std::string_view accepted) {
  return BadField(field, std::string_view(absl::StrCat(value)), accepted);
}

absl::Status InField(const Field& field, const absl::Status& status) { return error::AsBadField(status, field.ToString()); }

absl::Status OfParameter(std::string_view name, const absl::Status& status) {
  const std::string_view message(status.message().data(), status.message().size());
  const auto detail = GetErrorDetail(status);
  if (status.ok() || !detail || message.starts_with("parameter ")) return status;
  return MakeError(status.code(), absl::StrCat("parameter ", Quote(name), ": ", status.message()), *detail);
}

std::string_view CutUtf8(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;  // not before a continuation byte
  return text.substr(0, bytes);
}

std::string Quote(std::string_view text) {
  constexpr size_t kShown = 64;
  std::string quoted = "\"";
  quoted.append(CutUtf8(text, kShown)).append(text.size() > kShown ? "...\"" : "\"");
  return quoted;
}

}  // namespace parzen::error
