// Commands of clients that choose parameters themselves and tell of each step as they take it, as Optuna's do: a trial begins
// without being sampled, gets its parameters one by one, and may be changed in any state but an ended one, by whoever knows it.
//
// Trials are named without an attempt: such clients know none, and nothing here is fenced by one.

#ifndef PARZEN_SERVER_ENGINE_CLIENT_TRIALS_H_
#define PARZEN_SERVER_ENGINE_CLIENT_TRIALS_H_

#include <cstdint>
#include <optional>
#include <string>
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

struct BeginTrialCommand {
  RequestKey request;
  uint64_t study_uid = 0;
  std::string worker;
  std::string principal;
  std::optional<int64_t> lease_micros;  // of a trial that begins to run
  std::vector<ChosenParam> params;
  std::optional<TrialTemplate> copy_of;  // none: a running trial
};

struct BeginTrialAnswer {
  TrialHandle trial;
  int64_t id = 0;
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

// FULL view; in the order of their numbers, each once.
struct ReadTrialsCommand {
  uint64_t study_uid = 0;
  std::optional<int64_t> after;  // all with a greater number
  std::vector<int64_t> numbers;  // and these; those that are not there are passed over
};

struct ReadTrialsAnswer {
  std::vector<Trial> trials;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_CLIENT_TRIALS_H_
