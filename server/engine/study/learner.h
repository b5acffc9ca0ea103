// What a study samples from: its History, its sampler, the points of a finite space that are taken, and the positions of
// Tpe(reproduce)'s serial streams. Owned by the study's sampling strand: one thread at a time.
//
// Row i is trial i, WAITING ones included. A waiting row has no parameters here until it is handed out: samplers do not look at
// it, and a fixed child may turn out inactive. Its point counts as taken where its fixed values settle it.

#ifndef PARZEN_SERVER_ENGINE_LEARNER_H_
#define PARZEN_SERVER_ENGINE_LEARNER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sampler/history.h"
#include "sampler/make_sampler.h"
#include "server/engine/definition/definition.h"
#include "server/engine/study/assumed_params.h"
#include "server/engine/study/guest_samplers.h"

namespace parzen::engine {

// Internal form.
struct LearnedParam {
  std::string_view name;
  const Distribution* distribution;
  double value;
};

// External form, by name.
using GivenValues = std::vector<std::pair<std::string, Choice>>;

// A change that another thread staged: what ended.
struct Ended {
  int64_t row = 0;
  Outcome outcome;
};

class Learner {
 public:
  static absl::StatusOr<std::unique_ptr<Learner>> Create(std::shared_ptr<const StudyDefinition> definition);

  const History& history() const { return history_; }
  const StudyDefinition& definition() const { return *definition_; }
  // The distribution of the space's i-th parameter as JSON.
  const std::string& DistributionText(size_t i) const { return texts_[i]; }

  // The next row, with all that is known of it at once: loaded, enqueued, imported. `outcome` for one that has ended.
  void AddRow(RowState state, std::span<const LearnedParam> params, const Outcome* outcome);
  // The joint part of a running row: one that was loaded, or whose caller was told it; other suggestions see it.
  void SetRelative(int64_t row, std::vector<NamedValue> relative) { history_.SetRelative(row, std::move(relative)); }
  // Of a study that was loaded, see History::SetLived.
  void SetLived(std::vector<int32_t> finished, std::vector<int32_t> asked_after) {
    history_.SetLived(std::move(finished), std::move(asked_after));
  }
  // Streams never go back: the study's positions are the highest that any trial left.
  void AdvanceStreams(const StreamPositions& positions);
  // In the order in which they ended.
  void Learn(const std::vector<Ended>& ended) {
    for (const Ended& trial : ended) {
      assumed_.TakeBack(trial.row, &history_);
      history_.Finish(trial.row, trial.outcome);
    }
  }

  // Declared spaces. A whole point for a waiting row or for the next one, which becomes a running row. SPACE_EXHAUSTED
  // (FAILED_PRECONDITION) where a finite space has no point left and nothing is fixed.
  absl::StatusOr<Suggestion> Sample(int64_t number, std::vector<NamedValue> fixed);

  // Define-by-run. Begins a waiting row or the next one, then one parameter at a time. `given` are values that wait for their
  // suggestion, `fixed` those that the trial has already.
  absl::StatusOr<Draft> Begin(int64_t number, const GivenValues& given, std::vector<NamedValue> fixed);
  absl::StatusOr<double> SampleParameter(int64_t number, std::string_view name, const Distribution& distribution, Draft* draft);
  // A given value, not sampled. One that no sampler could have drawn (not finite, below 1 or 0 on a log scale, no choice's index)
  // teaches nothing.
  void SetParameter(int64_t number, std::string_view name, const Distribution& distribution, double value);
  // A row whose parameters are another's choice begins: a waiting one, or one that was taken back, goes on running.
  void BeginGiven(int64_t number) { history_.SetState(number, RowState::kRunning); }
  // A running row goes back to waiting; its parameters stay.
  void Park(int64_t number) {
    assumed_.TakeBack(number, &history_);
    history_.SetState(number, RowState::kWaiting);
  }

  // A study's new definition: a grown space (old rows get the defaults of added parameters), another sampler, other limits.
  // `waiting` are the fixed parameters of the waiting rows.
  absl::Status Redefine(std::shared_ptr<const StudyDefinition> definition,
                        const std::vector<std::vector<std::pair<std::string, double>>>& waiting);

  // The sampler's fitted state where it has changed since it was last taken or restored; empty otherwise.
  std::string TakeState();
  // Once all rows are there.
  void RestoreState(std::string_view state);

  // --- For callers that choose parameters themselves and bring the sampler and its streams with each question.

  GuestSamplers& guests() { return guests_; }
  // What a running row's joint part will be, for samplers that look at parameters only: until it ends, the row has those that
  // SetParameter has not said otherwise. (Others go by SetRelative.)
  void Assume(int64_t number, const JointPart& part) { assumed_.Assume(number, part, &history_); }

  // Replays how a declared space's trial was suggested, or how a define-by-run trial began, from the rows that are there; draws
  // nothing.
  absl::StatusOr<Explanation> Explain(int64_t number, std::vector<NamedValue> fixed, const StreamPositions& streams);
  absl::StatusOr<ExplainedStart> ExplainBegin(int64_t number, const GivenValues& given, std::vector<NamedValue> fixed,
                                              const StreamPositions& streams);

  // Does what makes the next Sample quick, where the sampler has such work.
  void Prepare();

  size_t MemoryBytes() const;

 private:
  Learner(std::shared_ptr<const StudyDefinition> definition, std::unique_ptr<Sampler> sampler);

  void SetDefinition(std::shared_ptr<const StudyDefinition> definition);
  AskRequest BeginRequest(int64_t number, const GivenValues& given, std::vector<NamedValue> fixed,
                          const StreamPositions& streams) const;

  std::shared_ptr<const StudyDefinition> definition_;
  std::vector<std::string> texts_;  // of the space's distributions
  std::unique_ptr<Sampler> sampler_;
  History history_;
  TakenPoints taken_;
  StreamPositions streams_;
  std::string state_;  // of the sampler, as last taken
  bool has_defaults_ = false;
  GuestSamplers guests_;
  AssumedParams assumed_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_LEARNER_H_
