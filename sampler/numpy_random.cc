#include "sampler/numpy_random.h"

#include <algorithm>
#include <numeric>

// Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random number generator", ACM
// TOMACS 8(1), 1998; the seeding is their revision of 2002.

namespace parzen {
namespace {

constexpr size_t kShift = 397;
constexpr uint32_t kMatrix = 0x9908b0dfu;

uint32_t Mix(uint32_t upper, uint32_t lower) {
  const uint32_t y = (upper & 0x80000000u) | (lower & 0x7fffffffu);
  return (y >> 1) ^ (-(y & 1u) & kMatrix);
}

}  // namespace

NumpyRandom::NumpyRandom(uint64_t seed) {
  key_.push_back(static_cast<uint32_t>(seed));
  by_array_ = seed >> 32 != 0;
  if (by_array_) key_.push_back(static_cast<uint32_t>(seed >> 32));
  Seed();
}

NumpyRandom::NumpyRandom(std::span<const uint32_t> key) : key_(key.begin(), key.end()), by_array_(true) { Seed(); }

void NumpyRandom::Seed() {
  if (by_array_) {
    InitByArray(key_);
  } else {
    InitGenrand(key_[0]);
  }
  next_ = kWords;
  position_ = 0;
}

void NumpyRandom::InitGenrand(uint32_t seed) {
  state_[0] = seed;
  for (uint32_t i = 1; i < kWords; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
}

void NumpyRandom::InitByArray(std::span<const uint32_t> key) {
  InitGenrand(19650218u);
  size_t i = 1, j = 0;
  auto wrap = [&] {
    if (++i >= kWords) {
      state_[0] = state_[kWords - 1];
      i = 1;
    }
  };
  for (size_t k = std::max(kWords, key.size()); k > 0; --k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525u)) + key[j] + static_cast<uint32_t>(j);
    wrap();
    if (++j >= key.size()) j = 0;
  }
  for (size_t k = kWords - 1; k > 0; --k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941u)) - static_cast<uint32_t>(i);
    wrap();
  }
  state_[0] = 0x80000000u;
}

void NumpyRandom::Twist() {
  for (size_t i = 0; i < kWords - kShift; ++i) state_[i] = state_[i + kShift] ^ Mix(state_[i], state_[i + 1]);
  for (size_t i = kWords - kShift; i < kWords - 1; ++i) {
    state_[i] = state_[i + kShift - kWords] ^ Mix(state_[i], state_[i + 1]);
  }
  state_[kWords - 1] = state_[kShift - 1] ^ Mix(state_[kWords - 1], state_[0]);
  next_ = 0;
}

void NumpyRandom::Seek(uint64_t position) {
  if (position < position_) Seed();
  while (position_ < position) {
    if (next_ == kWords) Twist();
    const uint64_t skipped = std::min<uint64_t>(position - position_, kWords - next_);
    next_ += skipped;
    position_ += skipped;
  }
}

uint32_t NumpyRandom::NextWord() {
  if (next_ == kWords) Twist();
  uint32_t y = state_[next_++];
  ++position_;
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

double NumpyRandom::RandomSample() {
  const uint32_t a = NextWord() >> 5, b = NextWord() >> 6;
  return (a * 67108864.0 + b) / 9007199254740992.0;
}

void NumpyRandom::RandomSample(std::span<double> out) {
  for (double& x : out) x = RandomSample();
}

uint32_t NumpyRandom::RandInt(uint64_t bound) {
  const uint64_t largest = bound - 1;
  if (largest == 0) return 0;
  uint64_t mask = largest;
  for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
  uint64_t value;
  do {
    value = NextWord() & mask;
  } while (value > largest);
  return static_cast<uint32_t>(value);
}

void NumpyRandom::Choice(std::span<const double> weights, std::span<int32_t> out) {
  std::vector<double> cdf(weights.size());
  std::partial_sum(weights.begin(), weights.end(), cdf.begin());
  const double total = cdf.back();
  for (double& c : cdf) c /= total;
  for (int32_t& index : out) {
    index = static_cast<int32_t>(std::upper_bound(cdf.begin(), cdf.end(), RandomSample()) - cdf.begin());
  }
}

std::vector<int32_t> NumpyRandom::ChoiceWithoutReplacement(int32_t n, int32_t size) {
  std::vector<int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  // shuffle(): from the last, each exchanges with one at or before it.
  for (int32_t i = n - 1; i > 0; --i) {
    uint32_t mask = static_cast<uint32_t>(i);
    for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
    uint32_t j;
    do {
      j = NextWord() & mask;
    } while (j > static_cast<uint32_t>(i));
    std::swap(order[i], order[j]);
  }
  order.resize(size);
  return order;
}

}  // namespace parzen
