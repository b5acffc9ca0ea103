// Between the wire's messages and the plain types of the public headers.

#ifndef PARZEN_CLIENTS_CPP_CONVERT_H_
#define PARZEN_CLIENTS_CPP_CONVERT_H_

#include <optional>
#include <vector>

#include "parzen/study.h"
#include "parzen/v1/parzen.pb.h"

namespace parzen {
inline namespace client {

v1::Value ToProto(const Value& value);
v1::Distribution ToProto(const Distribution& distribution);
v1::Parameter ToProto(const Parameter& parameter);
v1::SamplerConfig ToProto(const Sampler& sampler, const std::optional<uint64_t>& seed);
v1::Study ToProto(const StudyConfig& config);
v1::Param ToProto(const Param& param);
v1::TrialHandle ToProto(const TrialHandle& handle);
v1::Outcome ToProto(const TrialHandle& handle, const Outcome& outcome);
// A trial for AddTrials; what only a restored one has is set too.
v1::Trial ToProto(const FrozenTrial& trial);

Value FromProto(const v1::Value& value);
Distribution FromProto(const v1::Distribution& distribution);
Sampler FromProto(const v1::SamplerConfig& config);
StudyInfo FromProto(const v1::Study& study);
FrozenTrial FromProto(const v1::Trial& trial);
Explanation FromProto(const v1::ExplainTrialResponse& response);

// A field of the wire that may be unset.
template <typename T, typename Has>
std::optional<T> Optional(Has has, const T& value) {
  return has ? std::optional<T>(value) : std::nullopt;
}

template <typename Message>
std::vector<FrozenTrial> TrialsOf(const Message& message) {
  std::vector<FrozenTrial> trials;
  trials.reserve(message.trials_size());
  for (const v1::Trial& trial : message.trials()) trials.push_back(FromProto(trial));
  return trials;
}

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_CONVERT_H_
