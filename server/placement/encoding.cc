#include "server/placement/encoding.h"

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "server/error/error.h"

namespace parzen::placement {

void Encoder::Put(const absl::Status& status) {
  Put(static_cast<int32_t>(status.code()));
  Put(std::string(status.message()));
  const auto detail = status.GetPayload(error::kErrorDetailUrl);
  Put(detail ? std::string(*detail) : std::string());
}

// The distribution's text is that of a table which the other end has not.
void Encoder::Put(const engine::TrialParam& param) {
  Put(param.name);
  Put(param.value);
  Put(param.distribution);
  Put(param.internal);
  if (param.distribution != nullptr) Put(param.distribution_text == nullptr ? std::string() : *param.distribution_text);
}

uint64_t Decoder::GetInt() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::string_view byte = Take(1);
    if (!ok_) return 0;
    value |= static_cast<uint64_t>(byte[0] & 0x7f) << shift;
    if ((byte[0] & 0x80) == 0) return value;
  }
  ok_ = false;
  return 0;
}

std::string_view Decoder::Take(uint64_t size) {
  if (!ok_ || size > bytes_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

void Decoder::Get(double* value) {
  const std::string_view bytes = Take(sizeof(*value));
  if (ok_) std::memcpy(value, bytes.data(), sizeof(*value));
}

void Decoder::Get(std::string* text) { *text = Take(GetInt()); }

void Decoder::Get(storage::RequestId* id) {
  const std::string_view bytes = Take(id->size());
  if (ok_) std::memcpy(id->data(), bytes.data(), id->size());
}

void Decoder::Get(absl::Status* status) {
  int32_t code = 0;
  std::string message, detail;
  Get(&code);
  Get(&message);
  Get(&detail);
  *status = absl::Status(static_cast<absl::StatusCode>(code), message);
  if (!status->ok() && !detail.empty()) status->SetPayload(error::kErrorDetailUrl, absl::Cord(detail));
}

void Decoder::Get(SearchSpace* space) {
  std::vector<Parameter> parameters;
  Get(&parameters);
  absl::StatusOr<SearchSpace> made = ok_ ? SearchSpace::Create(std::move(parameters)) : SearchSpace();
  ok_ = ok_ && made.ok();
  if (ok_) *space = *std::move(made);
}

void Decoder::Get(engine::TrialParam* param) {
  struct Kept {
    Distribution distribution;
    std::string text;
  };
  Get(&param->name);
  Get(&param->value);
  bool has = false;
  Get(&has);
  const auto kept = std::make_shared<Kept>();
  if (has) Get(&kept->distribution);
  Get(&param->internal);
  if (!has) return;
  Get(&kept->text);
  param->distribution = std::shared_ptr<const Distribution>(kept, &kept->distribution);
  param->distribution_text = &kept->text;
}

}  // namespace parzen::placement
