#include "clients/cpp/request_id.h"

#include <cstdint>
#include <random>

#include "absl/strings/str_format.h"

namespace parzen {
inline namespace client {
namespace {

// FNV-1a (Fowler, Noll and Vo), 64 bits.
uint64_t Hash(uint64_t hash, std::string_view bytes) {
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

// Spreads what differs in a few bits over all (the finalizer of SplitMix64: Steele, Lea and Flood 2014).
uint64_t Mix(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

// As a UUID of a version (RFC 9562): 4 is random, 8 is of the maker's own making.
std::string ToText(uint64_t high, uint64_t low, int version) {
  high = (high & ~uint64_t{0xf000}) | static_cast<uint64_t>(version) << 12;
  low = (low & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48,
                         low & 0xffffffffffff);
}

}  // namespace

std::string NewRequestId() {
  // From the OS each time: a forked child must not repeat its parent's.
  std::random_device device;
  const auto word = [&device] { return static_cast<uint64_t>(device()) << 32 | device(); };
  const uint64_t high = word(), low = word();
  return ToText(high, low, 4);
}

std::string RequestIdOf(std::initializer_list<std::string_view> parts) {
  // Two hashes with different beginnings; each part with its length, so that parts cannot run into each other.
  uint64_t high = 0xcbf29ce484222325, low = 0x84222325cbf29ce4;
  for (const std::string_view part : parts) {
    const std::string size = std::to_string(part.size()) + ":";
    high = Mix(Hash(Hash(high, size), part));
    low = Mix(Hash(Hash(low ^ high, part), size));
  }
  return ToText(high, low, 8);
}

}  // namespace client
}  // namespace parzen
