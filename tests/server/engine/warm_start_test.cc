// CreateStudy with warm_start_from: which studies are learned from, what is kept, and what it does not depend on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/engine/definition/warm_start_snapshot.h"
#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

double Loss(const Trial& trial) {
  double sum = 0;
  for (const TrialParam& param : trial.params) {
    if (const auto* number = std::get_if<double>(&param.value)) sum += (*number - 0.3) * (*number - 0.3);
  }
  return sum;
}

StudyDefinition Gp(std::vector<DeclaredParameter> space) {
  StudyDefinition definition = Define(std::move(space));
  definition.sampler.kind = SamplerKind::kGpEi;
  return definition;
}

class WarmStartTest : public testing::Test {
 protected:
  // A study of `n` random trials that have ended.
  void MakeEarlier(const std::string& name, int n,
                   const std::vector<DeclaredParameter>& space = {Real("x", 0, 1), Real("y", 0, 1)},
                   Direction direction = Direction::kMinimize) {
    StudyDefinition definition = Define(space);
    definition.directions = {direction};
    harness_.MakeStudy(name, definition);
    for (int i = 0; i < n; ++i) {
      const Trial trial = harness_.AskOne(name);
      ASSERT_TRUE(harness_.Tell(trial, {direction == Direction::kMinimize ? Loss(trial) : -Loss(trial)}).ok());
    }
  }

  static CreateStudyCommand Command(const std::string& name, std::vector<std::string> from,
                                    std::vector<DeclaredParameter> space = {Real("x", 0, 1), Real("y", 0, 1)}) {
    CreateStudyCommand command;
    command.name = name;
    command.definition = Gp(std::move(space));
    command.seed = 1;
    command.warm_start_from.studies = std::move(from);
    return command;
  }

  // The names of the studies that a new one has learned from.
  static std::vector<std::string> Names(const Study& study) {
    std::vector<std::string> names;
    if (study.definition->warm_start == nullptr) return names;
    for (const EarlierStudy& earlier : study.definition->warm_start->studies) names.push_back(earlier.name);
    return names;
  }

  std::vector<std::string> Run(const std::string& name, int n) {
    std::vector<std::string> seen;
    for (int i = 0; i < n; ++i) {
      const Trial trial = harness_.AskOne(name);
      seen.push_back(testing::PrintToString(trial.params.size()));
      for (const TrialParam& param : trial.params) seen.back() += " " + testing::PrintToString(param.internal);
      EXPECT_TRUE(harness_.Tell(trial, {Loss(trial)}).ok());
    }
    return seen;
  }

  absl::StatusOr<ExplainTrialAnswer> Explain(const std::string& study, int64_t number) {
    return Wait<ExplainTrialAnswer>([&](auto done) { harness_.service().ExplainTrial({study, number}, std::move(done)); });
  }

  Harness harness_{Harness::Kind::kFile};
};

TEST_F(WarmStartTest, TheFirstTrialIsTheBestOfBeforeAndItSaysSo) {
  MakeEarlier("old", 30);
  const auto study = harness_.CreateStudy(Command("new", {"old"}));
  ASSERT_EQ(study.status(), absl::OkStatus());
  const EarlierStudy& kept = study->definition->warm_start->studies.at(0);
  EXPECT_EQ(kept.trials, 30);
  EXPECT_EQ(kept.uid, harness_.GetStudy("old")->uid);
  EXPECT_EQ(kept.revision, harness_.GetStudy("old")->revision);
  const std::vector<Trial> old = harness_.AllTrials("old");
  const Trial trial = harness_.AskOne("new");
  // Among the best of the earlier study.
  std::vector<double> losses;
  for (const Trial& earlier : old) losses.push_back(earlier.values[0]);
  std::sort(losses.begin(), losses.end());
  EXPECT_LE(Loss(trial), losses[4]);
  ASSERT_TRUE(harness_.Tell(trial, {Loss(trial)}).ok());
  const auto explained = Explain("new", 0);
  ASSERT_EQ(explained.status(), absl::OkStatus());
  EXPECT_EQ(explained->explanation.groups.at(0).method, "warm-start");
}

TEST_F(WarmStartTest, RestartAndDeletedSourcesChangeNothing) {
  MakeEarlier("old", 30);
  MakeEarlier("other", 20);
  for (const char* name : {"a", "b"}) ASSERT_TRUE(harness_.CreateStudy(Command(name, {"old", "other"})).ok());
  const std::vector<std::string> undisturbed = Run("a", 12);
  const std::vector<std::string> before = Run("b", 4);
  ASSERT_TRUE(harness_.DeleteStudy({.request = {}, .study = "old", .study_uid = 0}).ok());
  MakeEarlier("old", 3);  // another one of that name
  ASSERT_TRUE(harness_.Tell(harness_.AskOne("other"), {-100}).ok());
  harness_.Restart();
  std::vector<std::string> disturbed = before;
  for (std::string& point : Run("b", 8)) disturbed.push_back(std::move(point));
  EXPECT_EQ(disturbed, undisturbed);
  const auto explained = Explain("b", 11);
  ASSERT_EQ(explained.status(), absl::OkStatus());
  std::vector<std::string> told;
  for (const NamedValue& figure : explained->explanation.groups.at(0).model) told.push_back(figure.name);
  EXPECT_THAT(told, testing::IsSupersetOf({"slope", "weight.old", "revision.old", "weight.other", "revision.other"}));
}

TEST_F(WarmStartTest, OtherScalesDirectionsAndSpacesAreTaken) {
  MakeEarlier("accuracy", 20, {Real("x", 0, 1), Choices("kind", {std::string("a"), std::string("b")})}, Direction::kMaximize);
  const auto study = harness_.CreateStudy(
      Command("new", {"accuracy"}, {Choices("kind", {std::string("b"), std::string("c"), std::string("a")}), Real("x", 0, 0.5)}));
  ASSERT_EQ(study.status(), absl::OkStatus());
  const EarlierStudy& kept = study->definition->warm_start->studies.at(0);
  EXPECT_THAT(kept.parameters, ElementsAre("kind", "x"));
  EXPECT_LT(kept.trials, 20) << "what the new space lacks is left out";
  EXPECT_GT(kept.trials, 0);
  for (const Point& point : kept.points) {
    EXPECT_TRUE(point[0] == 0 || point[0] == 2) << "choices by value";
    EXPECT_LE(point[1], 0.5);
  }
}

TEST_F(WarmStartTest, BadSourcesAreRefusedByName) {
  MakeEarlier("old", 3);
  MakeEarlier("unlike", 3, {Real("z", 0, 1), Whole("x", 1, 3)});
  StudyDefinition two = Define({Real("x", 0, 1)});
  two.directions = {Direction::kMinimize, Direction::kMinimize};
  harness_.MakeStudy("two", two);
  const auto refusal = [&](CreateStudyCommand command) { return harness_.CreateStudy(std::move(command)).status(); };
  EXPECT_TRUE(absl::IsNotFound(refusal(Command("new", {"old", "missing"}))));
  EXPECT_THAT(std::string(refusal(Command("new", {"missing"})).message()), HasSubstr("\"missing\""));
  for (const auto& [from, word] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{{{"unlike"}, "no parameter"},
                                                                     {{"two"}, "2 objectives"},
                                                                     {{"new"}, "itself"},
                                                                     {{"old", "old"}, "twice"},
                                                                     {{""}, "bytes"},
                                                                     {std::vector<std::string>(21, "old"), "at most 20"}}) {
    const absl::Status status = refusal(Command("new", from));
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), testing::AllOf(HasSubstr("warm_start_from"), HasSubstr(word)));
  }
  EXPECT_THAT(std::string(refusal(Command("new", {"old"}, {})).message()), HasSubstr("declared space"));
  CreateStudyCommand both = Command("new", {"old"});
  both.warm_start_from.automatic = true;
  EXPECT_TRUE(absl::IsInvalidArgument(refusal(both)));
  EXPECT_TRUE(absl::IsNotFound(harness_.GetStudy("new").status())) << "nothing was made";
}

TEST_F(WarmStartTest, AutomaticTakesTheLatestAlike) {
  MakeEarlier("few trials", 9);
  MakeEarlier("other names", 12, {Real("x", 0, 1)});
  MakeEarlier("hidden", 12);
  harness_.now() += 1;
  MakeEarlier("seen: first", 10);
  harness_.now() += 1;
  MakeEarlier("seen: second", 12, {Real("y", 0, 1), Real("x", -5, 5)});
  CreateStudyCommand command = Command("new", {});
  command.warm_start_from.automatic = true;
  EXPECT_THAT(Names(*harness_.CreateStudy(command)), ElementsAre("seen: second", "seen: first", "hidden"));
  command.name = "restricted";
  command.warm_start_from.visible_prefix = "seen: ";
  EXPECT_THAT(Names(*harness_.CreateStudy(command)), ElementsAre("seen: second", "seen: first"));
  command.name = "cold";
  command.warm_start_from.visible_prefix = "none: ";
  EXPECT_THAT(Names(*harness_.CreateStudy(command)), ElementsAre());
}

TEST_F(WarmStartTest, AStudyThatExistsIsAnsweredThoughItsSourcesAreGone) {
  MakeEarlier("old", 10);
  CreateStudyCommand command = Command("new", {"old"});
  ASSERT_TRUE(harness_.CreateStudy(command).ok());
  ASSERT_TRUE(harness_.DeleteStudy({.request = {}, .study = "old", .study_uid = 0}).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(harness_.CreateStudy(command).status()));
  command.exist_ok = true;
  EXPECT_THAT(Names(*harness_.CreateStudy(command)), ElementsAre("old"));
  command.warm_start_from = {};
  EXPECT_THAT(Names(*harness_.CreateStudy(command)), ElementsAre("old")) << "no part of the definition";
}

TEST_F(WarmStartTest, ARepeatedRequestIsAnsweredTheSame) {
  MakeEarlier("old", 10);
  CreateStudyCommand command = Command("new", {"old"});
  command.request = Key(7);
  ASSERT_TRUE(harness_.CreateStudy(command).ok());
  ASSERT_TRUE(harness_.DeleteStudy({.request = {}, .study = "old", .study_uid = 0}).ok());
  harness_.Restart();
  const auto again = harness_.CreateStudy(command);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_THAT(Names(*again), ElementsAre("old"));
}

// A changed definition keeps what was learned, and a grown space goes on with it.
TEST_F(WarmStartTest, AGrownSpaceKeepsWhatWasLearned) {
  MakeEarlier("old", 30);
  ASSERT_TRUE(harness_.CreateStudy(Command("new", {"old"})).ok());
  Run("new", 6);
  UpdateStudyCommand update;
  update.study = "new";
  update.space = std::vector<DeclaredParameter>{Real("x", -1, 1), Real("y", 0, 1), Real("z", 0, 1)};
  update.space->back().default_value = 0.5;
  const auto grown = harness_.UpdateStudy(update);
  ASSERT_EQ(grown.status(), absl::OkStatus());
  EXPECT_THAT(Names(*grown), ElementsAre("old"));
  Run("new", 4);
  harness_.Restart();
  Run("new", 2);
  EXPECT_THAT(Names(*harness_.GetStudy("new")), ElementsAre("old"));
}

// A snapshot, and the space that it is for.
class WarmStartSnapshotTest : public WarmStartTest {
 protected:
  void SetUp() override {
    MakeEarlier("old", 12);
    const auto study = harness_.CreateStudy(Command("new", {"old"}));
    ASSERT_EQ(study.status(), absl::OkStatus());
    made_ = *study->definition->warm_start;
    space_ = study->definition->space;
  }

  // How a snapshot is refused after a change of its only earlier study.
  std::string RefusalOf(const std::function<void(EarlierStudy*)>& change) {
    WarmStart changed = made_;
    change(&changed.studies.at(0));
    return std::string(WarmStartFromJson(WarmStartToJson(changed), space_).status().message());
  }

  WarmStart made_;
  SearchSpace space_;
};

TEST_F(WarmStartSnapshotTest, ComesBackAsItWas) {
  const auto back = WarmStartFromJson(WarmStartToJson(made_), space_);
  ASSERT_EQ(back.status(), absl::OkStatus());
  EXPECT_EQ(back->studies, made_.studies);
  EXPECT_EQ(WarmStartToJson(*back), WarmStartToJson(made_));
}

TEST_F(WarmStartSnapshotTest, MakesAStudyThatGoesOnAsTheOther) {
  CreateStudyCommand command = Command("again", {});
  command.definition.warm_start = std::make_shared<const WarmStart>(WarmStartFromJson(WarmStartToJson(made_), space_).value());
  ASSERT_EQ(harness_.CreateStudy(std::move(command)).status(), absl::OkStatus());
  EXPECT_EQ(Run("again", 9), Run("new", 9));
}

TEST_F(WarmStartSnapshotTest, WhatModelsCannotRelyOnIsRefused) {
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->name.clear(); }), HasSubstr("warm_start_snapshot.studies[0].name"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->points[3][1] = 1.5; }), HasSubstr("studies[0].points[3]: \"y\" is 1.5"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->parameters[1] = "z"; }), HasSubstr("\"z\" is no parameter"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->parameters[1] = "x"; }), HasSubstr("names \"x\" twice"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->losses[0] = 1e300; }),
              HasSubstr("studies[0].losses: is 1e+300; -10 to 10"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->log_noise = -900; }), HasSubstr("studies[0].log_noise: is -900"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->log_scales[0] = 50; }), HasSubstr("studies[0].log_scales: is 50"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->main_effects = 99; }), HasSubstr("studies[0].main_effects: is 99"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->spans[0] = 0; }), HasSubstr("studies[0].spans: is 0"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->losses.pop_back(); }), HasSubstr("does not fit together"));
  EXPECT_THAT(RefusalOf([](EarlierStudy* study) { study->trials = -1; }), HasSubstr("studies[0].trials: is -1"));
  WarmStart changed = made_;
  changed.version = 9;
  EXPECT_THAT(WarmStartFromJson(WarmStartToJson(changed), space_).status().message(), HasSubstr("version: is 9; 1 to"));
  changed = made_;
  changed.version = 1;
  changed.studies[0].main_effects = 0.5;
  EXPECT_THAT(WarmStartFromJson(WarmStartToJson(changed), space_).status().message(), HasSubstr("main_effects: is set; from"));
  changed = made_;
  changed.studies.resize(21, made_.studies[0]);
  EXPECT_THAT(WarmStartFromJson(WarmStartToJson(changed), space_).status().message(), HasSubstr("at most 20"));
  changed = made_;
  changed.first.at(0).at(0).value = -7;
  EXPECT_THAT(WarmStartFromJson(WarmStartToJson(changed), space_).status().message(), HasSubstr("first[0]: \"x\" is -7"));
  EXPECT_THAT(WarmStartFromJson(WarmStartToJson(made_), SearchSpace()).status().message(), HasSubstr("declares no space"));
  EXPECT_THAT(WarmStartFromJson("{\"version\": \"1\"}", space_).status().message(), HasSubstr("cannot be read: a whole number"));
}

}  // namespace
}  // namespace parzen::engine
