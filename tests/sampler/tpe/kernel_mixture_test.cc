// The incremental mixture against the plain estimator, and against itself built another way.

#include "sampler/tpe/kernel_mixture.h"

#include <cmath>
#include <map>
#include <string>

#include "gtest/gtest.h"
#include "sampler/tpe/parzen_estimator.h"
#include "sampler/trial_stream.h"

namespace parzen::tpe {
namespace {

Distribution Float(double low, double high, bool log = false) { return FloatDistribution{low, high, log}; }
Distribution Grid(double low, double high, double step) { return FloatDistribution{low, high, false, step}; }
Distribution Int(int64_t low, int64_t high, bool log = false) { return IntDistribution{low, high, log}; }
Distribution Choices(int n) {
  CategoricalDistribution categorical;
  categorical.choices.reserve(n);
  for (int64_t i = 0; i < n; ++i) categorical.choices.emplace_back(std::in_place_type<int64_t>, i);
  return categorical;
}

struct Case {
  std::string name;
  std::vector<Distribution> space;
  int size;
  TpeSettings settings;
  bool clustered = false;  // observations near one point, many equal
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

class KernelMixtureTest : public testing::TestWithParam<Case> {
 protected:
  KernelMixtureTest() : stream_(7, 0, GetParam().name) {
    for (const Distribution& distribution : GetParam().space) dimensions_.emplace_back(distribution);
  }

  std::vector<double> RandomValues() {
    std::vector<double> values;
    for (const Dimension& d : dimensions_) {
      double u = stream_.Uniform();
      if (GetParam().clustered) u = 0.4 + 0.02 * std::round(u * 20) / 20;
      if (d.categorical) {
        values.push_back(std::floor(u * static_cast<double>(d.choices)));
      } else {
        const double value = d.FromInner(d.inner_low + u * (d.inner_high - d.inner_low));
        values.push_back(std::min(std::max(value, d.low), d.high));
      }
    }
    return values;
  }

  // What the plain estimator computes for the same observations.
  std::vector<double> Expected(const ValueTable& candidates) {
    ValueTable observations(dimensions_.size());
    for (const auto& [row, values] : kept_) {
      for (size_t d = 0; d < dimensions_.size(); ++d) observations[d].push_back(values[d]);
    }
    const TpeSettings& settings = GetParam().settings;
    return ParzenEstimator(dimensions_, observations, RampWeights(kept_.size()), settings).LogDensity(candidates);
  }

  void Apply(KernelMixture* mixture, const std::vector<int32_t>& removed, const std::vector<Observation>& added) {
    for (int32_t row : removed) kept_.erase(row);
    for (const Observation& observation : added) kept_[observation.row] = observation.values;
    mixture->Apply(removed, added);
  }

  void ExpectAlike(KernelMixture* mixture) {
    ASSERT_EQ(mixture->size(), kept_.size());
    ValueTable candidates(dimensions_.size());
    for (int i = 0; i < 24; ++i) {
      const std::vector<double> values = RandomValues();
      for (size_t d = 0; d < values.size(); ++d) candidates[d].push_back(values[d]);
    }
    const std::vector<double> expected = Expected(candidates), computed = mixture->LogDensity(candidates);
    for (size_t i = 0; i < expected.size(); ++i) {
      if (std::isinf(expected[i])) {
        EXPECT_EQ(computed[i], expected[i]);
      } else {
        EXPECT_NEAR(computed[i], expected[i], 2e-12 * std::max(1.0, std::abs(expected[i])));
      }
    }
    // Built at once: the same bits.
    KernelMixture fresh(dimensions_, GetParam().settings, KernelMixture::Weighting::kRamp);
    std::vector<Observation> all;
    for (const auto& [row, values] : kept_) all.push_back({row, values});
    fresh.Apply({}, all);
    EXPECT_EQ(fresh.LogDensity(candidates), mixture->LogDensity(candidates));
  }

  std::vector<Dimension> dimensions_;
  TrialStream stream_;
  std::map<int32_t, std::vector<double>> kept_;
};

TEST_P(KernelMixtureTest, AgreesWithThePlainEstimatorWhateverComesAndGoes) {
  KernelMixture mixture(dimensions_, GetParam().settings, KernelMixture::Weighting::kRamp);
  ExpectAlike(&mixture);
  int32_t row = 0;
  const int size = GetParam().size, checks = 12;
  for (int step = 1; row < size; ++step) {
    std::vector<int32_t> removed;
    std::vector<Observation> added;
    if (!kept_.empty() && stream_.Uniform() < 0.1) {
      auto victim = kept_.lower_bound(static_cast<int32_t>(stream_.Uniform() * row));
      if (victim != kept_.end()) removed.push_back(victim->first);
    }
    if (stream_.Uniform() < 0.1) row += 2;  // rows that lack a parameter
    added.push_back({row++, RandomValues()});
    Apply(&mixture, removed, added);
    if (!removed.empty() && stream_.Uniform() < 0.5) Apply(&mixture, {}, {{removed[0], RandomValues()}});
    if (step % (size / checks + 1) == 0) ExpectAlike(&mixture);
  }
  // A row between others that was never in.
  for (int32_t gap = 0; gap < row; ++gap) {
    if (kept_.contains(gap)) continue;
    Apply(&mixture, {}, {{gap, RandomValues()}});
    break;
  }
  ExpectAlike(&mixture);
}

TEST_P(KernelMixtureTest, SamplesLieOnTheGridWithinTheBounds) {
  KernelMixture mixture(dimensions_, GetParam().settings, KernelMixture::Weighting::kRamp);
  for (int32_t row = 0; row < 60; ++row) {
    Apply(&mixture, {}, {{row, RandomValues()}});
    const ValueTable samples = mixture.Sample(50, [this](std::span<double> out) {
      for (double& u : out) u = stream_.Uniform();
    });
    for (size_t d = 0; d < dimensions_.size(); ++d) {
      const Distribution& distribution = GetParam().space[d];
      for (double value : samples[d]) {
        ASSERT_TRUE(Contains(distribution, value)) << value;
        if (CountValues(distribution)) {
          ASSERT_NEAR(value, ValueAt(distribution, IndexOfValue(distribution, value)), 1e-12);
        }
      }
    }
  }
}

TpeSettings With(void (*change)(TpeSettings*)) {
  TpeSettings settings;
  change(&settings);
  return settings;
}

INSTANTIATE_TEST_SUITE_P(
    Spaces, KernelMixtureTest,
    testing::Values(
        Case{"one float", {Float(0, 1)}, 1500, {}}, Case{"one log float", {Float(1e-5, 1, true)}, 1500, {}},
        Case{"one float clustered", {Float(-3, 5)}, 1500, {}, true}, Case{"one int", {Int(0, 30)}, 700, {}},
        Case{"one log int", {Int(1, 1000, true)}, 700, {}}, Case{"one choice", {Choices(4)}, 700, {}},
        Case{"ten floats", std::vector<Distribution>(10, Float(-1, 1)), 1500, {}},
        Case{"ten floats clustered", std::vector<Distribution>(10, Float(-1, 1)), 600, {}, true},
        Case{"three floats", std::vector<Distribution>(3, Float(0, 1e6)), 2500, {}},
        Case{"everything",
             {Float(0, 1), Choices(3), Int(0, 100), Float(1e-6, 1, true), Grid(0, 1, 0.1), Choices(2), Int(1, 64, true)},
             900,
             {}},
        Case{"grids", {Int(0, 5000), Grid(-1, 1, 0.25), Int(1, 9)}, 700, {}},
        Case{"choices", {Choices(2), Choices(7), Choices(3)}, 700, {}},
        Case{"no prior weight", {Float(0, 1), Float(0, 1)}, 700, With([](TpeSettings* s) { s->prior_weight = 0; })},
        Case{"heavy prior", {Float(0, 1), Choices(3)}, 700, With([](TpeSettings* s) { s->prior_weight = 50; })},
        Case{"endpoints", {Float(0, 1), Int(0, 9)}, 700, With([](TpeSettings* s) { s->consider_endpoints = true; })},
        Case{"no magic clip", {Float(0, 1), Float(0, 1)}, 700, With([](TpeSettings* s) { s->consider_magic_clip = false; })}),
    [](const testing::TestParamInfo<Case>& tested) {
      std::string name = tested.param.name;
      for (char& c : name) c = c == ' ' ? '_' : c;
      return name;
    });

// Weights, neighbours and bounds hold for observations outside of the range too: a range may have changed in a define-by-run
// study.
TEST(KernelMixtureOutsideTest, AgreesWithThePlainEstimator) {
  const std::vector<Dimension> dimensions = {Dimension(Float(0, 1)), Dimension(Float(0, 1))};
  TrialStream stream(3, 0, "outside");
  const TpeSettings settings;
  KernelMixture mixture(dimensions, settings, KernelMixture::Weighting::kRamp);
  ValueTable observations(2);
  for (int32_t row = 0; row < 500; ++row) {
    const std::vector<double> values = {stream.Uniform() * 3 - 1, stream.Uniform()};
    mixture.Apply({}, {{row, values}});
    for (size_t d = 0; d < 2; ++d) observations[d].push_back(values[d]);
  }
  const ValueTable candidates = {{0.1, 0.9, 0.5}, {0.3, 0.2, 1}};
  const std::vector<double> expected =
      ParzenEstimator(dimensions, observations, RampWeights(500), settings).LogDensity(candidates);
  const std::vector<double> computed = mixture.LogDensity(candidates);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(computed[i], expected[i], 1e-11);
}

}  // namespace
}  // namespace parzen::tpe
