// A study that is loaded goes on as one that has never been let go.
//
// Tpe(reproduce=..., group=True) depends on more than which trials there are: which had ended when each was asked for, and in
// which order they ended.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sampler/make_sampler.h"
#include "server/engine/study/result_bytes.h"
#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

StudyDefinition Grouped(Reproduce reproduce) {
  StudyDefinition definition;  // define-by-run: which parameters a trial has is the client's own
  definition.sampler.kind = SamplerKind::kTpe;
  definition.sampler.tpe.reproduce = reproduce;
  definition.sampler.tpe.multivariate = true;
  definition.sampler.tpe.group = true;
  definition.sampler.tpe.n_startup_trials = 2;
  return definition;
}

// A client with several workers: asks, suggests and tells in an order that its seed decides, the same whether the server is
// restarted now and then or not. Returns what was suggested.
class Client {
 public:
  Client(uint32_t seed, bool restarts) : random_(seed), restarts_(restarts) {}

  std::vector<std::string> Run(Reproduce reproduce) {
    harness_.MakeStudy("s", Grouped(reproduce));
    for (int step = 0; step < 90; ++step) {
      const uint32_t what = random_() % 10;
      const bool restart = random_() % 6 == 0;
      if (restart && restarts_) harness_.Restart();
      if (what < 2 && open_.size() < 6) {
        Enqueue();
      } else if (what < 6 && open_.size() < 6) {
        Ask();
      } else if (what == 6) {
        Import();
      } else if (!open_.empty()) {
        Tell();
      }
    }
    return suggested_;
  }

 private:
  void Enqueue() {
    EnqueueCommand command;
    command.study = "s";
    command.params = {{"x", 0.25, std::nullopt}};
    ASSERT_TRUE(harness_.Enqueue(std::move(command)).ok());
  }

  void Ask() {
    const Trial trial = harness_.AskOne("s");
    // Every third kind of trial lacks a parameter that the others have.
    const uint32_t kind = random_() % 4;
    for (const char* name : {"y", "x", "z"}) {
      if (kind == 1 && name[0] == 'y') continue;
      if (kind == 2 && name[0] != 'x') continue;
      if (kind == 3 && name[0] == 'z') continue;
      SuggestCommand command;
      command.trial = trial.handle;
      command.name = name;
      command.distribution = FloatDistribution{0, 1, false, std::nullopt};
      const absl::StatusOr<SuggestAnswer> answer = harness_.Suggest(std::move(command));
      ASSERT_EQ(answer.status(), absl::OkStatus());
      suggested_.push_back(std::to_string(trial.handle.number) + " " + name + " " + ToString(answer->value));
    }
    open_.push_back(trial);
  }

  void Import() {
    AddTrialsCommand command;
    command.study = "s";
    ImportedTrial trial;
    trial.params = {{"w", 0.5, FloatDistribution{0, 1, false, std::nullopt}}};
    trial.values = {Value()};
    command.trials = {trial};
    ASSERT_TRUE(harness_.AddTrials(std::move(command)).ok());
  }

  void Tell() {
    const size_t which = random_() % open_.size();
    const TrialState state = random_() % 5 == 0 ? TrialState::kFailed : TrialState::kComplete;
    const std::vector<double> values = state == TrialState::kComplete ? std::vector<double>{Value()} : std::vector<double>();
    ASSERT_EQ(harness_.Tell(open_[which], values, state).status(), absl::OkStatus());
    open_.erase(open_.begin() + static_cast<int64_t>(which));
  }

  double Value() { return static_cast<double>(random_() % 1000) / 1000; }

  std::mt19937 random_;
  const bool restarts_;
  Harness harness_{Harness::Kind::kFile};
  std::vector<Trial> open_;
  std::vector<std::string> suggested_;
};

TEST(RestartTest, GroupedTpeWithSeveralWorkersGoesOnAsBefore) {
  for (const Reproduce reproduce : {Reproduce::kOptuna291, Reproduce::kOptuna50}) {
    for (uint32_t seed = 1; seed <= 12; ++seed) {
      const std::vector<std::string> lived = Client(seed, false).Run(reproduce);
      ASSERT_GT(lived.size(), 20u);
      ASSERT_EQ(Client(seed, true).Run(reproduce), lived)
          << "seed " << seed << ", " << (reproduce == Reproduce::kOptuna50 ? "5.0" : "2.9.1");
    }
  }
}

}  // namespace
}  // namespace parzen::engine
