// Importances against what Optuna 5.0 computed for the same trials (record_importances.py), and what Optuna does not say.

#include "sampler/importance/ped_anova.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::importance {
namespace {

using Json = nlohmann::json;
using ::testing::DoubleNear;
using ::testing::ElementsAre;

Choice ChoiceOf(const Json& json) {
  if (json.is_null()) return std::monostate();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number()) return json.get<double>();
  return json.get<std::string>();
}

// Non-finite ones are written as words.
double NumberOf(const Json& json) {
  return json.is_string() ? std::strtod(json.get<std::string>().c_str(), nullptr) : json.get<double>();
}

Distribution DistributionOf(const Json& json) {
  if (json["type"] == "categorical") {
    CategoricalDistribution categorical;
    for (const Json& choice : json["choices"]) categorical.choices.push_back(ChoiceOf(choice));
    return categorical;
  }
  const bool log = json.value("log", false);
  if (json["type"] == "int") return IntDistribution{json["low"], json["high"], log, json.value("step", int64_t{1})};
  FloatDistribution real{json["low"], json["high"], log, std::nullopt};
  if (json.contains("step")) real.step = json["step"].get<double>();
  return real;
}

void AddTrial(const Json& json, History* history) {
  const int64_t row = history->size();
  history->Append(RowState::kRunning);
  for (const auto& [name, value] : json["params"].items()) {
    const Distribution distribution = DistributionOf(json["distributions"][name]);
    const absl::StatusOr<double> internal = ToInternal(name, distribution, ChoiceOf(value));
    ASSERT_TRUE(internal.ok()) << internal.status();
    history->SetParam(row, name, distribution, *internal);
  }
  const std::string state = json["state"];
  Outcome outcome{.state = state == "complete" ? RowState::kComplete : state == "pruned" ? RowState::kPruned : RowState::kFailed};
  if (state == "complete") {
    for (const Json& value : json["values"]) outcome.values.push_back(NumberOf(value));
  }
  history->Finish(row, outcome);
}

void AddTrial(History* history, const Distribution& distribution, double x, std::vector<double> values) {
  const int64_t row = history->size();
  history->Append(RowState::kRunning);
  history->SetParam(row, "x", distribution, x);
  history->Finish(row, {.state = RowState::kComplete, .values = std::move(values)});
}

TEST(PedAnova, AgreesWithOptunaOnRecordedStudies) {
  std::ifstream file(PARZEN_TEST_DATA "/importances.jsonl");
  int studies = 0, silent = 0;
  for (std::string line; std::getline(file, line); ++studies) {
    const Json recorded = Json::parse(line);
    SCOPED_TRACE(recorded["name"].get<std::string>());
    std::vector<Direction> directions;
    for (const Json& direction : recorded["directions"]) {
      directions.push_back(direction == "maximize" ? Direction::kMaximize : Direction::kMinimize);
    }
    History history(directions);
    for (const Json& trial : recorded["trials"]) AddTrial(trial, &history);
    const Importances importances = PedAnova(Judge(history, std::nullopt));
    ASSERT_EQ(importances.shares.size(), recorded["importances"].size());
    if (!importances.note.empty()) {  // Optuna shares out what is not there
      for (const auto& [name, importance] : importances.shares) EXPECT_EQ(importance, 0) << name;
      ++silent;
      continue;
    }
    double before = 1;
    for (const auto& [name, importance] : importances.shares) {
      ASSERT_TRUE(recorded["importances"].contains(name)) << name;
      EXPECT_NEAR(importance, recorded["importances"][name].get<double>(), 1e-6) << name;
      EXPECT_LE(importance, before);
      before = importance;
    }
  }
  EXPECT_GE(studies, 28);
  EXPECT_LE(silent, 3);
}

TEST(PedAnova, NothingCompleteIsEmpty) {
  History history({Direction::kMinimize});
  EXPECT_TRUE(PedAnova(Judge(history, std::nullopt)).shares.empty());
  history.Append(RowState::kRunning);
  history.SetParam(0, "x", FloatDistribution{}, 0.5);
  const Importances importances = PedAnova(Judge(history, std::nullopt));
  EXPECT_TRUE(importances.shares.empty());
  EXPECT_EQ(importances.note, "no complete trial with finite values yet");
}

TEST(PedAnova, OneObjectiveOfSeveral) {
  History history({Direction::kMinimize, Direction::kMaximize});
  for (int i = 0; i < 100; ++i) {
    const int64_t row = history.size();
    history.Append(RowState::kRunning);
    const double a = i / 100.0, b = i * 37 % 100 / 100.0;
    history.SetParam(row, "a", FloatDistribution{}, a);
    history.SetParam(row, "b", FloatDistribution{}, b);
    // The second objective is not finite now and then, which is no matter to the first.
    history.Finish(row, {.state = RowState::kComplete, .values = {a, i % 10 == 0 ? HUGE_VAL : b}});
  }
  const JudgedTrials first = Judge(history, 0), second = Judge(history, 1), both = Judge(history, std::nullopt);
  EXPECT_THAT((std::vector{first.complete, second.complete, both.complete}), ElementsAre(100, 90, 90));
  EXPECT_EQ(PedAnova(first).shares[0].name, "a");
  EXPECT_EQ(PedAnova(second).shares[0].name, "b");
  EXPECT_GT(PedAnova(both).shares[1].value, 0.1) << "either matters to the front";
}

TEST(PedAnova, ADistributionThatComesBackIsOneRegime) {
  // A history remembers a column's last 64 distributions and lists one that comes back later anew.
  const FloatDistribution narrow{.low = 0, .high = 1};
  History history({Direction::kMinimize});
  for (int i = 0; i < 70; ++i) {
    AddTrial(&history, narrow, i / 70.0, {i / 70.0});
    for (int k = 0; k < (i == 35 ? 100 : 0); ++k) AddTrial(&history, FloatDistribution{.low = 0, .high = 2.0 + k}, 1.5, {5});
  }
  EXPECT_EQ(history.columns()[0].distributions.size(), 102U);
  const JudgedTrials trials = Judge(history, std::nullopt);
  EXPECT_EQ(trials.parameters[0].distributions.size(), 101U);
  EXPECT_EQ(PedAnova(trials).shares[0].value, 1);
}

TEST(PedAnova, ARangeTooNarrowForStepsIsCountedAtItsBegin) {
  History history({Direction::kMinimize});
  const FloatDistribution narrow{.low = 1e300, .high = std::nextafter(1e300, HUGE_VAL), .log = true};  // one logarithm
  for (int i = 0; i < 20; ++i) AddTrial(&history, narrow, i % 2 == 0 ? narrow.low : narrow.high, {1.0 * i});
  const Importances importances = PedAnova(Judge(history, std::nullopt));
  EXPECT_TRUE(std::isfinite(importances.shares[0].value));
}

TEST(PedAnova, OfManyTrialsSomeAreTakenFromAllOver) {
  History history({Direction::kMinimize, Direction::kMinimize});
  const int64_t n = 3 * MostTrials(2);
  for (int64_t i = 0; i < n; ++i)
    AddTrial(&history, FloatDistribution{}, static_cast<double>(i) / static_cast<double>(n), {1.0, 2.0});
  const JudgedTrials trials = Judge(history, std::nullopt);
  EXPECT_EQ(trials.complete, n);
  ASSERT_EQ(static_cast<int64_t>(trials.losses.size()), MostTrials(2));
  EXPECT_THAT(trials.parameters[0].values.front(), DoubleNear(0, 1e-9));
  EXPECT_THAT(trials.parameters[0].values.back(), DoubleNear(1, 1e-3));
  EXPECT_EQ(Judge(history, 0).complete, n);
  EXPECT_EQ(static_cast<int64_t>(Judge(history, 0).losses.size()), n);
}

}  // namespace
}  // namespace parzen::importance
