// Samplers that the caller brings with each question, and trials that are advanced in several things at once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "server/engine/definition/optuna_distribution.h"
#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kUnit[] = R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}})";
constexpr char kKinds[] = R"({"name": "CategoricalDistribution", "attributes": {"choices": ["a", "b"]}})";

ChosenParam Chosen(const std::string& name, const std::string& text, double value) {
  return {name, value, *ParseOptunaDistribution(text), text};
}

Sampling Tpe(uint64_t seed, StreamPositions streams = {}) {
  Sampling sampling;
  sampling.sampler.kind = SamplerKind::kTpe;
  sampling.sampler.tpe.reproduce = Reproduce::kOptuna50;
  sampling.sampler.seed = seed;
  sampling.has_seed = true;
  sampling.streams = streams;
  return sampling;
}

class GuestSamplers : public testing::Test {
 protected:
  GuestSamplers() : harness_(Harness::Kind::kFile) { study_ = harness_.MakeStudy("s", Define({})); }

  absl::StatusOr<BeginTrialAnswer> Begin(BeginTrialCommand command = {}) {
    command.study_uid = study_.uid;
    return Wait<BeginTrialAnswer>([&](auto done) { harness_.service().BeginTrial(command, done); });
  }
  absl::StatusOr<AdvanceTrialAnswer> Advance(int64_t number, AdvanceTrialCommand command) {
    command.trial = {study_.uid, number};
    return Wait<AdvanceTrialAnswer>([&](auto done) { harness_.service().AdvanceTrial(command, done); });
  }
  absl::StatusOr<JointPart> Sample(int64_t number, SampleCommand command) {
    command.trial = {study_.uid, number};
    return Wait<JointPart>([&](auto done) { harness_.service().Sample(command, done); });
  }
  absl::StatusOr<JointPart> Joint(int64_t number, Sampling sampling) {
    SampleCommand command;
    command.sampling = std::move(sampling);
    return Sample(number, std::move(command));
  }
  // Ends trials with parameters x and k.
  void Teach(int count) {
    for (int i = 0; i < count; ++i) {
      const absl::StatusOr<BeginTrialAnswer> begun = Begin();
      ASSERT_TRUE(begun.ok()) << begun.status();
      AdvanceTrialCommand command;
      const double x = (i * 37 % 100) / 100.0;
      command.params = {Chosen("x", kUnit, x), Chosen("k", kKinds, i % 2)};
      command.end = TrialState::kComplete;
      command.values = {x * x + i % 2};
      ASSERT_TRUE(Advance(begun->trial.number, std::move(command)).ok());
    }
  }
  Trial Get(int64_t number) {
    absl::StatusOr<Trial> trial = harness_.GetTrial("s", number);
    EXPECT_TRUE(trial.ok()) << trial.status();
    return trial.ok() ? *trial : Trial();
  }

  Harness harness_;
  Study study_;
};

TEST_F(GuestSamplers, AnswerTheSameQuestionTheSame) {
  Teach(12);
  ASSERT_TRUE(Begin().ok());
  const absl::StatusOr<JointPart> first = Joint(12, Tpe(5));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(first->space, SizeIs(2));
  EXPECT_EQ(first->space[0].name, "k");
  EXPECT_THAT(first->values, SizeIs(2));
  EXPECT_GT(first->after.tpe, 0u);
  EXPECT_NE(Joint(12, Tpe(6))->values, first->values);
  EXPECT_EQ(Joint(12, Tpe(5))->values, first->values);
  EXPECT_NE(Joint(12, Tpe(5, first->after))->values, first->values);
  harness_.Restart();
  EXPECT_EQ(Joint(12, Tpe(5))->values, first->values);
  EXPECT_THAT(Get(12).params, IsEmpty());  // nothing is recorded
}

TEST_F(GuestSamplers, DrawNothingJointlyBeforeThereIsEnoughToLearnFrom) {
  Teach(3);
  ASSERT_TRUE(Begin().ok());
  SampleCommand command;
  command.sampling = Tpe(5);
  command.space = {{"x", *ParseOptunaDistribution(kUnit)}};
  EXPECT_THAT(Sample(3, command)->values, IsEmpty());
  command.always = true;
  EXPECT_THAT(Sample(3, command)->values, SizeIs(1));
}

TEST_F(GuestSamplers, SuggestWithTheBeginOfATrial) {
  Teach(12);
  BeginTrialCommand command;
  command.sampling = Tpe(5);
  command.expected = {{"x", *ParseOptunaDistribution(kUnit)}, {"z", *ParseOptunaDistribution(kUnit)}};
  const absl::StatusOr<BeginTrialAnswer> begun = Begin(command);
  ASSERT_TRUE(begun.ok()) << begun.status();
  ASSERT_TRUE(begun->joint.has_value());
  EXPECT_THAT(begun->joint->values, SizeIs(2));
  ASSERT_THAT(begun->singles, SizeIs(1));  // z; x is in the joint part
  SampleCommand alone;
  alone.sampling = Tpe(5, begun->joint->after);
  alone.parameter = command.expected[1];
  EXPECT_EQ(Sample(begun->trial.number, alone)->values[0], begun->singles[0].value);
  // What the trial is going to try is told to others, before a restart and after.
  const Trial trial = Get(begun->trial.number);
  ASSERT_THAT(trial.system_attrs, SizeIs(1));
  EXPECT_EQ(trial.system_attrs[0].first, "tpe:relative_params:0");
  const std::vector<double> other = Joint(11, Tpe(9))->values;
  harness_.Restart();
  EXPECT_EQ(Joint(11, Tpe(9))->values, other);
}

TEST_F(GuestSamplers, LearnFromRelativeParamsThatAreSetAsAttributes) {
  Teach(30);
  ASSERT_TRUE(Begin().ok());
  ASSERT_TRUE(Begin().ok());
  const auto density = [&] {
    // The densities have changed where a following candidate wins; some of these streams tell.
    std::vector<double> values;
    for (uint64_t seed = 0; seed < 40; ++seed) values.push_back(Joint(31, Tpe(seed))->values[1]);
    return values;
  };
  const std::vector<double> before = density();
  AmendTrialCommand command;
  command.trial = {study_.uid, 30};
  command.system_attrs = {{"tpe:relative_params:0", R"("{\"x\": 0.1, \"k\": ")"}, {"tpe:relative_params:1", R"("\"a\"}")"}};
  ASSERT_TRUE(Wait<std::monostate>([&](auto done) { harness_.service().AmendTrial(command, done); }).ok());
  const std::vector<double> after = density();
  EXPECT_NE(after, before);
  harness_.Restart();
  EXPECT_EQ(density(), after);
}

TEST_F(GuestSamplers, AssumeWhatATrialIsGoingToTryUntilItEnds) {
  Teach(8);
  BeginTrialCommand command;
  command.sampling.emplace();
  command.sampling->sampler.kind = SamplerKind::kGpEi;
  const absl::StatusOr<BeginTrialAnswer> first = Begin(command), second = Begin(command);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_THAT(first->joint->values, SizeIs(2));
  EXPECT_NE(first->joint->values, second->joint->values);
  EXPECT_THAT(Get(8).system_attrs, IsEmpty());
  // It ends without having tried x: that teaches nothing of it.
  AdvanceTrialCommand end;
  end.params = {Chosen("k", kKinds, 1)};
  end.end = TrialState::kComplete;
  end.values = {7};
  ASSERT_TRUE(Advance(8, end).ok());
  const absl::StatusOr<JointPart> next = Joint(9, *command.sampling);
  ASSERT_TRUE(next.ok());
  ASSERT_THAT(next->space, SizeIs(1));
  EXPECT_EQ(next->space[0].name, "k");
}

TEST_F(GuestSamplers, AdvanceSeveralThingsOrNothing) {
  ASSERT_TRUE(Begin().ok());
  AdvanceTrialCommand command;
  command.params = {Chosen("x", kUnit, 0.5), Chosen("k", kKinds, 1)};
  command.amend.user_attrs = {{"a", "1"}};
  command.amend.intermediates = {{3, 0.25, 0}};
  absl::StatusOr<AdvanceTrialAnswer> advanced = Advance(0, command);
  ASSERT_TRUE(advanced.ok()) << advanced.status();
  ASSERT_TRUE(advanced->trial.has_value());
  EXPECT_THAT(advanced->trial->params, SizeIs(2));
  EXPECT_EQ(advanced->trial->intermediates[0].value, 0.25);
  EXPECT_EQ(advanced->trial->user_attrs, (Attributes{{"a", "1"}}));

  AdvanceTrialCommand bad;
  bad.params = {Chosen("k", kKinds, 2)};
  bad.amend.user_attrs = {{"a", "2"}};
  EXPECT_EQ(Reason(Advance(0, bad).status()), "BAD_FIELD");
  bad.params.clear();
  bad.end = TrialState::kComplete;
  bad.values = {1, 2};
  EXPECT_EQ(Reason(Advance(0, bad).status()), "BAD_FIELD");
  EXPECT_EQ(Get(0).user_attrs, (Attributes{{"a", "1"}}));
  EXPECT_EQ(Get(0).state, TrialState::kRunning);

  AdvanceTrialCommand end;
  end.end = TrialState::kComplete;
  end.values = {std::numeric_limits<double>::quiet_NaN()};
  advanced = Advance(0, end);
  ASSERT_TRUE(advanced.ok()) << advanced.status();
  EXPECT_EQ(advanced->trial->state, TrialState::kFailed);
  EXPECT_EQ(Reason(Advance(0, end).status()), "TRIAL_FINISHED");
  EXPECT_EQ(Reason(Advance(1, end).status()), "NO_SUCH_TRIAL");
}

TEST_F(GuestSamplers, RefuseASamplerThatCannotBe) {
  ASSERT_TRUE(Begin().ok());
  Sampling sampling = Tpe(1);
  sampling.sampler.tpe.n_ei_candidates = 0;
  EXPECT_EQ(Reason(Joint(0, sampling).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(Joint(1, Tpe(1)).status()), "NO_SUCH_TRIAL");
  SampleCommand command;
  command.sampling = Tpe(1);
  command.parameter = NamedDistribution{"x", FloatDistribution{1, 0}};
  EXPECT_EQ(Reason(Sample(0, command).status()), "BAD_FIELD");
}

TEST_F(GuestSamplers, ReadWhatWaits) {
  ASSERT_TRUE(Begin().ok());
  BeginTrialCommand waiting;
  waiting.copy_of.emplace();
  waiting.copy_of->state = TrialState::kWaiting;
  ASSERT_TRUE(Begin(waiting).ok());
  ReadTrialsCommand command;
  command.study_uid = study_.uid;
  command.waiting = true;
  const auto read = Wait<ReadTrialsAnswer>([&](auto done) { harness_.service().ReadTrials(command, done); });
  ASSERT_TRUE(read.ok());
  ASSERT_THAT(read->trials, SizeIs(1));
  EXPECT_EQ(read->trials[0].handle.number, 1);
}

}  // namespace
}  // namespace parzen::engine
