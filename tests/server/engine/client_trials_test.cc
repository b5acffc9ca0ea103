// Trials of clients that choose parameters themselves: begun without being sampled, changed by whoever knows them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <thread>

#include "server/engine/definition/optuna_distribution.h"
#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kUnit[] = R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}})";
constexpr char kWhole[] = R"({"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 8}})";
constexpr char kKinds[] = R"({"name": "CategoricalDistribution", "attributes": {"choices": ["a", "b"]}})";

ChosenParam Chosen(const std::string& name, const std::string& text, double value) {
  return {name, value, *ParseOptunaDistribution(text), text};
}

class ClientTrials : public testing::Test {
 protected:
  ClientTrials() : harness_(Harness::Kind::kFile) { study_ = harness_.MakeStudy("s", Define({})); }

  absl::StatusOr<BeginTrialAnswer> Begin(BeginTrialCommand command = {}) {
    command.study_uid = study_.uid;
    return Wait<BeginTrialAnswer>([&](auto done) { harness_.service().BeginTrial(command, done); });
  }
  absl::StatusOr<BeginTrialAnswer> Copy(TrialTemplate copy, std::vector<ChosenParam> params = {}) {
    BeginTrialCommand command;
    command.copy_of = std::move(copy);
    command.params = std::move(params);
    return Begin(std::move(command));
  }
  absl::Status Set(int64_t number, ChosenParam param) {
    const SetParameterCommand command{{}, {study_.uid, number}, std::move(param)};
    return Wait<std::monostate>([&](auto done) { harness_.service().SetParameter(command, done); }).status();
  }
  absl::StatusOr<bool> SetState(SetTrialStateCommand command) {
    command.trial.study_uid = study_.uid;
    return Wait<bool>([&](auto done) { harness_.service().SetTrialState(command, done); });
  }
  absl::StatusOr<bool> SetState(int64_t number, TrialState state, std::vector<double> values = {}) {
    SetTrialStateCommand command;
    command.trial.number = number;
    command.state = state;
    command.values = std::move(values);
    return SetState(std::move(command));
  }
  absl::Status Amend(int64_t number, AmendTrialCommand command) {
    command.trial = {study_.uid, number};
    return Wait<std::monostate>([&](auto done) { harness_.service().AmendTrial(command, done); }).status();
  }
  std::vector<int64_t> Numbers(std::optional<int64_t> after, std::vector<int64_t> numbers) {
    const ReadTrialsCommand command{study_.uid, after, std::move(numbers)};
    const auto read = Wait<ReadTrialsAnswer>([&](auto done) { harness_.service().ReadTrials(command, done); });
    EXPECT_TRUE(read.ok()) << read.status();
    std::vector<int64_t> found;
    for (const Trial& trial : read->trials) found.push_back(trial.handle.number);
    return found;
  }
  Trial Get(int64_t number) {
    absl::StatusOr<Trial> trial = harness_.GetTrial("s", number);
    EXPECT_TRUE(trial.ok()) << trial.status();
    return trial.ok() ? *trial : Trial();
  }

  Harness harness_;
  Study study_;
};

TEST_F(ClientTrials, AreReadSoManyAtATime) {
  ImportedTrial imported;
  imported.values = {0.5};
  AddTrialsCommand add{.study = "s", .trials = std::vector<ImportedTrial>(kTrialsAtATime + 500, imported)};
  ASSERT_EQ(harness_.AddTrials(std::move(add)).status(), absl::OkStatus());
  const std::vector<int64_t> first = Numbers(-1, {}), second = Numbers(first.back(), {2, 7}),
                             last = Numbers(second.back(), {1400});
  ASSERT_EQ(first.size(), kTrialsAtATime);
  EXPECT_EQ(first.back(), static_cast<int64_t>(kTrialsAtATime) - 1);
  ASSERT_EQ(second.size(), 502u);
  EXPECT_EQ(second[1], 7);
  EXPECT_EQ(second[2], static_cast<int64_t>(kTrialsAtATime));
  EXPECT_THAT(last, ElementsAre(1400));
  std::vector<int64_t> all(kTrialsAtATime + 500);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(Numbers(std::nullopt, all), all) << "what is asked for by its number is there";
  EXPECT_EQ(Numbers(static_cast<int64_t>(all.size()), all).size(), kTrialsAtATime);
}

TEST_F(ClientTrials, BeginWithoutBeingSampled) {
  const auto begun = Begin();
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ(begun->trial, (TrialHandle{study_.uid, 0, 0}));
  EXPECT_EQ(begun->id, Get(0).id);
  EXPECT_EQ(Get(0).state, TrialState::kRunning);
  EXPECT_THAT(Get(0).params, IsEmpty());
  EXPECT_GT(Begin()->id, begun->id);
}

TEST_F(ClientTrials, KeepParametersAndTheirTextsThroughARestart) {
  ASSERT_TRUE(Begin().ok());
  ASSERT_EQ(Set(0, Chosen("x", kUnit, 2.5)), absl::OkStatus());  // outside of its distribution, as Optuna lets it be
  ASSERT_EQ(Set(0, Chosen("k", kKinds, 1)), absl::OkStatus());
  ASSERT_EQ(Set(0, Chosen("x", kUnit, 0.5)), absl::OkStatus());
  for (const bool restarted : {false, true}) {
    if (restarted) harness_.Restart();
    const Trial trial = Get(0);
    ASSERT_EQ(trial.params.size(), 2);
    EXPECT_EQ(trial.params[0].internal, 0.5);
    EXPECT_EQ(*trial.params[0].distribution_text, kUnit);
    EXPECT_EQ(trial.params[1].value, Choice("b"));
    EXPECT_EQ(*trial.params[1].distribution_text, kKinds);
  }
}

TEST_F(ClientTrials, RefuseADistributionThatDoesNotFitTheStudy) {
  ASSERT_TRUE(Begin().ok());
  ASSERT_TRUE(Begin().ok());
  ASSERT_EQ(Set(0, Chosen("x", kUnit, 0.5)), absl::OkStatus());
  EXPECT_EQ(Reason(Set(1, Chosen("x", kWhole, 1))), "BAD_FIELD");
  EXPECT_EQ(Reason(Set(1, Chosen("k", kKinds, 2))), "BAD_FIELD");
  EXPECT_EQ(Reason(Set(1, Chosen("k", kKinds, 0.5))), "BAD_FIELD");
  EXPECT_THAT(Get(1).params, IsEmpty());
  // A trial that has ended is refused before its distribution is looked at.
  ASSERT_TRUE(SetState(1, TrialState::kComplete, {1}).ok());
  EXPECT_EQ(Reason(Set(1, Chosen("x", kWhole, 1))), "TRIAL_FINISHED");
  EXPECT_EQ(Reason(Set(9, Chosen("x", kUnit, 1))), "NO_SUCH_TRIAL");
}

TEST_F(ClientTrials, TeachTheStudysSampler) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Begin().ok());
    ASSERT_EQ(Set(i, Chosen("x", kUnit, 0.25 * i)), absl::OkStatus());
    ASSERT_TRUE(SetState(i, TrialState::kComplete, {1.0 * i}).ok());
  }
  const Trial asked = harness_.AskOne("s");
  EXPECT_EQ(asked.handle.number, 3);
  SuggestCommand suggest;
  suggest.trial = asked.handle;
  suggest.name = "x";
  suggest.distribution = FloatDistribution{0, 1, false, std::nullopt};
  EXPECT_TRUE(harness_.Suggest(suggest).ok());
  suggest.name = "y";
  suggest.distribution = IntDistribution{1, 8, false, 1};
  EXPECT_TRUE(harness_.Suggest(suggest).ok());
  EXPECT_EQ(Reason(Set(3, Chosen("y", kUnit, 0.5))), "BAD_FIELD");
}

TEST_F(ClientTrials, AWaitingTrialIsTakenOnce) {
  TrialTemplate waiting;
  waiting.state = TrialState::kWaiting;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Copy(waiting, {Chosen("x", kUnit, 0.5)}).ok());
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) taken += *SetState(i, TrialState::kRunning);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 20);
  EXPECT_EQ(*SetState(0, TrialState::kRunning), false);
  EXPECT_EQ(Get(0).state, TrialState::kRunning);
  EXPECT_EQ(*SetState(0, TrialState::kWaiting), true);
  EXPECT_EQ(harness_.AskOne("s").handle.number, 0);
  EXPECT_EQ(harness_.AskOne("s").handle.number, 20);
}

TEST_F(ClientTrials, AnEndIsTheLastChange) {
  ASSERT_TRUE(Begin().ok());
  EXPECT_EQ(Reason(SetState(0, TrialState::kComplete, {1, 2}).status()), "BAD_FIELD");
  EXPECT_EQ(*SetState(0, TrialState::kComplete, {1.5}), true);
  for (const TrialState state : {TrialState::kWaiting, TrialState::kRunning, TrialState::kComplete, TrialState::kFailed}) {
    EXPECT_EQ(Reason(SetState(0, state, {1.5}).status()), "TRIAL_FINISHED");
  }
  AmendTrialCommand attribute;
  attribute.user_attrs = {{"a", "1"}};
  EXPECT_EQ(Reason(Amend(0, attribute)), "TRIAL_FINISHED");
  EXPECT_THAT(Get(0).values, ElementsAre(1.5));
  ASSERT_TRUE(Begin().ok());
  EXPECT_EQ(*SetState(1, TrialState::kComplete, {std::numeric_limits<double>::quiet_NaN()}), true);
  EXPECT_EQ(Get(1).state, TrialState::kFailed);
  EXPECT_EQ(Get(1).failure, FailureKind::kInfeasible);
}

TEST_F(ClientTrials, FailWhereTheyAreCompleteWithoutValues) {
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Begin().ok());
  EXPECT_EQ(*SetState(0, TrialState::kComplete, {}), true);
  EXPECT_EQ(*SetState(1, TrialState::kComplete, {0.5}), true);
  TrialTemplate valueless;
  valueless.state = TrialState::kComplete;
  ASSERT_TRUE(Copy(valueless).ok());
  harness_.Restart();
  for (const int64_t number : {0, 2}) {
    EXPECT_EQ(Get(number).state, TrialState::kFailed);
    EXPECT_EQ(Get(number).reason, kCompleteWithoutValues);
    EXPECT_THAT(Get(number).values, IsEmpty());
  }
  EXPECT_EQ(harness_.GetStudy("s")->counts.complete, 1);
  EXPECT_EQ(Reason(SetState(0, TrialState::kComplete, {1}).status()), "TRIAL_FINISHED");
}

TEST_F(ClientTrials, AmendInAnyUnfinishedState) {
  TrialTemplate waiting;
  waiting.state = TrialState::kWaiting;
  ASSERT_TRUE(Copy(waiting).ok());
  AmendTrialCommand command;
  command.user_attrs = {{"python", "[NaN, {\"a\": -Infinity}]"}, {"", "1"}};
  command.system_attrs = {{"s", "\"Infinity\""}};
  command.constraints = {{"c", -1}};
  command.intermediates = {{3, std::numeric_limits<double>::infinity(), 0}};
  ASSERT_EQ(Amend(0, command), absl::OkStatus());
  command.user_attrs = {{"a", "{"}};
  EXPECT_EQ(Reason(Amend(0, command)), "BAD_FIELD");
  const Trial trial = Get(0);
  EXPECT_THAT(trial.user_attrs, ElementsAre(testing::Pair("", "1"), testing::Pair("python", "[NaN, {\"a\": -Infinity}]")));
  EXPECT_THAT(trial.constraints, ElementsAre(testing::Pair("c", -1)));
  ASSERT_EQ(trial.intermediates.size(), 1);
  EXPECT_EQ(trial.intermediates[0].step, 3);
}

TEST_F(ClientTrials, ReadAfterANumberAndSomeBefore) {
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(Begin().ok());
  EXPECT_THAT(Numbers(-1, {}), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(Numbers(3, {}), ElementsAre(4, 5));
  EXPECT_THAT(Numbers(3, {5, 1, 1, -1, 99, 0}), ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(Numbers(std::nullopt, {2, 7}), ElementsAre(2));
  EXPECT_THAT(Numbers(std::numeric_limits<int64_t>::max(), {}), IsEmpty());
}

TEST_F(ClientTrials, HoldToMaxTrialsAndToAPause) {
  UpdateStudyCommand update;
  update.study = "s";
  update.max_trials = std::optional<int64_t>(2);
  ASSERT_TRUE(harness_.UpdateStudy(update).ok());
  TrialTemplate ended;
  ended.state = TrialState::kComplete;
  ended.values = {1};
  ASSERT_TRUE(Copy(ended).ok());
  ASSERT_TRUE(Begin().ok());
  ASSERT_TRUE(Begin().ok());
  EXPECT_EQ(Reason(Begin().status()), "ALL_HANDED_OUT");
  ASSERT_TRUE(SetState(1, TrialState::kFailed).ok());
  ASSERT_TRUE(SetState(2, TrialState::kComplete, {1}).ok());
  EXPECT_EQ(harness_.GetStudy("s")->state, StudyState::kFinished);
  EXPECT_EQ(Reason(Begin().status()), "STUDY_FINISHED");
}

TEST_F(ClientTrials, ALeaseThatRunsOutTakesTheTrialBack) {
  BeginTrialCommand command;
  command.lease_micros = 10'000'000;
  ASSERT_TRUE(Begin(command).ok());
  ASSERT_EQ(Set(0, Chosen("x", kUnit, 0.5)), absl::OkStatus());
  harness_.Pass(9);
  ASSERT_EQ(Amend(0, {}), absl::OkStatus());  // a sign of life
  harness_.Pass(9);
  EXPECT_EQ(Get(0).state, TrialState::kRunning);
  harness_.Pass(2);
  EXPECT_EQ(Get(0).state, TrialState::kWaiting);
  EXPECT_EQ(*SetState(0, TrialState::kRunning), true);
  EXPECT_EQ(*SetState(0, TrialState::kComplete, {1}), true);
  EXPECT_EQ(Get(0).params.size(), 1);
}

TEST_F(ClientTrials, TheSameRequestIsDoneOnce) {
  BeginTrialCommand command;
  command.request = Key(1);
  ASSERT_TRUE(Begin(command).ok());
  SetTrialStateCommand end;
  end.request = Key(2);
  end.values = {1};
  EXPECT_EQ(*SetState(end), true);
  harness_.Restart();
  EXPECT_EQ(Begin(command)->trial.number, 0);
  EXPECT_EQ(*SetState(end), true);
  EXPECT_THAT(Numbers(-1, {}), ElementsAre(0));
  command.request = Key(1, 2);
  EXPECT_EQ(Begin(command).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ClientTrials, AStudyIsFoundByItsNumber) {
  const auto find = [&](int64_t id) { return Wait<StudyRef>([&](auto done) { harness_.service().FindStudy(id, done); }); };
  const int64_t id = harness_.GetStudy("s")->id;
  for (int i = 0; i < 2; ++i) {
    const auto found = find(id);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->uid, study_.uid);
    EXPECT_EQ(found->name, "s");
  }
  EXPECT_EQ(Reason(find(id + 1).status()), "NO_SUCH_STUDY");
}

}  // namespace
}  // namespace parzen::engine
