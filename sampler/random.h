// RandomSampler: every parameter uniform in its range (its logarithm's with `log`), independent of the rest and of the history.

#ifndef PARZEN_SAMPLER_RANDOM_H_
#define PARZEN_SAMPLER_RANDOM_H_

#include <cstdint>
#include <string_view>

#include "sampler/sampler.h"

namespace parzen {

class RandomSampler final : public Sampler {
 public:
  static constexpr int32_t kAlgorithmVersion = 2;  // the newest

  explicit RandomSampler(uint64_t seed, int32_t algorithm_version = kAlgorithmVersion) : Sampler(seed, algorithm_version) {}

 protected:
  absl::StatusOr<double> SampleParameter(const History& history, std::string_view name, const Distribution& distribution,
                                         Draft* draft) override;
  std::string_view method() const override { return "random"; }
  absl::StatusOr<Draft> StartAttempt(const History& history, const SearchSpace* space, int64_t number, StreamPositions streams,
                                     uint32_t attempt) override;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_RANDOM_H_
