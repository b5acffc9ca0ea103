// ListTrials, BestTrials, define-by-run, attributes of trials.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

std::vector<int64_t> Numbers(const std::vector<Trial>& trials) {
  std::vector<int64_t> numbers;
  for (const Trial& trial : trials) numbers.push_back(trial.handle.number);
  return numbers;
}

TEST(ListTrialsTest, PagesByNumberAndByRevision) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const auto trials = harness.Ask("s", 5)->trials;
  ASSERT_EQ(harness.Tell(trials[3], {1}).status(), absl::OkStatus());
  ASSERT_EQ(harness.Tell(trials[1], {2}).status(), absl::OkStatus());
  ListTrialsCommand command;
  command.study = "s";
  command.page_size = 2;
  const auto first = harness.ListTrials(command);
  EXPECT_THAT(Numbers(first->trials), testing::ElementsAre(0, 1));
  command.page_token = first->next_page_token;
  EXPECT_THAT(Numbers(harness.ListTrials(command)->trials), testing::ElementsAre(2, 3));
  command.states = {TrialState::kComplete};
  EXPECT_EQ(Reason(harness.ListTrials(command).status()), "BAD_FIELD");
  command.page_token = "";
  const auto complete = harness.ListTrials(command);
  EXPECT_THAT(Numbers(complete->trials), testing::ElementsAre(1, 3));
  EXPECT_EQ(complete->next_page_token, "");
  EXPECT_EQ(complete->revision, harness.GetStudy("s")->revision);

  ListTrialsCommand changed;
  changed.study = "s";
  changed.changed_after = 0;
  const auto all = harness.ListTrials(changed);
  EXPECT_THAT(Numbers(all->trials), testing::ElementsAre(0, 2, 4, 3, 1));
  changed.changed_after = trials[4].revision;
  EXPECT_THAT(Numbers(harness.ListTrials(changed)->trials), testing::ElementsAre(3, 1));
  changed.changed_after = all->revision;
  EXPECT_TRUE(harness.ListTrials(changed)->trials.empty());
  changed.changed_after = 0;
  changed.page_size = 2;
  std::vector<int64_t> paged;
  do {
    const auto page = harness.ListTrials(changed);
    ASSERT_EQ(page.status(), absl::OkStatus());
    for (const int64_t number : Numbers(page->trials)) paged.push_back(number);
    EXPECT_EQ(page->revision, page->next_page_token.empty() ? all->revision : page->trials.back().revision);
    changed.page_token = page->next_page_token;
  } while (!changed.page_token.empty());
  EXPECT_THAT(paged, testing::ElementsAre(0, 2, 4, 3, 1));
}

TEST(BestTrialsTest, TheBestOfOneObjective) {
  Harness harness(Harness::Kind::kFile);
  StudyDefinition definition = Define({Real("x", 0, 1)});
  definition.directions = {Direction::kMaximize};
  harness.MakeStudy("s", definition);
  EXPECT_TRUE(harness.BestTrials({"s"})->trials.empty());
  const auto trials = harness.Ask("s", 5)->trials;
  TellCommand infeasible;
  infeasible.outcomes.resize(1);
  infeasible.outcomes[0].trial = trials[0].handle;
  infeasible.outcomes[0].values = {100};
  infeasible.outcomes[0].constraints = {{"c", 0.5}};
  ASSERT_EQ(harness.Tell(infeasible).status(), absl::OkStatus());
  ASSERT_EQ(harness.Tell(trials[3], {7}).status(), absl::OkStatus());
  ASSERT_EQ(harness.Tell(trials[2], {7}).status(), absl::OkStatus());
  ASSERT_EQ(harness.Tell(trials[1], {3}).status(), absl::OkStatus());
  EXPECT_THAT(Numbers(harness.BestTrials({"s"})->trials), testing::ElementsAre(2));
  harness.Restart();
  EXPECT_THAT(Numbers(harness.BestTrials({"s"})->trials), testing::ElementsAre(2));
}

TEST(BestTrialsTest, TheParetoFrontOfSeveral) {
  Harness harness;
  StudyDefinition definition = Define({Real("x", 0, 1)});
  definition.directions = {Direction::kMinimize, Direction::kMaximize};
  harness.MakeStudy("s", definition);
  const std::vector<std::vector<double>> values = {{1, 1}, {2, 2}, {2, 1}, {0, 0}, {1, 1}, {3, 1.5}};
  const auto trials = harness.Ask("s", 6)->trials;
  for (size_t i = 0; i < 6; ++i) {
    ASSERT_EQ(harness.Tell(trials[i], values[i]).status(), absl::OkStatus());
    if (i == 2) {
      EXPECT_THAT(Numbers(harness.BestTrials({"s"})->trials), testing::ElementsAre(0, 1));
    }
  }
  EXPECT_THAT(Numbers(harness.BestTrials({"s"})->trials), testing::ElementsAre(0, 1, 3, 4));
  const auto page = harness.BestTrials({"s", View::kBasic, 3, ""});
  EXPECT_THAT(Numbers(page->trials), testing::ElementsAre(0, 1, 3));
  EXPECT_THAT(Numbers(harness.BestTrials({"s", View::kBasic, 3, page->next_page_token})->trials), testing::ElementsAre(4));
}

TEST(UpdateTrialTest, AttributesInAnyStateConstraintsWhileRunning) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskOne("s");
  UpdateTrialCommand command;
  command.trial = trial.handle;
  command.user_attrs = {{"a", "1"}, {"b", "2"}};
  command.constraints = {{"c", -1}};
  ASSERT_EQ(harness.UpdateTrial(command).status(), absl::OkStatus());
  ASSERT_EQ(harness.Tell(trial, {1}).status(), absl::OkStatus());
  EXPECT_EQ(Reason(harness.UpdateTrial(command).status()), "TRIAL_FINISHED");
  command.constraints.clear();
  command.user_attrs = {{"a", ""}};
  const auto updated = harness.UpdateTrial(command);
  ASSERT_EQ(updated.status(), absl::OkStatus());
  EXPECT_THAT(updated->user_attrs, testing::ElementsAre(testing::Pair("b", "2")));
  EXPECT_THAT(updated->constraints, testing::ElementsAre(testing::Pair("c", -1)));
  EXPECT_EQ(updated->revision, harness.GetStudy("s")->revision);
  command.user_attrs.clear();
  for (int i = 0; i < 1000; ++i) command.user_attrs.emplace_back("k" + std::to_string(i), "0");
  EXPECT_EQ(Reason(harness.UpdateTrial(command).status()), "LIMIT_ATTRIBUTES");
}

TEST(DefineByRunTest, ParametersAppearAsTheyAreSuggested) {
  Harness harness(Harness::Kind::kFile);
  harness.MakeStudy("s", Define({}));
  ASSERT_EQ(harness.Enqueue({{}, "s", {{"x", 0.25, std::nullopt}}, {}}).status(), absl::OkStatus());
  EXPECT_EQ(harness.GetTrial("s", 0)->params.at(0).value, Choice(0.25));
  const Trial trial = harness.AskOne("s");
  EXPECT_TRUE(trial.params.empty());
  const auto suggest = [&](const TrialHandle& handle, const std::string& name, Distribution distribution) {
    return harness.Suggest({{}, handle, name, std::move(distribution)});
  };
  const FloatDistribution real{0, 1, false, std::nullopt};
  EXPECT_EQ(suggest(trial.handle, "x", real)->value, Choice(0.25));
  const auto n = suggest(trial.handle, "n", IntDistribution{1, 1000, false, 1});
  ASSERT_EQ(n.status(), absl::OkStatus());
  EXPECT_EQ(suggest(trial.handle, "n", IntDistribution{1, 1000, false, 1})->value, n->value);
  const Trial second = harness.AskOne("s");
  EXPECT_EQ(Reason(suggest(second.handle, "n", real).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(suggest(second.handle, "n", IntDistribution{3, 1, false, 1}).status()), "BAD_FIELD");
  ASSERT_EQ(harness.Tell(trial, {1}).status(), absl::OkStatus());
  EXPECT_EQ(Reason(suggest(trial.handle, "y", real).status()), "TRIAL_FINISHED");
  harness.Restart();
  const auto read = harness.GetTrial("s", 0);
  ASSERT_EQ(read->params.size(), 2u);
  EXPECT_EQ(read->params[0].value, Choice(0.25));
  EXPECT_EQ(read->params[1].value, n->value);
  EXPECT_EQ(read->fixed_params, std::vector<std::string>{"x"});
  EXPECT_EQ(suggest(second.handle, "x", real).status(), absl::OkStatus());
  EXPECT_EQ(Reason(suggest(second.handle, "x2", CategoricalDistribution{}).status()), "BAD_FIELD");
}

TEST(DefineByRunTest, ADeclaredSpaceHasItsOwnParametersOnly) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskOne("s");
  const FloatDistribution real{0, 1, false, std::nullopt};
  EXPECT_EQ(harness.Suggest({{}, trial.handle, "x", real})->value, trial.params[0].value);
  EXPECT_EQ(Reason(harness.Suggest({{}, trial.handle, "y", real}).status()), "BAD_FIELD");
}

TEST(EnqueueTest, FixedParametersStayTheRestIsSampled) {
  Harness harness;
  DeclaredParameter child = Real("gamma", 0, 1);
  child.parameter.condition = Condition{"kernel", {std::string("rbf")}};
  harness.MakeStudy("s", Define({Choices("kernel", {std::string("rbf"), std::string("poly")}), child, Whole("n", 1, 5)}));
  EXPECT_EQ(Reason(harness.Enqueue({{}, "s", {{"m", int64_t{1}, std::nullopt}}, {}}).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(harness.Enqueue({{}, "s", {{"n", int64_t{6}, std::nullopt}}, {}}).status()), "BAD_FIELD");
  EXPECT_EQ(
      Reason(
          harness.Enqueue({{}, "s", {{"kernel", std::string("poly"), std::nullopt}, {"gamma", 0.5, std::nullopt}}, {}}).status()),
      "BAD_FIELD");
  const auto enqueued =
      harness.Enqueue({{}, "s", {{"n", int64_t{5}, std::nullopt}, {"kernel", std::string("rbf"), std::nullopt}}, {}});
  ASSERT_EQ(enqueued.status(), absl::OkStatus());
  EXPECT_EQ(enqueued->state, TrialState::kWaiting);
  EXPECT_EQ(enqueued->params.size(), 2u);
  const Trial trial = harness.AskOne("s");
  EXPECT_EQ(trial.handle.number, 0);
  EXPECT_TRUE(trial.enqueued);
  ASSERT_EQ(trial.params.size(), 3u);
  EXPECT_EQ(trial.params[0].value, Choice(std::string("rbf")));
  EXPECT_EQ(trial.params[2].value, Choice(int64_t{5}));
  EXPECT_THAT(trial.fixed_params, testing::ElementsAre("kernel", "n"));
}

TEST(EnqueueTest, AChildBringsItsParentsOrIsRefused) {
  Harness harness;
  DeclaredParameter child = Real("gamma", 0, 1), grandchild = Real("decay", 0, 1), other = Real("degree", 0, 1);
  child.parameter.condition = Condition{"kernel", {std::string("rbf"), std::string("sigmoid")}};
  other.parameter.condition = Condition{"kernel", {std::string("poly")}};
  DeclaredParameter depth = Whole("depth", 1, 9);
  depth.parameter.condition = Condition{"kernel", {std::string("poly"), std::string("sigmoid")}};
  grandchild.parameter.condition = Condition{"depth", {int64_t{4}}};
  harness.MakeStudy("s", Define({Choices("kernel", {std::string("rbf"), std::string("poly"), std::string("sigmoid")}), child,
                                 other, depth, grandchild}));
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(harness.Enqueue({{}, "s", {{"gamma", 0.25, std::nullopt}, {"decay", 0.5, std::nullopt}}, {}}).status(),
              absl::OkStatus());
    const Trial trial = harness.AskOne("s");
    ASSERT_EQ(trial.params.size(), 4u);
    EXPECT_EQ(trial.params[0].value, Choice(std::string("sigmoid")));  // the only one with both
    EXPECT_EQ(trial.params[1].value, Choice(0.25));
    EXPECT_EQ(trial.params[2].value, Choice(int64_t{4}));
    EXPECT_EQ(trial.params[3].value, Choice(0.5));
  }
  const absl::Status apart =
      harness.Enqueue({{}, "s", {{"gamma", 0.25, std::nullopt}, {"degree", 0.5, std::nullopt}}, {}}).status();
  EXPECT_EQ(Reason(apart), "BAD_FIELD");
  EXPECT_THAT(std::string(apart.message()), testing::HasSubstr("\"kernel\""));
  const absl::Status deep =
      harness.Enqueue({{}, "s", {{"kernel", std::string("rbf"), std::nullopt}, {"decay", 0.5, std::nullopt}}, {}}).status();
  EXPECT_EQ(Reason(deep), "BAD_FIELD");
}

TEST(AddTrialsTest, ImportsFinishedTrials) {
  Harness harness(Harness::Kind::kFile);
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  std::vector<ImportedTrial> trials(5000);
  for (size_t i = 0; i < trials.size(); ++i) {
    trials[i].params = {{"x", static_cast<double>(i) / 5000, std::nullopt}};
    trials[i].values = {5000.0 - static_cast<double>(i)};
  }
  trials[1].state = TrialState::kPruned;
  trials[1].values.clear();
  trials[1].intermediates = {{3, 0.5, 0}, {1, 0.25, 0}};
  trials[2].values = {std::numeric_limits<double>::quiet_NaN()};
  const auto answer = harness.AddTrials({.study = "s", .trials = trials});
  ASSERT_EQ(answer.status(), absl::OkStatus());
  EXPECT_EQ(answer->first_number, 0);
  EXPECT_EQ(answer->count, 5000);
  const TrialCounts counts = harness.GetStudy("s")->counts;
  EXPECT_EQ(counts.imported, 5000);
  EXPECT_EQ(counts.complete, 4998);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_THAT(Numbers(harness.BestTrials({"s"})->trials), testing::ElementsAre(4999));
  trials[7].params[0].value = 2.0;
  const absl::Status status = harness.AddTrials({.study = "s", .trials = trials}).status();
  EXPECT_EQ(Reason(status), "BAD_FIELD");
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("trials[7]"));
  EXPECT_EQ(harness.GetStudy("s")->counts.total(), 5000);
  EXPECT_EQ(harness.AskOne("s").handle.number, 5000);
  harness.Restart();
  EXPECT_EQ(harness.GetStudy("s")->counts.imported, 5000);
  EXPECT_EQ(harness.AllTrials("s").size(), 5001u);
}

}  // namespace
}  // namespace parzen::engine
