// PayloadHash: FNV-1a over the method's name, a zero byte and the payload, eight bytes at a time with a final mix (the 64-bit
// finalizer of MurmurHash3). Stored with every request: it never changes.

#include "server/engine/types.h"

namespace parzen::engine {
namespace {

constexpr uint64_t kPrime = 0x100000001b3;

uint64_t Feed(uint64_t hash, std::string_view bytes) {
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word = 0;
    for (size_t k = 0; k < 8; ++k) word |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i + k])) << (8 * k);
    hash = (hash ^ word) * kPrime;
    hash ^= hash >> 32;  // FNV alone carries upwards only: eight bytes at once need their high halves folded down
  }
  for (; i < bytes.size(); ++i) hash = (hash ^ static_cast<unsigned char>(bytes[i])) * kPrime;
  return hash;
}

}  // namespace

uint64_t PayloadHash(std::string_view method, std::string_view bytes) {
  uint64_t hash = Feed(0xcbf29ce484222325, method);
  hash *= kPrime;  // the zero byte
  hash = Feed(hash, bytes) ^ bytes.size();
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}

}  // namespace parzen::engine
