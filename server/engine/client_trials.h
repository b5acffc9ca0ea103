// Commands of clients that choose parameters themselves and tell of each step as they take it, as Optuna's do: a trial begins
// without being sampled, gets its parameters one by one, and may be changed in any state but an ended one, by whoever knows it.
//
// Trials are named without an attempt: such clients know none, and nothing here is fenced by one.

#ifndef PARZEN_SERVER_ENGINE_CLIENT_TRIALS_H_
#define PARZEN_SERVER_ENGINE_CLIENT_TRIALS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/engine/types.h"

namespace parzen::engine {

// A study by its number in the storage.
struct StudyRef {
  int64_t id = 0;
  uint64_t uid = 0;
  std::string name;
};

struct TrialRef {
  uint64_t study_uid = 0;
  int64_t number = 0;
};

struct ChosenParam {
  std::string name;
  double value = 0;  // internal form; may lie outside of the distribution
  Distribution distribution;
  std::string text;  // the distribution as received: kept, and given back
};

// A trial that is there from the start as it is given, in any state. One that has ended counts as imported: not towards
// max_trials.
struct TrialTemplate {
  TrialState state = TrialState::kRunning;
  std::vector<double> values;  // one an objective for kComplete; of unfinished ones they are not kept
  std::vector<storage::Intermediate> intermediates;
  NamedDoubles constraints;
  Attributes user_attrs;
  Attributes system_attrs;
  int64_t started_at = 0, finished_at = 0;            // 0 where it has not; an ended trial's finished_at is then now
  std::vector<std::pair<std::string, Choice>> fixed;  // kWaiting: values to be used when it is asked for (Enqueue)
};

// The sampler that a client brings with a question: the server keeps none of its streams.
struct Sampling {
  SamplerConfig sampler;  // algorithm_version 0: the newest
  bool has_seed = false;  // otherwise the study's seed counts
  StreamPositions streams;
};

struct BeginTrialCommand {
  RequestKey request;
  uint64_t study_uid = 0;
  std::string worker;
  std::string principal;
  std::optional<int64_t> lease_micros;  // of a trial that begins to run
  std::vector<ChosenParam> params;
  std::optional<TrialTemplate> copy_of;     // none: a running trial
  std::optional<Sampling> sampling;         // of a running trial: what is its joint part?
  std::vector<NamedDistribution> expected;  // with sampling: those that the joint part lacks are sampled one by one
};

struct SampledParameter {
  double value = 0;
  StreamPositions after;
};

struct BeginTrialAnswer {
  TrialHandle trial;
  int64_t id = 0;
  // Where the command asked for it; not in the answer to a repeated request.
  std::optional<JointPart> joint = {};
  std::vector<SampledParameter> singles = {};  // of `expected`, in its order
  Attributes system_attrs = {};                // that came with it
  int64_t started_at = 0;
};

// What a sampler suggests for a trial, begun or to be begun: its joint part, or one parameter on its own. Nothing is recorded.
struct SampleCommand {
  TrialRef trial;
  Sampling sampling;
  std::optional<NamedDistribution> parameter;           // this one on its own
  std::optional<std::vector<NamedDistribution>> space;  // the joint part of these; none: of what the history has in common
  bool always = false;                                  // with space: see JointRequest
};

struct SetParameterCommand {
  RequestKey request;
  TrialRef trial;
  ChosenParam param;
};

struct SetTrialStateCommand {
  RequestKey request;
  TrialRef trial;
  TrialState state = TrialState::kComplete;
  std::vector<double> values;
  std::string worker;  // who takes it, where it begins to run
  std::string principal;
  std::optional<int64_t> lease_micros;
};

struct AmendTrialCommand {
  RequestKey request;
  TrialRef trial;
  Attributes user_attrs;
  Attributes system_attrs;
  NamedDoubles constraints;
  std::vector<storage::Intermediate> intermediates;  // reported_at is set by the engine
};

// Several things of a running trial at once, in one transaction.
struct AdvanceTrialCommand {
  RequestKey request;
  TrialRef trial;
  std::vector<ChosenParam> params;
  AmendTrialCommand amend;        // its request and trial do not count
  std::optional<TrialState> end;  // kComplete, kPruned or kFailed
  std::vector<double> values;     // that it ends with
};

struct AdvanceTrialAnswer {
  std::optional<Trial> trial;  // as it is now, FULL view; none where it has many intermediate values and goes on
};

// The reason of a trial that failed because its client ended it as complete without values. Clients of that kind see it complete,
// as they told it; nobody can learn from it.
inline constexpr std::string_view kCompleteWithoutValues = "told complete, without values";

// Of trials that are read with `after`, so many are answered at a time, those with the lowest numbers: whoever gets that many
// asks again for what comes behind the last one.
inline constexpr size_t kTrialsAtATime = 1'000;

struct ReadTrialsCommand {
  uint64_t study_uid = 0;
  std::optional<int64_t> after;  // all with a greater number
  std::vector<int64_t> numbers;  // and these; those that are not there are passed over
  bool waiting = false;          // and all that wait
};

struct ReadTrialsAnswer {
  std::vector<Trial> trials;  // FULL view; in the order of their numbers, each once
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_CLIENT_TRIALS_H_
