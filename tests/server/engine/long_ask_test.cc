// An Ask that samples for long: other studies' calls go on, and nothing else differs from one that is done at once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/engine/harness.h"
#include "tests/storage/fault_vfs.h"

namespace parzen::engine {
namespace {

using ::testing::ElementsAre;

ServiceOptions OneThread() {
  ServiceOptions options;
  options.compute_threads = 1;
  return options;
}

// An Ask for kMany of its suggestions takes many turns of the sampling thread.
StudyDefinition Wide() {
  std::vector<DeclaredParameter> space;
  for (int i = 0; i < 400; ++i) space.push_back(Real("x" + std::to_string(i), 0, 1));
  StudyDefinition definition = Define(std::move(space));
  definition.sampler.kind = SamplerKind::kTpe;
  return definition;
}

std::vector<std::string> Values(const Trial& trial) {
  std::vector<std::string> values;
  for (const TrialParam& param : trial.params) values.push_back(param.name + " " + ChoiceToJson(param.value));
  return values;
}

class LongAskTest : public testing::Test {
 protected:
  LongAskTest() {
    harness_.MakeStudy("small", Define({Real("x", 0, 1)}));
    harness_.AllTrials("small");  // it is loaded: calls that meet while a study is being read have no order yet
    for (const char* name : {"paused", "paused too"}) {
      harness_.MakeStudy(name, Define({Real("x", 0, 1)}));
      UpdateStudyCommand pause;
      pause.study = name;
      pause.state = StudyState::kPaused;
      EXPECT_EQ(harness_.UpdateStudy(pause).status(), absl::OkStatus());
    }
  }

  // A wide study that samples from the trials it was told; trial 12 runs.
  void MakeWide(const std::string& name) {
    harness_.MakeStudy(name, Wide());
    const auto answer = harness_.Ask(name, kLearned + 1);
    ASSERT_EQ(answer.status(), absl::OkStatus());
    for (int i = 0; i < kLearned; ++i) {
      ASSERT_EQ(harness_.Tell(answer->trials[i], {(i * 5 % kLearned) / 4.0}).status(), absl::OkStatus());
    }
    running_ = answer->trials[kLearned];
  }

  // The only sampling thread waits from Hold to Begin: what is posted in between is there when the first of it is sampled, and
  // has its turn in the order in which it was posted. (A study whose turn had not ended before would have the next one last.)
  void Hold() {
    const auto held = std::make_shared<std::promise<void>>();
    InTurnOf("paused", [held, begin = begin_.get_future().share()] {
      held->set_value();
      begin.wait();
    });
    held->get_future().wait();
  }
  void Begin() { begin_.set_value(); }

  // On the sampling thread: a paused study's refusal is answered where it is found out.
  void InTurnOf(const std::string& study, std::function<void()> call) {
    AskCommand command;
    command.study = study;
    harness_.service().Ask(std::move(command), [call = std::move(call)](const absl::StatusOr<AskAnswer>&) { call(); });
  }

  std::future<absl::StatusOr<AskAnswer>> Post(const std::string& study, int32_t count) {
    AskCommand command;
    command.study = study;
    command.count = count;
    const auto promise = std::make_shared<std::promise<absl::StatusOr<AskAnswer>>>();
    harness_.service().Ask(std::move(command), [this, study, promise](absl::StatusOr<AskAnswer> answer) {
      {
        const std::lock_guard lock(mutex_);
        answered_.push_back(study);
      }
      promise->set_value(std::move(answer));
    });
    return promise->get_future();
  }
  // Studies whose calls were answered, in that order.
  std::vector<std::string> Answered() {
    const std::lock_guard lock(mutex_);
    return answered_;
  }

  static constexpr int kLearned = 12;
  static constexpr int kMany = 30;

  Trial running_;
  std::promise<void> begin_;
  std::mutex mutex_;
  std::vector<std::string> answered_;
  storage::FaultVfs vfs_;
  Harness harness_{Harness::Kind::kFile, OneThread(), vfs_.name()};
};

TEST_F(LongAskTest, OtherStudiesAreAnsweredMeanwhileItsOwnCallsInOrder) {
  MakeWide("wide");
  Hold();
  auto wide = Post("wide", kMany);
  auto next = Post("wide", 1);
  auto small = Post("small", 1);
  auto another = Post("small", 2);
  Begin();
  ASSERT_EQ(wide.get()->trials.size(), static_cast<size_t>(kMany));
  EXPECT_EQ(next.get()->trials.at(0).handle.number, kLearned + 1 + kMany);
  EXPECT_EQ(small.get()->trials.at(0).handle.number, 0);
  EXPECT_EQ(another.get()->trials.at(0).handle.number, 1);
  EXPECT_THAT(Answered(), ElementsAre("small", "small", "wide", "wide"));
}

TEST_F(LongAskTest, SuggestsWhatSingleAsksSuggest) {
  MakeWide("single");
  std::vector<std::vector<std::string>> expected;
  for (int i = 0; i < kMany; ++i) expected.push_back(Values(harness_.AskOne("single")));
  ASSERT_EQ(harness_.Tell(running_, {0.1}).status(), absl::OkStatus());
  expected.push_back(Values(harness_.AskOne("single")));

  MakeWide("wide");
  Hold();
  auto wide = Post("wide", kMany);
  // Told between two turns: learned when the Ask has ended.
  InTurnOf("paused too", [this] { EXPECT_EQ(harness_.Tell(running_, {0.1}).status(), absl::OkStatus()); });
  Begin();
  std::vector<std::vector<std::string>> values;
  const auto answer = wide.get();
  ASSERT_EQ(answer.status(), absl::OkStatus());
  for (const Trial& trial : answer->trials) values.push_back(Values(trial));
  values.push_back(Values(harness_.AskOne("wide")));
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(values[i] == expected[i]) << i;
}

TEST_F(LongAskTest, ADeleteComesAfterIt) {
  MakeWide("wide");
  Hold();
  auto wide = Post("wide", kMany);
  std::promise<absl::Status> deleted;
  DeleteStudyCommand command;
  command.study = "wide";
  harness_.service().DeleteStudy(std::move(command), [&](absl::Status status) { deleted.set_value(std::move(status)); });
  Begin();
  EXPECT_EQ(deleted.get_future().get(), absl::OkStatus());
  EXPECT_EQ(wide.get()->trials.size(), static_cast<size_t>(kMany));
  EXPECT_EQ(Reason(harness_.GetStudy("wide").status()), "NO_SUCH_STUDY");
}

TEST_F(LongAskTest, GivesUpWhenItsEngineHasFailed) {
  MakeWide("wide");
  Hold();
  auto wide = Post("wide", kMany);
  std::promise<std::vector<std::string>> a_turn_later;
  InTurnOf("paused too", [&] {
    vfs_.Inject({.operation = storage::FaultVfs::Operation::kSync, .code = SQLITE_IOERR_FSYNC});
    EXPECT_EQ(Reason(harness_.Tell(running_, {1}).status()), "STORAGE_FAILED");
    vfs_.Clear();
    InTurnOf("paused", [&] { a_turn_later.set_value(Answered()); });
  });
  Begin();
  EXPECT_THAT(a_turn_later.get_future().get(), ElementsAre("wide"));
  EXPECT_EQ(Reason(wide.get().status()), "STORAGE_FAILED");
  // Nothing of it was staged: the number is free.
  EXPECT_EQ(harness_.AskOne("wide").handle.number, kLearned + 1);
}

TEST_F(LongAskTest, EndsBeforeTheServiceDoes) {
  MakeWide("wide");
  Hold();
  auto wide = Post("wide", kMany);
  EXPECT_FALSE(harness_.service().Shutdown(std::chrono::milliseconds(0)));
  Begin();
  harness_.Restart();
  EXPECT_EQ(wide.get()->trials.size(), static_cast<size_t>(kMany));
  EXPECT_EQ(harness_.GetStudy("wide")->counts.running, 1 + kMany);
}

}  // namespace
}  // namespace parzen::engine
