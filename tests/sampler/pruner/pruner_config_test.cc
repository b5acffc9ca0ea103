#include "sampler/pruner/pruner_config.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/pruner/make_pruner.h"

namespace parzen {
namespace {

using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

PrunerConfig Of(PrunerKind kind) {
  PrunerConfig config;
  config.kind = kind;
  if (kind == PrunerKind::kThreshold) config.threshold.upper = 1;
  return config;
}

PrunerConfig Patient(PrunerConfig wrapped) {
  PrunerConfig config = Of(PrunerKind::kPatient);
  config.patient.wrapped = std::make_shared<PrunerConfig>(std::move(wrapped));
  return config;
}

TEST(PrunerConfigTest, DefaultsOfEveryKindAreAccepted) {
  for (const char* name : {"none", "auto", "median", "percentile", "asha", "hyperband", "threshold", "patient", "wilcoxon"}) {
    const PrunerConfig config = Of(PrunerKindFromName(name).value());
    EXPECT_EQ(PrunerName(config.kind), name);
    EXPECT_TRUE(ValidatePruner(config, 1).ok()) << name;
    EXPECT_EQ(MakePruner(config, {Direction::kMinimize}, "s").value() == nullptr, std::string(name) == "none");
  }
  EXPECT_FALSE(PrunerKindFromName("Median").has_value());
}

TEST(PrunerConfigTest, ARefusalNamesTheOptionItsValueAndWhatIsAccepted) {
  const auto with = [](PrunerKind kind, auto change) {
    PrunerConfig config = Of(kind);
    change(config);
    return config;
  };
  using enum PrunerKind;
  const std::vector<std::pair<PrunerConfig, const char*>> refused = {
      {with(kPercentile, [](auto& c) { c.percentile.percentile = 100.5; }), "percentile must be between 0 and 100, but is 100.5"},
      {with(kPercentile, [](auto& c) { c.percentile.percentile = kNan; }), "percentile must be between 0 and 100, but is nan"},
      {with(kMedian, [](auto& c) { c.percentile.n_startup_trials = -1; }), "n_startup_trials must be at least 0, but is -1"},
      {with(kMedian, [](auto& c) { c.percentile.n_warmup_steps = -2; }), "n_warmup_steps must be at least 0, but is -2"},
      {with(kMedian, [](auto& c) { c.percentile.interval_steps = 0; }), "interval_steps must be at least 1, but is 0"},
      {with(kMedian, [](auto& c) { c.percentile.n_min_trials = 0; }), "n_min_trials must be at least 1, but is 0"},
      {with(kSuccessiveHalving, [](auto& c) { c.successive_halving.min_resource = 0; }), "min_resource must be at least 1"},
      {with(kSuccessiveHalving, [](auto& c) { c.successive_halving.reduction_factor = 1; }),
       "reduction_factor must be at least 2"},
      {with(kSuccessiveHalving, [](auto& c) { c.successive_halving.min_early_stopping_rate = -1; }), "min_early_stopping_rate"},
      {with(kSuccessiveHalving, [](auto& c) { c.successive_halving.bootstrap_count = 1; }), "needs a min_resource"},
      {with(kHyperband, [](auto& c) { c.hyperband.max_resource = 0; }), "max_resource must be at least 1, but is 0"},
      {with(kHyperband, [](auto& c) { c.hyperband.bootstrap_count = 2; }), "needs a max_resource"},
      {with(kThreshold, [](auto& c) { c.threshold.upper.reset(); }), "lower or upper must be given"},
      {with(kThreshold, [](auto& c) { c.threshold.lower = 2; }), "lower must not exceed upper, but is 2 with upper 1"},
      {with(kThreshold, [](auto& c) { c.threshold.lower = kNan; }), "lower must be a number"},
      {with(kPatient, [](auto& c) { c.patient.patience = -1; }), "patience must be at least 0"},
      {with(kPatient, [](auto& c) { c.patient.min_delta = kNan; }), "min_delta must be at least 0"},
      {Patient(Of(kAuto)), "wrapped must be a pruner or none"},
      {Patient(with(kMedian, [](auto& c) { c.percentile.n_min_trials = 0; })), "n_min_trials"},
      {with(kWilcoxon, [](auto& c) { c.wilcoxon.p_threshold = 1.5; }), "p_threshold must be between 0 and 1"},
      {with(kWilcoxon, [](auto& c) { c.wilcoxon.n_startup_steps = -1; }), "n_startup_steps"},
      {Of(static_cast<PrunerKind>(99)), "kind 99 is unknown"},
  };
  for (const auto& [config, message] : refused) {
    const absl::Status status = ValidatePruner(config, 1);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
    EXPECT_EQ(MakePruner(config, {Direction::kMinimize}, "s").status(), status);
  }
}

TEST(PrunerConfigTest, SeveralObjectivesWantARuleThatHasThem) {
  using enum PrunerKind;
  for (const PrunerKind kind : {kNone, kAuto, kMedian, kPercentile, kSuccessiveHalving, kHyperband}) {
    EXPECT_TRUE(ValidatePruner(Of(kind), 2).ok()) << PrunerName(kind);
  }
  for (const PrunerKind kind : {kThreshold, kPatient, kWilcoxon}) {
    EXPECT_THAT(std::string(ValidatePruner(Of(kind), 2).message()), HasSubstr("in a study of 2 objectives")) << PrunerName(kind);
  }
}

TEST(PrunerConfigTest, NestingEnds) {
  PrunerConfig config = Of(PrunerKind::kMedian);
  for (int depth = 1; depth < kMaxWrappedPruners; ++depth) config = Patient(config);
  EXPECT_TRUE(ValidatePruner(config, 1).ok());
  EXPECT_THAT(std::string(ValidatePruner(Patient(config), 1).message()), HasSubstr("wrapped may nest 8"));
}

TEST(PrunerConfigTest, EqualityLooksIntoWhatIsWrapped) {
  EXPECT_EQ(Patient(Of(PrunerKind::kMedian)), Patient(Of(PrunerKind::kMedian)));
  EXPECT_NE(Patient(Of(PrunerKind::kMedian)), Patient(Of(PrunerKind::kHyperband)));
  EXPECT_NE(Patient(Of(PrunerKind::kMedian)), Of(PrunerKind::kPatient));
}

TEST(PrunerConfigTest, IsDescribedInWords) {
  PrunerConfig config = Of(PrunerKind::kHyperband);
  config.hyperband.min_resource = 2;
  EXPECT_EQ(DescribePruner(config), "hyperband(min_resource=2)");
  EXPECT_EQ(DescribePruner(Of(PrunerKind::kMedian)), "median");
  EXPECT_EQ(DescribePruner(Patient(Of(PrunerKind::kMedian))), "patient(median)");
}

TEST(PrunerConfigTest, AWrappedPrunerThatNeverPrunesHasTheLastWord) {
  const PrunerConfig config = Patient(Patient(Of(PrunerKind::kNone)));
  EXPECT_EQ(MakePruner(config, {Direction::kMinimize}, "s").value(), nullptr);
}

}  // namespace
}  // namespace parzen
