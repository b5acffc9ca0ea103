// A study: one optimization problem that any number of workers share.

#ifndef PARZEN_STUDY_H_
#define PARZEN_STUDY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "parzen/explanation.h"
#include "parzen/sampler.h"
#include "parzen/space.h"
#include "parzen/trial.h"

namespace parzen {
inline namespace client {

enum class Direction { kMinimize = 1, kMaximize = 2 };
enum class StudyState { kActive = 1, kPaused = 2, kFinished = 3 };
std::string_view ToText(Direction direction);  // "minimize", "maximize"
std::string_view ToText(StudyState state);     // "active", "paused", "finished"

// What defines a study.
struct StudyConfig {
  std::string name;
  SearchSpace space;
  std::vector<Direction> directions = {Direction::kMinimize};
  std::vector<std::string> metric_names;  // of the objectives: none, or one each
  Sampler sampler;
  std::optional<uint64_t> seed;  // unset: drawn by the server and recorded
  // When trial.should_prune() becomes true (docs/pruning.md): "none", "median", "asha", "hyperband", "wilcoxon", with options of
  // Optuna's names "percentile(percentile=25)", "threshold(upper=1)", "patient(median(n_warmup_steps=5), patience=3)". Empty: the
  // server chooses.
  std::string pruner;
  std::optional<int64_t> max_trials;
  // When the study finishes by itself, besides: seconds after the first ask, a value that a complete trial reaches (one an
  // objective), and complete trials in a row without a better one.
  std::optional<double> max_duration;
  std::vector<double> target;
  std::optional<int64_t> patience;
  std::optional<int32_t> max_retries;  // how often a trial is run again after a lost lease; 3 where unset
  std::optional<bool> allow_repeats;   // a point of a finite space may be handed out again; false where unset
  Attributes user_attrs;
  Attributes system_attrs;  // of programs, such as importers
  // For Client::CreateStudy only: the names of earlier studies to learn from, at most 20 (docs/transfer.md); or, in place of
  // names, the latest ones with the same parameter names.
  std::vector<std::string> warm_start_from = {};
  bool warm_start_auto = false;
  // In place of both: what Study::WarmStartSnapshot gave of a study with the same space. The new one begins as that one did.
  std::string warm_start_snapshot = {};
};

// An earlier study, as it was when a new one learned from it.
struct WarmStartSource {
  std::string study;
  uint64_t uid = 0;
  int64_t revision = 0;
  int64_t trials = 0;  // that counted
};

struct TrialCounts {
  int64_t waiting = 0, running = 0, complete = 0, pruned = 0, failed = 0, imported = 0;
  int64_t total() const { return waiting + running + complete + pruned + failed; }
};

// A study as the server knew it when it answered.
struct StudyInfo {
  StudyConfig config;
  uint64_t uid = 0;
  StudyState state = StudyState::kActive;
  std::optional<Time> created;
  int64_t revision = 0;  // of the latest change, trials included
  int32_t definition_version = 0;
  TrialCounts counts;
  std::optional<int64_t> space_size;        // points of a finite space
  std::string finish_reason;                // of a finished one: "max_trials", "max_duration", "target", "patience" or "call"
  std::vector<WarmStartSource> warm_start;  // what it learned from when it was made
};

// What Study::Update changes: the fields that are set.
struct StudyUpdate {
  // The whole grown space: every parameter as it was or wider, in order, new ones behind them.
  std::optional<SearchSpace> space = std::nullopt;
  std::optional<Sampler> sampler = std::nullopt;  // the seed stays
  // Raised, a study that has finished because all of them had ended goes on; one finished by Finish before needs Resume.
  std::optional<int64_t> max_trials = std::nullopt;
  // Limits: 0, or no number for the target, takes one away.
  std::optional<double> max_duration = std::nullopt;
  std::optional<std::vector<double>> target = std::nullopt;
  std::optional<int64_t> patience = std::nullopt;
  std::optional<int32_t> max_retries = std::nullopt;
  std::optional<bool> allow_repeats = std::nullopt;
  std::optional<std::vector<std::string>> metric_names = std::nullopt;
  Attributes user_attrs = {};  // set, or with an empty text removed; the others stay
};

struct AskOptions {
  // First this worker's own running trials, with a fresh lease.
  bool resume = false;
  // Seconds, 1 to 86,400; the client renews it (see Trial). Unset: the trial has no lease and is never taken back.
  std::optional<double> lease = 120;
};

// Which trials to read.
struct TrialFilter {
  std::vector<TrialState> states = {};                  // none: all
  std::optional<int64_t> changed_after = std::nullopt;  // only what changed after this revision, in revision order
  bool full = true;                                     // with intermediate values, attributes and distributions
};

struct TrialPage {
  std::vector<FrozenTrial> trials;
  int64_t revision = 0;  // everything up to it is included
};

// What a watch delivers: each changed trial with its latest state, and the study where it changed itself.
struct WatchUpdate {
  std::vector<FrozenTrial> trials;
  std::optional<StudyInfo> study;
  int64_t revision = 0;
};

// How much each parameter decided whether a trial is among the best tenth (PED-ANOVA).
struct Importances {
  std::vector<std::pair<std::string, double>> shares;  // the largest first; they sum to 1, or are all 0
  std::string note;                                    // why they are all 0, or there are none; empty where they say something
  int64_t complete = 0;                                // complete trials with finite values
  int64_t used = 0;                                    // how many of them were computed with: 100,000 at most
};

// How finished trials are imported.
struct AddOptions {
  // They are copies of another study's as Trials() answered them, unfinished ones included; everything is kept but ids, revisions
  // and leases.
  bool restore = false;
  // The same trials in the same order, given once more, are not added again but found: for imports that may be repeated. What
  // differs from an earlier call from some trial on is found up to the message before it (2,000 trials or 3 MiB). Anything but an
  // empty text tells imports apart that are meant to add the same once more.
  std::optional<std::string> repeatable = std::nullopt;
  // Called after each message with how many of the trials are in so far; answers whether to go on: CANCELLED where it does not.
  std::function<bool(int64_t done)> on_progress = nullptr;
};

// A study. Copies share one connection; any thread may use a Study. What changes it is NOT_FOUND once it has been deleted, also
// where another study has its name.
class Study {
 public:
  Study(std::shared_ptr<Connection> connection, StudyInfo info);

  const std::string& name() const { return info_.config.name; }
  // As it was when this object was made or last refreshed.
  const StudyInfo& info() const { return info_; }
  absl::Status Refresh();

  // The next trial. FAILED_PRECONDITION: STUDY_FINISHED, STUDY_PAUSED, ALL_HANDED_OUT, SPACE_EXHAUSTED (see ErrorReason).
  absl::StatusOr<Trial> Ask(const AskOptions& options = {}) const;
  // `count` trials in one transaction, or as many as the budget or a finite space leaves.
  absl::StatusOr<std::vector<Trial>> Ask(int count, const AskOptions& options = {}) const;
  // Takes up a running trial that was asked for elsewhere, from what GetTrial or Trials answered; its lease is renewed here then.
  Trial Attach(FrozenTrial trial) const;
  // Ends a trial by its handle.
  absl::StatusOr<FrozenTrial> Tell(const TrialHandle& handle, const Outcome& outcome) const;

  // Queues a trial: these values are fixed, the rest is sampled when it is asked for.
  absl::StatusOr<FrozenTrial> Enqueue(const Params& params, const Attributes& user_attrs = {}) const;
  // Imports finished trials from elsewhere, in as many messages as they need. An error names the trial by its place in `trials`,
  // "trials[17]: ..."; those of the messages before it are in (see AddOptions::on_progress). A trial that is larger than a
  // message because of its attributes gets them afterwards.
  struct Added {
    int64_t first_number = 0;
    int64_t count = 0;  // in now
    int64_t found = 0;  // of them, in before: a repeat (AddOptions::repeatable)
  };
  absl::StatusOr<Added> AddTrials(const std::vector<FrozenTrial>& trials, const AddOptions& options = {}) const;

  // The best complete feasible trial; NOT_FOUND while there is none.
  absl::StatusOr<FrozenTrial> BestTrial() const;
  // The best one, or the Pareto front of several objectives.
  absl::StatusOr<std::vector<FrozenTrial>> BestTrials() const;
  // The trial whose noiseless value a model of the trials expects to be best: what to trust under noise; of several objectives
  // the front of expected values. NOT_FOUND while no feasible trial is complete.
  absl::StatusOr<std::vector<RecommendedTrial>> RecommendedTrials() const;
  // Which parameters mattered, as the server computes it: for one objective, from 0, or for all of them together.
  absl::StatusOr<Importances> GetImportances(std::optional<int32_t> objective = std::nullopt) const;
  absl::StatusOr<std::vector<FrozenTrial>> Trials(const TrialFilter& filter = {}) const;
  // Reads page by page and hands each one over, so that no more than one is in memory; `on_page` answers whether to go on.
  absl::Status ForEachPage(const TrialFilter& filter, const std::function<bool(const TrialPage&)>& on_page) const;
  // The study and all its trials as the bytes of one parzen.v1.WatchStudyResponse: what programs that know the API's messages
  // read, the page that `parzen plot` writes among them. `filter.full` decides whether the trials come with their attributes.
  // Field 4, which other readers pass over, is a parzen.v1.GetImportancesResponse.
  absl::StatusOr<std::string> Snapshot(const TrialFilter& filter = {}) const;
  // All that the study learned from earlier ones when it was made, as JSON (docs/storage.md, warm_start), for
  // StudyConfig::warm_start_snapshot. Empty where it learned nothing.
  absl::StatusOr<std::string> WarmStartSnapshot() const;
  absl::StatusOr<FrozenTrial> GetTrial(int64_t number) const;
  // Follows the study from a revision on, until `on_update` answers false. A cut connection is taken up again where it was. OK
  // where on_update ended it; NOT_FOUND STUDY_DELETED where the study went.
  absl::Status Watch(int64_t after_revision, const std::function<bool(const WatchUpdate&)>& on_update) const;

  // How a trial's parameters were chosen. FAILED_PRECONDITION where it was imported or still waits, UNIMPLEMENTED where the
  // study's space or sampler has changed since, or it is define-by-run by another sampler than gp-ei or the default.
  absl::StatusOr<Explanation> Explain(int64_t number) const;
  // Asks a running trial's worker to end it.
  absl::Status Stop(const TrialHandle& handle) const;

  // Changes all of it, or nothing.
  absl::Status Update(const StudyUpdate& update);
  absl::Status Pause();
  absl::Status Resume();
  absl::Status Finish();
  absl::Status SetUserAttr(std::string_view key, std::string_view json);

 private:
  absl::Status SetState(StudyState state);
  absl::Status TakeOver(const absl::StatusOr<StudyInfo>& answer);

  std::shared_ptr<Connection> connection_;
  StudyInfo info_;
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_STUDY_H_
