// ExplainTrial, and suggestions that go on after a restart as they would have without it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

double Loss(const Trial& trial) {
  double sum = 0;
  for (const TrialParam& param : trial.params) {
    if (const auto* number = std::get_if<double>(&param.value)) sum += (*number - 0.3) * (*number - 0.3);
  }
  return sum;
}

StudyDefinition Tpe(std::vector<DeclaredParameter> space) {
  StudyDefinition definition = Define(std::move(space));
  definition.sampler.kind = SamplerKind::kTpe;
  return definition;
}

// The winners' parameters, where the explanation has candidates, are the trial's. A parameter that was given has a group of its
// own, and may be in a joint candidate besides, as it was drawn and not used.
void ExpectWinnersAreTheTrials(const ExplainTrialAnswer& answer) {
  std::set<std::string> given;
  for (const ExplainedGroup& group : answer.explanation.groups) {
    if (group.method == "fixed") given.insert(group.parameters.begin(), group.parameters.end());
  }
  for (const ExplainedGroup& group : answer.explanation.groups) {
    if (group.winner < 0) continue;
    for (const NamedValue& value : group.candidates.at(group.winner).params) {
      if (given.contains(value.name)) continue;
      for (const TrialParam& param : answer.trial.params) {
        if (param.name == value.name) {
          EXPECT_EQ(ToExternal(*param.distribution, value.value), param.value) << answer.trial.handle.number << " " << value.name;
        }
      }
    }
  }
}

class ExplainTest : public testing::TestWithParam<Reproduce> {};

// Which parameters are sampled together follows from which trials had ended when, and in which order.
TEST_P(ExplainTest, ReplaysGroupsOfTrialsThatEndedOutOfOrder) {
  Harness harness;
  DeclaredParameter x = Real("x", 0, 1), y = Real("y", 0, 1);
  x.parameter.condition = Condition{"kind", {std::string("a"), std::string("c")}};
  y.parameter.condition = Condition{"kind", {std::string("b"), std::string("c")}};
  StudyDefinition definition =
      Tpe({Choices("kind", {std::string("a"), std::string("b"), std::string("c")}), x, y, Real("z", 0, 1)});
  definition.sampler.tpe.reproduce = GetParam();
  definition.sampler.tpe.multivariate = true;
  definition.sampler.tpe.group = true;
  definition.sampler.tpe.n_startup_trials = 3;
  harness.MakeStudy("s", definition);
  std::vector<Trial> running;
  for (size_t i = 0; i < 40; ++i) {
    while (running.size() < 5) running.push_back(harness.AskOne("s"));
    const auto told = running.begin() + static_cast<int64_t>(i * 7 % running.size());
    ASSERT_TRUE(harness.Tell(*told, {Loss(*told)}).ok());
    running.erase(told);
  }
  for (int64_t number = 0; number < 40; ++number) {
    const auto answer =
        Wait<ExplainTrialAnswer>([&](auto done) { harness.service().ExplainTrial({"s", number}, std::move(done)); });
    ASSERT_EQ(answer.status(), absl::OkStatus()) << number;
    ExpectWinnersAreTheTrials(*answer);
  }
}

TEST_P(ExplainTest, ReplaysWhatWasSampledAmongOthers) {
  Harness harness;
  StudyDefinition definition = Tpe({Real("x", 0, 1), Real("y", 0, 1)});
  definition.sampler.tpe.reproduce = GetParam();
  harness.MakeStudy("s", definition);
  const auto explain = [&](int64_t number) {
    return Wait<ExplainTrialAnswer>([&](auto done) { harness.service().ExplainTrial({"s", number}, std::move(done)); });
  };
  std::vector<Trial> running;
  for (int i = 0; i < 40; ++i) {
    if (i % 9 == 4) {
      ASSERT_EQ(harness.Enqueue({{}, "s", {{"x", 0.5, std::nullopt}}, {}}).status(), absl::OkStatus());
    }
    if (i == 20) {
      ImportedTrial imported;
      imported.params = {{"x", 0.1, std::nullopt}, {"y", 0.2, std::nullopt}};
      imported.values = {0.01};
      ASSERT_EQ(harness.AddTrials({.study = "s", .trials = {imported, imported}}).status(), absl::OkStatus());
    }
    const auto asked = harness.Ask("s", 1 + i % 3);
    ASSERT_EQ(asked.status(), absl::OkStatus());
    for (const Trial& trial : asked->trials) running.push_back(trial);
    while (running.size() > 4) {
      const size_t k = static_cast<size_t>(i) % running.size();
      ASSERT_EQ(harness.Tell(running[k], {Loss(running[k])}).status(), absl::OkStatus());
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(k));
    }
  }
  int explained = 0;
  for (const Trial& trial : harness.AllTrials("s")) {
    const auto answer = explain(trial.handle.number);
    if (trial.imported) {
      EXPECT_NE(answer.status(), absl::OkStatus());
      continue;
    }
    // The engine has replayed it and compared.
    ASSERT_EQ(answer.status(), absl::OkStatus());
    EXPECT_FALSE(answer->explanation.groups.empty());
    ExpectWinnersAreTheTrials(*answer);
    ++explained;
  }
  EXPECT_GT(explained, 40);
  EXPECT_EQ(Reason(explain(1000).status()), "NO_SUCH_TRIAL");
}

// A define-by-run study by gp-ei, with several trials running, each asking for one parameter in turn: a branch, an enqueued value
// and a range that moves among them. What was suggested, as text.
std::vector<std::string> RunProgram(Harness* harness, SamplerKind kind, bool restarts) {
  StudyDefinition definition = Define({});
  definition.sampler.kind = kind;
  harness->MakeStudy("s", definition);
  struct Running {
    Trial trial;
    std::vector<double> values;
  };
  std::vector<Running> running;
  std::vector<std::string> suggested;
  for (int64_t step = 0; step < 160; ++step) {
    if (running.size() < 4 && step % 3 == 0) {
      if (suggested.size() % 5 == 4) {
        EXPECT_EQ(harness->Enqueue({{}, "s", {{"x", 0.5, std::nullopt}}, {}}).status(), absl::OkStatus());
      }
      const auto asked = harness->Ask("s", static_cast<int32_t>(1 + step % 2));
      EXPECT_EQ(asked.status(), absl::OkStatus());
      for (const Trial& trial : asked->trials) running.push_back({trial, {}});
    }
    const auto at = running.begin() + step * 7 % static_cast<int64_t>(running.size());
    const bool branch = at->values.size() > 1 && at->values[1] == 1;
    if (at->values.size() == (branch ? 3u : 2u)) {
      double loss = 0;
      for (const double value : at->values) loss += (value - 0.7) * (value - 0.7);
      EXPECT_EQ(harness->Tell(at->trial, {loss}).status(), absl::OkStatus());
      running.erase(at);
      if (restarts && step % 5 == 1) harness->Restart();
      continue;
    }
    const std::string name = at->values.empty() ? "x" : at->values.size() == 1 ? "kind" : "y";
    const double high = 1.0 + 0.125 * static_cast<double>(at->trial.handle.number % 3);
    Distribution distribution = FloatDistribution{0, name == "y" ? high : 1, false, std::nullopt};
    if (name == "kind") distribution = CategoricalDistribution{{int64_t{0}, int64_t{1}}};
    const auto answer = harness->Suggest({{}, at->trial.handle, name, distribution});
    EXPECT_EQ(answer.status(), absl::OkStatus());
    suggested.push_back(std::to_string(at->trial.handle.number) + " " + name + "=" + ChoiceToJson(answer->value));
    const auto* whole = std::get_if<int64_t>(&answer->value);
    at->values.push_back(whole != nullptr ? static_cast<double>(*whole) : std::get<double>(answer->value));
  }
  return suggested;
}

TEST(ExplainDefineByRunTest, ReplaysWhatBeganAmongOthers) {
  for (const SamplerKind kind : {SamplerKind::kGpEi, SamplerKind::kAuto}) {
    Harness harness;
    RunProgram(&harness, kind, false);
    int joint = 0, fixed = 0;
    for (const Trial& trial : harness.AllTrials("s")) {
      if (trial.params.empty()) continue;
      const int64_t number = trial.handle.number;
      const auto answer =
          Wait<ExplainTrialAnswer>([&](auto done) { harness.service().ExplainTrial({"s", number}, std::move(done)); });
      ASSERT_EQ(answer.status(), absl::OkStatus()) << number;  // the engine has replayed its beginning and compared
      size_t parameters = 0;
      for (const ExplainedGroup& group : answer->explanation.groups) {
        parameters += group.parameters.size();
        fixed += group.method == "fixed";
        joint += group.method == "gp-ei";
        EXPECT_EQ(group.winner >= 0, group.method == "gp-ei");
        if (group.winner < 0) continue;
        // A parameter whose joint value was out of the range that the trial asked for is not in the group, but in the candidate.
        for (const NamedValue& value : group.candidates.at(group.winner).params) {
          if (std::find(group.parameters.begin(), group.parameters.end(), value.name) == group.parameters.end()) continue;
          const auto param = std::find_if(trial.params.begin(), trial.params.end(),
                                          [&](const TrialParam& candidate) { return candidate.name == value.name; });
          EXPECT_EQ(ToExternal(*param->distribution, value.value), param->value) << number << " " << value.name;
        }
      }
      EXPECT_EQ(parameters, trial.params.size()) << number;
    }
    EXPECT_GT(joint, 15);
    EXPECT_GT(fixed, 2);
  }
}

TEST(ExplainDefineByRunTest, IsNotImplementedWhereNothingIsDrawnJointly) {
  Harness harness;
  RunProgram(&harness, SamplerKind::kTpe, false);
  const auto answer = Wait<ExplainTrialAnswer>([&](auto done) { harness.service().ExplainTrial({"s", 12}, std::move(done)); });
  EXPECT_EQ(Reason(answer.status()), "NOT_IMPLEMENTED");
}

INSTANTIATE_TEST_SUITE_P(All, ExplainTest, testing::Values(Reproduce::kNone, Reproduce::kOptuna50, Reproduce::kOptuna291));

TEST(RestartTest, SuggestionsGoOnAsWithoutIt) {
  for (const Reproduce reproduce : {Reproduce::kNone, Reproduce::kOptuna50, Reproduce::kOptuna291}) {
    StudyDefinition definition = Tpe({Real("x", 0, 1), Choices("c", {std::string("a"), std::string("b")}), Whole("n", 1, 8)});
    definition.sampler.tpe.reproduce = reproduce;
    std::vector<std::string> suggestions[2];
    for (const int restarts : {0, 1}) {
      Harness harness(Harness::Kind::kFile);
      harness.MakeStudy("s", definition);
      std::vector<Trial> running;
      for (int i = 0; i < 40; ++i) {
        Trial trial = harness.AskOne("s");
        std::string text;
        for (const TrialParam& param : trial.params) text += param.name + "=" + ChoiceToJson(param.value) + " ";
        suggestions[restarts].push_back(text);
        running.push_back(std::move(trial));
        if (running.size() > 3) {
          ASSERT_EQ(harness.Tell(running.front(), {Loss(running.front())}).status(), absl::OkStatus());
          running.erase(running.begin());
        }
        if (restarts == 1 && i % 3 == 1) harness.Restart();
      }
    }
    EXPECT_EQ(suggestions[0], suggestions[1]) << static_cast<int>(reproduce);
  }
}

TEST(RestartTest, DefineByRunGoesOnAsWithoutIt) {
  StudyDefinition definition = Tpe({});
  definition.sampler.tpe.reproduce = Reproduce::kOptuna50;
  std::vector<std::string> suggestions[2];
  for (const int restarts : {0, 1}) {
    Harness harness(Harness::Kind::kFile);
    harness.MakeStudy("s", definition);
    for (int i = 0; i < 30; ++i) {
      const Trial trial = harness.AskOne("s");
      double sum = 0;
      for (const char* name : {"x", "y"}) {
        if (restarts == 1 && i % 4 == 1) harness.Restart();
        const auto value = harness.Suggest({{}, trial.handle, name, FloatDistribution{0, 1, false, std::nullopt}});
        ASSERT_EQ(value.status(), absl::OkStatus());
        suggestions[restarts].push_back(ChoiceToJson(value->value));
        sum += std::get<double>(value->value);
      }
      ASSERT_EQ(harness.Tell(trial, {sum}).status(), absl::OkStatus());
    }
  }
  EXPECT_EQ(suggestions[0], suggestions[1]);
}

TEST(RestartTest, AProgramSearchedJointlyGoesOnAsWithoutIt) {
  for (const SamplerKind kind : {SamplerKind::kGpEi, SamplerKind::kAuto}) {
    Harness steady(Harness::Kind::kFile), restarted(Harness::Kind::kFile);
    EXPECT_EQ(RunProgram(&steady, kind, false), RunProgram(&restarted, kind, true));
  }
}

}  // namespace
}  // namespace parzen::engine
