#include "sampler/random.h"

#include "sampler/space/uniform_quantile.h"
#include "sampler/trial_stream.h"

namespace parzen {

absl::StatusOr<Draft> RandomSampler::StartAttempt(const History&, const SearchSpace*, int64_t number, StreamPositions streams,
                                                  uint32_t attempt) {
  return Draft{.number = number, .before = streams, .after = streams, .relative = {}, .attempt = attempt};
}

absl::StatusOr<double> RandomSampler::SampleParameter(const History&, std::string_view name, const Distribution& distribution,
                                                      Draft* draft) {
  return UniformQuantile(distribution, TrialStream(seed(), draft->number, name, draft->attempt).Uniform());
}

}  // namespace parzen
