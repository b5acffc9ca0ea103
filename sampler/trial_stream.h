// A random stream of one trial.
//
// Derivation: the study seed, the trial number, the FNV-1a hash of the stream's purpose and the attempt are folded in turn into
// one 64-bit state by SplitMix64's finalizer; four SplitMix64 outputs from there seed xoshiro256++ (Blackman and Vigna,
// "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021). So a stream depends on nothing but these four, and a
// parameter that is drawn for itself has its own (its name is the purpose): the order of suggestions does not matter, nor what
// other trials do.

#ifndef PARZEN_SAMPLER_TRIAL_STREAM_H_
#define PARZEN_SAMPLER_TRIAL_STREAM_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace parzen {

class TrialStream {
 public:
  TrialStream(uint64_t seed, int64_t number, std::string_view purpose, uint32_t attempt = 0);

  uint64_t Next();
  // [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_TRIAL_STREAM_H_
