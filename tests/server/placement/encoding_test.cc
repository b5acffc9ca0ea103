// What goes from one replica to another arrives as it was, and bytes that are none of ours are refused.

#include "server/placement/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "server/error/error.h"
#include "server/placement/operations.h"

namespace parzen::placement {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename T>
T Return(const T& value) {
  T out{};
  EXPECT_TRUE(Decode(Encode(value), &out));
  return out;
}

SearchSpace Space() {
  return *SearchSpace::Create({{"lr", FloatDistribution{1e-5, 0.1, true, std::nullopt}, std::nullopt},
                               {"layers", IntDistribution{1, 9, false, 2}, std::nullopt},
                               {"kernel", CategoricalDistribution{{Choice(), true, int64_t{1}, 1.0, std::string("rbf")}},
                                Condition{"layers", {int64_t{3}, int64_t{5}}}}});
}

TEST(EncodingTest, NumbersTextsAndLists) {
  for (const int64_t value : {int64_t{0}, int64_t{-1}, int64_t{63}, int64_t{-64}, int64_t{1} << 40,
                              std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(Return(value), value);
  }
  EXPECT_EQ(Return(std::numeric_limits<uint64_t>::max()), std::numeric_limits<uint64_t>::max());
  for (const double value : {0.0, -0.0, 0.1, kInfinity, -kInfinity}) {
    EXPECT_EQ(Return(value), value);
    EXPECT_EQ(std::signbit(Return(value)), std::signbit(value));
  }
  EXPECT_TRUE(std::isnan(Return(std::numeric_limits<double>::quiet_NaN())));
  const std::string text("a\0b\xc3\xa9", 5);
  EXPECT_EQ(Return(text), text);
  const std::vector<std::pair<std::string, std::optional<double>>> list{{"a", 1.5}, {"", std::nullopt}};
  EXPECT_EQ(Return(list), list);
}

TEST(EncodingTest, AStudy) {
  auto definition = std::make_shared<engine::StudyDefinition>();
  definition->directions = {Direction::kMaximize, Direction::kMinimize};
  definition->space = Space();
  definition->defaults = {std::nullopt, Choice(int64_t{3}), std::nullopt};
  definition->sampler.kind = SamplerKind::kTpe;
  definition->sampler.tpe.multivariate = false;
  definition->sampler.seed = ~uint64_t{0};
  definition->pruner.kind = PrunerKind::kPatient;
  definition->pruner.patient.wrapped = std::make_shared<PrunerConfig>(PrunerConfig{.kind = PrunerKind::kMedian});
  definition->max_trials = 100;
  definition->target = {1.0, -kInfinity};
  engine::Study study;
  study.name = "digits";
  study.uid = 0xfedcba9876543210;
  study.definition = definition;
  study.user_attrs = {{"team", "\"vision\""}};
  study.counts.complete = 3;
  study.finish_reason = "target";

  const engine::Study out = Return(study);
  EXPECT_EQ(out.uid, study.uid);
  EXPECT_EQ(engine::DefinitionToJson(*out.definition), engine::DefinitionToJson(*definition));
  EXPECT_EQ(out.definition->space, definition->space);
  EXPECT_EQ(out.definition->pruner, definition->pruner);
  EXPECT_EQ(out.user_attrs, study.user_attrs);
  EXPECT_EQ(out.counts, study.counts);
  EXPECT_EQ(out.finish_reason, study.finish_reason);
}

TEST(EncodingTest, ATrialAndTheTextsOfItsDistributions) {
  const std::string text = R"({"name": "FloatDistribution"})";
  engine::Trial trial;
  trial.handle = {7, 12, 1};
  trial.study = "digits";
  trial.state = storage::TrialState::kPruned;
  trial.params = {{"x", 0.25, std::make_shared<Distribution>(FloatDistribution{0, 1, false, 0.25}), 0.25, &text},
                  {"y", std::string("b"), nullptr, 0, nullptr}};
  trial.values = {0.1, -0.0};
  trial.intermediates = {{3, 0.5, 1234, {1.0}}};
  trial.failure = storage::FailureKind::kPreempted;
  trial.stop_requested = true;
  trial.fixed_params = {"x"};
  trial.given = {{"z", int64_t{4}}};
  trial.algorithm_version = 3;

  const engine::Trial out = Return(trial);
  EXPECT_EQ(out.handle, trial.handle);
  EXPECT_EQ(out.state, trial.state);
  ASSERT_EQ(out.params.size(), 2u);
  EXPECT_EQ(*out.params[0].distribution, *trial.params[0].distribution);
  EXPECT_EQ(*out.params[0].distribution_text, text);
  EXPECT_EQ(out.params[0].internal, 0.25);
  EXPECT_EQ(out.params[1].value, trial.params[1].value);
  EXPECT_EQ(out.params[1].distribution, nullptr);
  EXPECT_EQ(out.params[1].distribution_text, nullptr);
  EXPECT_EQ(out.values, trial.values);
  EXPECT_EQ(out.intermediates[0].more, trial.intermediates[0].more);
  EXPECT_EQ(out.failure, trial.failure);
  EXPECT_TRUE(out.stop_requested);
  EXPECT_EQ(out.fixed_params, trial.fixed_params);
  EXPECT_EQ(out.given, trial.given);
  EXPECT_EQ(out.algorithm_version, 3);
}

TEST(EncodingTest, ARefusalKeepsItsReason) {
  engine::CreateStudyCommand command;
  command.name = "s";
  command.definition.space = Space();
  command.may_make = error::BadField("study.name", "must begin with team/");
  const engine::CreateStudyCommand out = Return(command);
  EXPECT_EQ(out.may_make, command.may_make);
  EXPECT_EQ(error::GetErrorDetail(out.may_make)->reason, "BAD_FIELD");
}

// A command of every operation, changed and cut at every byte: refused or read, and nothing worse.
TEST(EncodingTest, DamagedBytes) {
  engine::TellCommand tell;
  tell.request.id = storage::RequestId{1, 2, 3};
  tell.outcomes = {{{7, 1, 0}, storage::TrialState::kComplete, {1.0}, {{"c", 0.5}}, {}, storage::FailureKind::kNone, "r"}};
  engine::CreateStudyCommand create;
  create.name = "s";
  create.definition.space = Space();
  create.definition.defaults.resize(3);
  std::minstd_rand random(1);
  for (const std::string& bytes : {Encode(tell), Encode(create)}) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      engine::TellCommand cut;
      EXPECT_FALSE(Decode(Encode(tell).substr(0, std::min(i, Encode(tell).size() - 1)), &cut));
      std::string changed = bytes;
      changed[i] = static_cast<char>(random());
      for (const std::string_view name : {"Tell", "CreateStudy", "Ask", "AddTrials", "BeginTrial", "Poll", "Sample"}) {
        CallFromPeer(name, changed, [](const absl::StatusOr<std::string>&) {});
      }
    }
  }
  EXPECT_EQ(CallFromPeer("NoSuchCall", Encode(tell), nullptr), nullptr);
  EXPECT_EQ(CallFromPeer("Tell", Encode(tell) + "x", nullptr), nullptr);
  EXPECT_NE(CallFromPeer("Tell", Encode(tell), nullptr), nullptr);
}

TEST(EncodingTest, EnumsThatAreNone) {
  engine::GetTrialCommand command{"s", 1, storage::View::kFull};
  std::string bytes = Encode(command);
  bytes.back() = 9;
  EXPECT_FALSE(Decode(bytes, &command));
}

TEST(TargetTest, IsTheStudyThatACommandNames) {
  engine::TellCommand tell;
  EXPECT_EQ(TargetOf(tell).uid, 0u);
  tell.outcomes = {{.trial = {7, 1, 0}}};
  EXPECT_EQ(TargetOf(tell).uid, 7u);
  engine::AskCommand ask;
  ask.study = "digits";
  EXPECT_EQ(TargetOf(ask).name, "digits");
  EXPECT_EQ(TargetOf(engine::HeartbeatCommand{"w", {{9, 0, 0}}}).uid, 9u);
  EXPECT_EQ(TargetOf(engine::SampleCommand{.trial = {8, 0}}).uid, 8u);
  EXPECT_EQ(TargetOf(engine::BeginTrialCommand{.study_uid = 6}).uid, 6u);
  engine::CreateStudyCommand create;
  create.name = "new";
  EXPECT_EQ(TargetOf(create).name, "new");
  PollCommand poll;
  poll.watch.study = "watched";
  EXPECT_EQ(TargetOf(poll).name, "watched");
  engine::SuggestCommand suggest;
  suggest.trial.study_uid = 5;
  suggest.name = "lr";
  EXPECT_EQ(TargetOf(suggest).uid, 5u);
  EXPECT_EQ(TargetOf(suggest).name, "");
}

}  // namespace
}  // namespace parzen::placement
