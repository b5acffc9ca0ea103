// QmcSampler: trial n takes point n of a scrambled Sobol sequence, more even than random points.
//
// A declared space's parameter i has dimension i. In a define-by-run study the dimensions are the parameters of trial 0, by name
// order, once it has ended; a parameter that has no dimension is drawn at random. So is a point that is drawn again because it
// was taken.

#ifndef PARZEN_SAMPLER_QMC_H_
#define PARZEN_SAMPLER_QMC_H_

#include <cstdint>
#include <string_view>

#include "sampler/sampler.h"
#include "sampler/sobol.h"

namespace parzen {

class QmcSampler final : public Sampler {
 public:
  static constexpr int32_t kAlgorithmVersion = 2;  // the newest

  explicit QmcSampler(uint64_t seed, int32_t algorithm_version = kAlgorithmVersion)
      : Sampler(seed, algorithm_version), points_(seed) {}

 protected:
  absl::StatusOr<double> SampleParameter(const History& history, std::string_view name, const Distribution& distribution,
                                         Draft* draft) override;
  std::string_view method() const override { return "qmc"; }
  // The coordinates of the trial's point are its joint part: quantiles mapped to the parameters' values.
  absl::StatusOr<Draft> StartAttempt(const History& history, const SearchSpace* space, int64_t number, StreamPositions streams,
                                     uint32_t attempt) override;

 private:
  ScrambledSobol points_;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_QMC_H_
