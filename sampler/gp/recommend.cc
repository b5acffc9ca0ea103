#include "sampler/gp/recommend.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "sampler/auto.h"
#include "sampler/gp/gp_sampler.h"
#include "sampler/gp/nondominated.h"

namespace parzen::gp {
namespace {

constexpr int32_t kVersion = GpSampler::kAlgorithmVersion;

// A normal output of a surrogate, told in losses.
struct Expected {
  double mean = 0, deviation = 0;
};

Expected InLosses(const OutputTransform& transform, double mean, double variance) {
  const double slope = transform.deviation();
  if (!transform.warped()) return {transform.Inverse(mean), slope * std::sqrt(variance)};
  // exp of a normal variable, less what Inverse subtracts.
  const double spread = slope * slope * variance, shift = transform.Inverse(mean + spread / 2 / slope);
  const double scale = shift - transform.Inverse(-HUGE_VAL);
  return {shift, scale * std::sqrt(std::expm1(std::min(spread, 700.0)))};
}

// Those that nothing dominates, or the first of the best, by number.
std::vector<RecommendedTrial> BestOf(std::vector<RecommendedTrial> trials, const std::vector<double>& signs) {
  Eigen::MatrixXd points(signs.size(), trials.size());
  for (size_t i = 0; i < trials.size(); ++i) {
    for (size_t k = 0; k < signs.size(); ++k) {
      points(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(i)) = signs[k] * trials[i].means[k];
    }
  }
  std::vector<RecommendedTrial> best;
  if (signs.size() > 1) {
    for (Eigen::Index i : ParetoFront(points)) best.push_back(std::move(trials[static_cast<size_t>(i)]));
  } else if (!trials.empty()) {
    Eigen::Index i;
    points.row(0).minCoeff(&i);
    best.push_back(std::move(trials[static_cast<size_t>(i)]));
  }
  return best;
}

bool MeetsConstraints(const History& history, int64_t row) {
  return std::none_of(history.constraints().begin(), history.constraints().end(),
                      [row](const Column& c) { return c.At(row) > 0; });
}

Recommendation ByToldValues(const History& history) {
  std::vector<double> signs;
  for (Direction d : history.directions()) signs.push_back(d == Direction::kMinimize ? 1.0 : -1.0);
  std::vector<RecommendedTrial> told;
  for (int64_t row = 0; row < history.size(); ++row) {
    if (history.state(row) != RowState::kComplete || !MeetsConstraints(history, row)) continue;
    const auto values = history.values(row);
    told.push_back({row, {values.begin(), values.end()}, std::vector<double>(values.size(), 0.0)});
  }
  return {RecommendedBy::kToldValues, BestOf(std::move(told), signs)};
}

// The candidates' expected values; none where an objective has too little to learn from.
std::vector<RecommendedTrial> ByModel(const Encoding& encoding, const Observations& observations) {
  const Kernel kernel(KernelShape::kMatern52, encoding.Categorical());
  const size_t objectives = observations.objectives.size();
  const ModelPrior prior = PriorFor(static_cast<double>(encoding.columns()), HasMainEffects(encoding, objectives));
  Fits fits;
  std::vector<RecommendedTrial> trials(static_cast<size_t>(observations.size()));
  for (size_t k = 0; k < objectives; ++k) {
    if (observations.objectives[k].values.size() < 2) return {};
    Surrogate surrogate(kernel, prior, objectives == 1 ? OutputKind::kLoss : OutputKind::kOneOfSeveral);
    surrogate.Condition(observations, observations.objectives[k], &fits);
    Eigen::MatrixXd means;
    Eigen::VectorXd variances;
    surrogate.posterior().Predict(surrogate.posterior().points(), &means, &variances);
    for (size_t i = 0; i < surrogate.rows().size(); ++i) {
      const Eigen::Index at = static_cast<Eigen::Index>(i);
      const Expected value = InLosses(surrogate.transform(), means(at, 0), variances[at]);
      RecommendedTrial& trial = trials[static_cast<size_t>(surrogate.rows()[i])];
      trial.means.push_back(observations.signs[k] * value.mean);
      trial.deviations.push_back(value.deviation);
    }
  }
  std::vector<RecommendedTrial> candidates;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (observations.feasible[i] == 0 || trials[i].means.size() < objectives) continue;
    trials[i].number = observations.trials[i];
    candidates.push_back(std::move(trials[i]));
  }
  return BestOf(std::move(candidates), observations.signs);
}

}  // namespace

Recommendation Recommend(const History& history, const SearchSpace* space) {
  std::optional<SearchSpace> common;
  if (space == nullptr || space->empty()) {
    if (absl::StatusOr<SearchSpace> found = SearchSpace::Create(CommonParameters(history)); found.ok())
      common = *std::move(found);
    space = common ? &*common : nullptr;
  }
  if (space == nullptr || space->empty() || space->size() > kMostGpParameters) return ByToldValues(history);
  const Encoding encoding(*space);
  if (encoding.columns() == 0) return ByToldValues(history);
  const SpaceOf origin = common ? SpaceOf::kLatestTrials : SpaceOf::kDeclaration;
  Recommendation recommendation;
  recommendation.by = common ? RecommendedBy::kCommonParameters : RecommendedBy::kSpace;
  recommendation.trials = ByModel(encoding, ReadHistory(history, encoding, history.size(), kVersion, origin));
  if (recommendation.trials.empty()) return ByToldValues(history);
  return recommendation;
}

}  // namespace parzen::gp
