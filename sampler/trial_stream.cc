#include "sampler/trial_stream.h"

#include <bit>

namespace parzen {
namespace {

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15u;

uint64_t Finalize(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t Fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char byte : text) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

}  // namespace

TrialStream::TrialStream(uint64_t seed, int64_t number, std::string_view purpose, uint32_t attempt) {
  uint64_t x = Finalize(seed + kGolden);
  x = Finalize((x ^ static_cast<uint64_t>(number)) + kGolden);
  x = Finalize((x ^ Fnv1a(purpose)) + kGolden);
  x = Finalize((x ^ attempt) + kGolden);
  for (uint64_t& word : state_) word = Finalize(x += kGolden);
}

uint64_t TrialStream::Next() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace parzen
