// Importances against what Optuna 5.0 computed for the same trials (data/record_importances.py).

#include <fstream>

#include "clients/cli/json.h"
#include "clients/cli/plot/hypervolume.h"
#include "clients/cli/plot/ped_anova.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::ElementsAre;

TEST(PedAnova, AgreesWithOptunaOnRecordedStudies) {
  std::ifstream file(PARZEN_TEST_DATA "/importances.jsonl");
  int studies = 0, silent = 0;
  for (std::string line; std::getline(file, line); ++studies) {
    const Json recorded = Json::parse(line);
    SCOPED_TRACE(recorded["name"].get<std::string>());
    StudyInfo study;
    study.config.directions.clear();
    for (const Json& direction : recorded["directions"]) {
      study.config.directions.push_back(direction == "maximize" ? Direction::kMaximize : Direction::kMinimize);
    }
    std::vector<FrozenTrial> trials;
    for (const Json& json : recorded["trials"]) {
      const absl::StatusOr<FrozenTrial> trial = TrialFromJson(json, study.config.space);
      ASSERT_TRUE(trial.ok()) << trial.status();
      trials.push_back(*trial);
    }
    const auto importances = Importances(study, trials);
    ASSERT_EQ(importances.size(), recorded["importances"].size());
    if (!WhyNoImportances(study, trials).empty()) {  // Optuna shares out what is not there
      for (const auto& [name, importance] : importances) EXPECT_EQ(importance, 0) << name;
      ++silent;
      continue;
    }
    double before = 1;
    for (const auto& [name, importance] : importances) {
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
  EXPECT_TRUE(Importances({}, {}).empty());
  FrozenTrial running;
  running.state = TrialState::kRunning;
  running.params = {{"x", 1.0}};
  EXPECT_TRUE(Importances({}, {running}).empty());
}

TEST(Hypervolumes, OfKnownSets) {
  EXPECT_DOUBLE_EQ(Hypervolume({{0, 0}}, {2, 3}), 6);
  EXPECT_DOUBLE_EQ(Hypervolume({{0, 1}, {1, 0}, {1, 1}, {0, 1}}, {2, 2}), 3);
  EXPECT_DOUBLE_EQ(Hypervolume({{0, 0, 1}, {1, 1, 0}}, {2, 2, 2}), 4 + 2 - 1);
  EXPECT_DOUBLE_EQ(Hypervolume({}, {1, 1}), 0);
}

TEST(Hypervolumes, Fronts) {
  EXPECT_THAT(ParetoFront({{1, 1}, {0, 2}, {2, 2}, {1, 1}, {2, 0}}), ElementsAre(0, 1, 3, 4));
  // The first front has three points; of the second, {2, 2} alone covers more than {1.5, 4}.
  EXPECT_THAT(BestByHypervolume({{1.5, 4}, {2, 2}, {0, 3}, {3, 0}, {1, 1}}, 4), ElementsAre(1, 2, 3, 4));
}

}  // namespace
}  // namespace parzen::cli
