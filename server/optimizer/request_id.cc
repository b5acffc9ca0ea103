#include "server/optimizer/request_id.h"

#include "server/error/field.h"

namespace parzen::optimizer {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

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
  if (!good) return error::BadField(error::Field("request_id"), error::Quote(text), "a UUID as 36 characters, or nothing");
  return id;
}

}  // namespace parzen::optimizer
