// Pruners beyond the recordings: reasons, trials that begin again, replaced reports, several objectives, hostile input, cost.

#include "sampler/pruner/pruner.h"

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/pruner/crc32.h"
#include "sampler/pruner/hyperband.h"
#include "sampler/pruner/make_pruner.h"

namespace parzen {
namespace {

using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kLastStep = std::numeric_limits<int64_t>::max();
const std::vector<Direction> kOne = {Direction::kMinimize};
const std::vector<Direction> kTwo = {Direction::kMinimize, Direction::kMinimize};

using Values = std::vector<double>;

PrunerConfig Named(const char* name) {
  PrunerConfig config;
  config.kind = PrunerKindFromName(name).value();
  config.threshold.upper = 5;
  return config;
}

Outcome Complete(Values values) {
  Outcome outcome;
  outcome.state = RowState::kComplete;
  outcome.values = std::move(values);
  return outcome;
}

// n complete trials 0..n-1 that report `at(trial)` at steps 0..steps-1.
template <typename At>
void AddComplete(Pruner* pruner, int64_t n, int64_t steps, At at) {
  for (int64_t trial = 0; trial < n; ++trial) {
    const Values values = at(trial);
    for (int64_t step = 0; step < steps; ++step) pruner->Report(trial, step, values);
    pruner->End(trial, Complete(values), trial + 1);
  }
}

PruneDecision ReportAndDecide(Pruner* pruner, int64_t number, int64_t step, const Values& values) {
  pruner->Report(number, step, values);
  return pruner->Decide(number);
}

TEST(PrunerReasonTest, SaysWhatWasComparedWithWhat) {
  const auto median = MakePruner(Named("median"), kOne, "s").value();
  AddComplete(median.get(), 11, 3, [](int64_t trial) { return Values{0.01 * static_cast<double>(trial)}; });
  EXPECT_EQ(ReportAndDecide(median.get(), 100, 2, {0.31}).reason,
            "pruned at step 2: 0.31 is worse than the median 0.05 of 11 trials");
  EXPECT_EQ(ReportAndDecide(median.get(), 101, 2, {0.05}).reason, "");
  EXPECT_EQ(ReportAndDecide(median.get(), 102, 2, {kNan}).reason, "pruned at step 2: every value it reported is NaN");

  PrunerConfig config = Named("percentile");
  config.percentile.percentile = 22;
  const auto percentile = MakePruner(config, kOne, "s").value();
  AddComplete(percentile.get(), 5, 1, [](int64_t trial) { return Values{static_cast<double>(trial)}; });
  EXPECT_THAT(ReportAndDecide(percentile.get(), 9, 0, {3}).reason,
              HasSubstr("3 is worse than the 22nd percentile 0.88 of 5 trials"));

  const auto threshold = MakePruner(Named("threshold"), kOne, "s").value();
  EXPECT_EQ(ReportAndDecide(threshold.get(), 0, 7, {6}).reason, "pruned at step 7: 6 is above the upper bound 5");

  config = Named("asha");
  config.successive_halving.min_resource = 1;
  const auto asha = MakePruner(config, kOne, "s").value();
  EXPECT_FALSE(ReportAndDecide(asha.get(), 0, 1, {1}).prune);
  EXPECT_EQ(ReportAndDecide(asha.get(), 1, 1, {2}).reason,
            "pruned at step 1: 2 is not among the best 1/4 of 2 trials at rung 0: 1 were better");
}

TEST(PrunerTest, ATrialThatBeginsAgainLeavesNothingBehind) {
  PrunerConfig config = Named("asha");
  config.successive_halving.min_resource = 1;
  const auto pruner = MakePruner(config, kOne, "s").value();
  EXPECT_FALSE(ReportAndDecide(pruner.get(), 0, 1, {0}).prune);
  EXPECT_TRUE(ReportAndDecide(pruner.get(), 1, 1, {1}).prune);
  pruner->Restart(0);
  EXPECT_FALSE(ReportAndDecide(pruner.get(), 2, 1, {0.5}).prune);  // the 0 is gone
  EXPECT_TRUE(ReportAndDecide(pruner.get(), 0, 1, {0.7}).prune);
  pruner->Restart(77);  // one that it has never heard of
}

TEST(PrunerTest, AReportAtAStepThatWasThereReplacesIt) {
  std::mt19937 random(11);
  int pruned = 0;
  for (const char* name : {"median", "threshold", "patient", "wilcoxon", "asha"}) {
    PrunerConfig config = Named(name);
    config.percentile.n_startup_trials = 1;
    config.successive_halving.min_resource = 3;
    config.wilcoxon.p_threshold = 0.5;
    const auto replaced = MakePruner(config, kOne, "s").value();
    const auto plain = MakePruner(config, kOne, "s").value();
    for (Pruner* pruner : {replaced.get(), plain.get()}) AddComplete(pruner, 3, 8, [](int64_t) { return Values{1}; });
    for (int64_t trial = 10; trial < 20; ++trial) {
      for (int64_t step = 0; step < 8; ++step) {
        const Values value = {std::normal_distribution<>(1)(random)};
        for (const double wrong : {kNan, -50.0, 50.0}) replaced->Report(trial, step, Values{wrong});
        const bool expected = ReportAndDecide(plain.get(), trial, step, value).prune;
        ASSERT_EQ(ReportAndDecide(replaced.get(), trial, step, value).prune, expected) << name << " " << trial << " " << step;
        pruned += expected ? 1 : 0;
      }
    }
  }
  EXPECT_GT(pruned, 20);
}

TEST(PrunerTest, TwoObjectivesArePrunedByRank) {
  PrunerConfig asha = Named("asha");
  asha.successive_halving.min_resource = 1;
  PrunerConfig hyperband = Named("hyperband");
  hyperband.hyperband.max_resource = 1;
  for (const PrunerConfig& config : {Named("auto"), Named("median"), Named("percentile"), asha, hyperband}) {
    const auto pruner = MakePruner(config, kTwo, "s").value();
    // Ten fronts of one trial each.
    for (int64_t trial = 0; trial < 10; ++trial) {
      const double loss = static_cast<double>(trial);
      const Values values = {loss, loss};
      for (int64_t step = 0; step < 3; ++step) ReportAndDecide(pruner.get(), trial, step, values);
      pruner->End(trial, Complete(values), trial + 1);
    }
    EXPECT_FALSE(ReportAndDecide(pruner.get(), 20, 2, {-1, -1}).prune) << DescribePruner(config);
    const PruneDecision worst = ReportAndDecide(pruner.get(), 21, 2, {11, 11});
    EXPECT_TRUE(worst.prune) << DescribePruner(config);
    EXPECT_THAT(worst.reason, HasSubstr("[11, 11]"));
    // Nothing is better in both, so it is on the first front beside the best.
    EXPECT_FALSE(ReportAndDecide(pruner.get(), 22, 2, {-2, 50}).prune) << DescribePruner(config);
    EXPECT_TRUE(ReportAndDecide(pruner.get(), 23, 2, {kNan, 0}).prune) << DescribePruner(config);
  }
}

TEST(PrunerTest, TheOrderOfLoadingDoesNotMatterWithSeveralObjectives) {
  std::mt19937 random(3);
  std::normal_distribution<> normal;
  std::vector<Values> values;
  for (int i = 0; i < 60; ++i) values.push_back({std::round(normal(random) * 3), std::round(normal(random) * 3)});
  const auto forward = MakePruner(Named("median"), kTwo, "s").value();
  const auto backward = MakePruner(Named("median"), kTwo, "s").value();
  const auto add = [&](Pruner* pruner, int64_t trial) {
    pruner->Report(trial, 0, values[trial]);
    pruner->End(trial, Complete(values[trial]), trial + 1);
  };
  for (int64_t i = 0; i < 40; ++i) {
    add(forward.get(), i);
    add(backward.get(), 39 - i);
  }
  int pruned = 0;
  for (int64_t i = 40; i < 60; ++i) {
    const bool prune = ReportAndDecide(forward.get(), i, 0, values[i]).prune;
    EXPECT_EQ(ReportAndDecide(backward.get(), i, 0, values[i]).prune, prune);
    pruned += prune ? 1 : 0;
  }
  EXPECT_GT(pruned, 3);
  EXPECT_LT(pruned, 17);
}

TEST(PrunerTest, NothingThatIsReportedIsTooOdd) {
  std::mt19937 random(5);
  const Values odd = {kNan, kInfinity, -kInfinity, 0, -0.0, 1e308, -1e308, 5e-324};
  const std::vector<int64_t> steps = {0, 1, 2, 3, kLastStep, kLastStep - 1, int64_t{1} << 53, 4096};
  for (const char* name : {"auto", "percentile", "asha", "hyperband", "threshold", "patient", "wilcoxon"}) {
    for (const bool huge : {false, true}) {
      PrunerConfig config = Named(name);
      config.percentile.n_startup_trials = 0;
      if (huge) {
        config.percentile.n_warmup_steps = kLastStep;
        config.percentile.interval_steps = kLastStep;
        config.successive_halving = {
            .min_resource = kLastStep, .reduction_factor = kLastStep, .min_early_stopping_rate = kLastStep};
        config.hyperband = {.min_resource = 1, .max_resource = kLastStep, .reduction_factor = 2};
        config.patient.patience = kLastStep;
        config.wilcoxon.n_startup_steps = kLastStep;
      }
      const auto pruner = MakePruner(config, kOne, std::string(1000, '\xff')).value();
      for (int i = 0; i < 3000; ++i) {
        const int64_t trial = random() % 20 + static_cast<int64_t>(i / 300) * 20;
        ReportAndDecide(pruner.get(), trial, steps[random() % steps.size()], {odd[random() % odd.size()]});
        if (random() % 20 == 0) pruner->Restart(trial);
        if (i % 300 == 299) {
          Outcome outcome = Complete({odd[1 + random() % (odd.size() - 1)]});
          outcome.constraints = {{"c", odd[random() % odd.size()]}};
          for (int64_t each = trial - trial % 20; each < trial - trial % 20 + 20; ++each) pruner->End(each, outcome, i + each);
        }
        pruner->Bracket(trial);
      }
    }
  }
}

TEST(PrunerTest, ADecisionOfATrialThatIsUnknownIsToGoOn) {
  for (const char* name : {"auto", "percentile", "asha", "hyperband", "threshold", "patient", "wilcoxon"}) {
    const auto pruner = MakePruner(Named(name), kOne, "s").value();
    EXPECT_FALSE(pruner->Decide(3).prune) << name;
    pruner->End(3, Complete({1}), 1);
    EXPECT_FALSE(pruner->Decide(3).prune) << name;
  }
}

TEST(BracketsTest, AreOptunasInNumberAndDeal) {
  EXPECT_EQ(pruner::Brackets(1, 9, 3).size(), 3u);
  EXPECT_EQ(pruner::Brackets(1, 243, 3).size(), 5u);  // log(243) / log(3) is 4.999999999999999 in doubles
  EXPECT_EQ(pruner::Brackets(10, 9, 3).size(), 0u);
  EXPECT_EQ(pruner::Brackets(10, 9, 3).Of("s", 1), 0u);
  // Budgets 9, 5, 3 of 17.
  const pruner::Brackets brackets(1, 9, 3);
  for (int64_t number = 0; number < 100; ++number) {
    const uint32_t place = pruner::Crc32("study_" + std::to_string(number)) % 17;
    EXPECT_EQ(brackets.Of("study", number), place < 9 ? 0u : place < 14 ? 1u : 2u);
  }
}

}  // namespace
}  // namespace parzen
