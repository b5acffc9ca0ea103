#include "server/optimizer/connect/envelope.h"

#include "absl/strings/str_cat.h"
#include "server/error/field.h"

namespace parzen::optimizer::connect {
namespace {

constexpr size_t kHead = 5;

absl::Status Bad(std::string_view value) {
  return error::BadField(error::Field("request"), value,
                         "one envelope: a byte of flags, four of the size, and one message of that size");
}

}  // namespace

std::string MakeEnvelope(uint8_t flags, std::string_view message) {
  std::string envelope;
  envelope.reserve(kHead + message.size());
  envelope += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) envelope += static_cast<char>(message.size() >> shift & 0xff);
  envelope += message;
  return envelope;
}

absl::StatusOr<Envelope> ParseEnvelope(std::string_view text) {
  if (text.empty()) return Bad("missing");
  if (text.size() < kHead) return Bad("cut short");
  Envelope envelope;
  envelope.flags = static_cast<uint8_t>(text[0]);
  if ((envelope.flags & ~kCompressed) != 0) return Bad(absl::StrCat("an envelope with the flags ", int{envelope.flags}));
  size_t size = 0;
  for (size_t i = 1; i < kHead; ++i) size = size << 8 | static_cast<uint8_t>(text[i]);
  envelope.message = text.substr(kHead);
  if (envelope.message.size() < size) return Bad("cut short");
  if (envelope.message.size() > size) return Bad("more than one envelope");
  return envelope;
}

}  // namespace parzen::optimizer::connect
