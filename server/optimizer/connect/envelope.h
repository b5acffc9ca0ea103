// The frames that a stream of the Connect protocol is made of: FLAGS (1 byte) SIZE (4 bytes, big-endian) MESSAGE (SIZE bytes).
// https://connectrpc.com/docs/protocol, section "Streaming RPCs".

#ifndef PARZEN_SERVER_OPTIMIZER_CONNECT_ENVELOPE_H_
#define PARZEN_SERVER_OPTIMIZER_CONNECT_ENVELOPE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parzen::optimizer::connect {

inline constexpr uint8_t kCompressed = 0x01;
inline constexpr uint8_t kEndOfStream = 0x02;

// A message has at most 2^32 - 1 bytes.
std::string MakeEnvelope(uint8_t flags, std::string_view message);

struct Envelope {
  uint8_t flags = 0;
  std::string_view message;  // a part of the text
};

// The one envelope that a text is. INVALID_ARGUMENT where it is none, is cut, has flags that mean nothing in a request, or has
// something behind it.
absl::StatusOr<Envelope> ParseEnvelope(std::string_view text);

}  // namespace parzen::optimizer::connect

#endif  // PARZEN_SERVER_OPTIMIZER_CONNECT_ENVELOPE_H_
