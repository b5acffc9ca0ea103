// RandomSampler: every parameter uniform in its range (its logarithm's with `log`), independent of the rest and of the history.

#ifndef PARZEN_SAMPLER_RANDOM_H_
#define PARZEN_SAMPLER_RANDOM_H_

#include <cstdint>
#include <string_view>

#include "sampler/sampler.h"

namespace parzen {

// The value at quantile u in [0, 1) of the uniform law on a distribution. Each grid value and choice has the same share; an int
// with `log` has that of [value - 1/2, value + 1/2] in the logarithm.
double UniformQuantile(const Distribution& distribution, double u);

class RandomSampler final : public Sampler {
 public:
  explicit RandomSampler(uint64_t seed) : seed_(seed) {}

  absl::StatusOr<double> SuggestParameter(const History& history, std::string_view name, const Distribution& distribution,
                                          Draft* draft) override;

 protected:
  std::string_view method() const override { return "random"; }
  absl::StatusOr<Draft> StartAttempt(const History& history, const SearchSpace* space, int64_t number, StreamPositions streams,
                                     uint32_t attempt) override;

 private:
  const uint64_t seed_;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_RANDOM_H_
