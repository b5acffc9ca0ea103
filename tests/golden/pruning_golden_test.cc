// Every recorded decision of Optuna's pruners, replayed through the library: once as it was lived, and once with the pruner
// thrown away and loaded anew every few events.
//
// PRUNING_RECORDINGS=FILE replays another file (record_pruning.py makes them).

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sampler/pruner/make_pruner.h"
#include "tests/golden/pruning_recording.h"

namespace parzen::golden {
namespace {

std::string RecordingsPath() {
  const char* other = std::getenv("PRUNING_RECORDINGS");
  return other != nullptr ? other : std::string(GOLDEN_DIR) + "/pruning-5.0.jsonl.gz";
}

// A study's pruner, and what a storage would keep for it.
class Replay {
 public:
  explicit Replay(const PruningRecording& recording) : recording_(recording) { Load(0); }

  // Runs an event; false where a decision differs.
  bool Apply(const PruningEvent& event) {
    Trial& trial = trials_[event.number];
    if (event.kind == PruningEvent::Kind::kTell) {
      trial.outcome = event.outcome;
      trial.order = ++ends_;
      if (pruner_ != nullptr) pruner_->End(event.number, trial.outcome, trial.order);
    }
    if (event.kind != PruningEvent::Kind::kReport || pruner_ == nullptr) return !event.prune;
    if (trial.steps.insert(event.step).second) {  // Optuna's Trial.report leaves a repeated step alone
      trial.reports.emplace_back(event.step, event.value);
      pruner_->Report(event.number, event.step, {&event.value, 1});
    }
    const PruneDecision decision = pruner_->Decide(event.number);
    if (decision.resource) resource_ = decision.resource;
    trial.rungs.insert(trial.rungs.end(), decision.rungs.begin(), decision.rungs.end());
    EXPECT_EQ(decision.prune, !decision.reason.empty());
    return decision.prune == event.prune;
  }

  // Makes the pruner anew from what was kept, trials in an order that `seed` gives.
  void Load(unsigned seed) {
    pruner_ = MakePruner(recording_.pruner, {recording_.direction}, recording_.study_name).value();
    if (pruner_ == nullptr) return;
    if (resource_) pruner_->RestoreResource(*resource_);
    std::vector<int64_t> numbers;
    for (const auto& [number, trial] : trials_) numbers.push_back(number);
    std::shuffle(numbers.begin(), numbers.end(), std::mt19937(seed));
    for (const int64_t number : numbers) {
      const Trial& trial = trials_[number];
      for (const auto& [step, value] : trial.reports) pruner_->Report(number, step, {&value, 1});
      for (const RungMark& mark : trial.rungs) pruner_->RestoreRung(number, mark);
      if (trial.order > 0) pruner_->End(number, trial.outcome, trial.order);
    }
  }

 private:
  struct Trial {
    std::vector<std::pair<int64_t, double>> reports;
    std::set<int64_t> steps;
    std::vector<RungMark> rungs;
    Outcome outcome;
    int64_t order = 0;  // 0 while it runs
  };

  const PruningRecording& recording_;
  std::unique_ptr<Pruner> pruner_;
  std::map<int64_t, Trial> trials_;
  std::optional<int64_t> resource_;
  int64_t ends_ = 0;
};

// Replays all recordings; `reload` is the number of events after which the pruner is loaded anew, 0 for never.
void ReplayAll(size_t reload) {
  size_t decisions = 0, pruned = 0, different = 0;
  for (const PruningRecording& recording : ReadPruningRecordings(RecordingsPath())) {
    Replay replay(recording);
    for (size_t i = 0; i < recording.events.size(); ++i) {
      if (reload != 0 && i % reload == reload - 1) replay.Load(static_cast<unsigned>(i));
      const PruningEvent& event = recording.events[i];
      decisions += event.kind == PruningEvent::Kind::kReport ? 1 : 0;
      pruned += event.prune ? 1 : 0;
      if (replay.Apply(event)) continue;
      if (++different < 20) {
        ADD_FAILURE() << recording.study_name << ", " << DescribePruner(recording.pruner) << ", event " << i << ": trial "
                      << event.number << " step " << event.step << " value " << event.value << ", recorded " << event.prune;
      }
    }
  }
  EXPECT_EQ(different, 0u) << "of " << decisions;
  EXPECT_GT(decisions, 1000u);
  EXPECT_GT(pruned, decisions / 100);
  testing::Test::RecordProperty("decisions", std::to_string(decisions));
}

TEST(PruningGoldenTest, EveryDecisionIsOptunas) { ReplayAll(0); }

TEST(PruningGoldenTest, EveryDecisionIsOptunasAfterLoading) { ReplayAll(37); }

}  // namespace
}  // namespace parzen::golden
