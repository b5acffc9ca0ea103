#include "clients/cli/plot/ped_anova.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

#include "clients/cli/plot/hypervolume.h"

namespace parzen::cli {
namespace {

constexpr double kTargetQuantile = 0.1;
constexpr int kGridSteps = 50;  // points that a numeric range is rounded to
constexpr double kPriorWeight = 1;
constexpr size_t kSmallestRegime = 2;  // trials; smaller ones are not judged
constexpr double kDensityFloor = 1e-12;

// Mass of the standard normal distribution between a and b, computed in the tail that keeps its digits.
double NormalMass(double a, double b) {
  if (a > 0) return NormalMass(-b, -a);
  const double root = std::numbers::sqrt2;
  if (b <= 0) return 0.5 * (std::erfc(-b / root) - std::erfc(-a / root));
  return 1 - 0.5 * std::erfc(-a / root) - 0.5 * std::erfc(b / root);
}

bool IsSingle(const Distribution& distribution) {
  if (const auto* real = std::get_if<Float>(&distribution)) {
    return real->low == real->high || (real->step.has_value() && real->high - real->low < *real->step);
  }
  if (const auto* whole = std::get_if<Int>(&distribution)) {
    return whole->low == whole->high || (!whole->log && whole->high - whole->low < whole->step);
  }
  return std::get<Categorical>(distribution).choices.size() == 1;
}

// A numeric range as a grid of equal steps, in the logarithm where the distribution is logarithmic.
struct Grid {
  double low = 0, high = 0;
  bool log = false;
  int steps = kGridSteps;
};

Grid GridOf(const Distribution& distribution) {
  Grid grid;
  if (const auto* whole = std::get_if<Int>(&distribution)) {
    grid = {static_cast<double>(whole->low), static_cast<double>(whole->high), whole->log};
    const double steps = whole->log ? std::ceil(std::log(grid.high - grid.low + 1) / std::log(2.0)) + 1
                                    : std::nearbyint((grid.high - grid.low) / static_cast<double>(whole->step)) + 1;
    grid.steps = static_cast<int>(std::min<double>(steps, kGridSteps));
  } else {
    const Float& real = std::get<Float>(distribution);
    grid = {real.low, real.high, real.log};
    if (real.step.has_value()) {
      grid.steps = static_cast<int>(std::min<double>(std::nearbyint((real.high - real.low) / *real.step) + 1, kGridSteps));
    }
  }
  if (grid.log) {
    grid.low = std::log(grid.low);
    grid.high = std::log(grid.high);
  }
  return grid;
}

double NumberOf(const Value& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  const auto* real = std::get_if<double>(&value);
  return real == nullptr ? 0 : *real;
}

// How many values lie at each point of the distribution's grid, or have each choice.
std::vector<double> Counts(const Distribution& distribution, const std::vector<const Value*>& values) {
  if (const auto* categorical = std::get_if<Categorical>(&distribution)) {
    std::vector<double> counts(categorical->choices.size());
    for (const Value* value : values) {
      const auto found = std::find(categorical->choices.begin(), categorical->choices.end(), *value);
      if (found != categorical->choices.end()) ++counts[static_cast<size_t>(found - categorical->choices.begin())];
    }
    return counts;
  }
  const Grid grid = GridOf(distribution);
  const double step = (grid.high - grid.low) / (grid.steps - 1);
  std::vector<double> counts(static_cast<size_t>(grid.steps));
  for (const Value* value : values) {
    const double number = grid.log ? std::log(NumberOf(*value)) : NumberOf(*value);
    // A value half-way between two points goes to the lower one.
    const double index = std::ceil((number - grid.low) / step - 0.5);
    ++counts[static_cast<size_t>(std::clamp<double>(index, 0, grid.steps - 1))];
  }
  return counts;
}

// Scott's rule on counted integers (Scott 1992, "Multivariate Density Estimation"), as Optuna's ScottParzenEstimator has it.
double Bandwidth(const std::vector<double>& points, const std::vector<double>& weights) {
  std::vector<double> cumulated(weights.size());
  std::partial_sum(weights.begin(), weights.end(), cumulated.begin());
  const double sum = cumulated.back();
  double mean = 0, square = 0;
  for (size_t i = 0; i < points.size(); ++i) mean += points[i] * weights[i];
  mean /= sum;
  for (size_t i = 0; i < points.size(); ++i) square += (points[i] - mean) * (points[i] - mean) * weights[i];
  const double deviation = std::sqrt(square / std::max(1.0, sum - 1));
  const auto q1 = std::lower_bound(cumulated.begin(), cumulated.end(), std::floor(sum / 4)) - cumulated.begin();
  const auto q3 = std::upper_bound(cumulated.begin(), cumulated.end(), std::floor(sum * 3 / 4)) - cumulated.begin();
  const double range = points[std::min(points.size() - 1, static_cast<size_t>(q3))] - points[static_cast<size_t>(q1)];
  const double width = 1.059 * std::min(range / 1.34, deviation) * std::pow(sum, -0.2);
  return std::max(width, 0.5 / 1.64);
}

// The Parzen estimate at each grid point or choice, from counts.
std::vector<double> Density(const Distribution& distribution, const std::vector<double>& counts) {
  std::vector<double> points, weights;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    points.push_back(static_cast<double>(i));
    weights.push_back(counts[i]);
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0) + kPriorWeight;
  const size_t size = counts.size();
  std::vector<double> density(size, 0.0);
  if (std::holds_alternative<Categorical>(distribution)) {
    // Each observed choice is a kernel: itself, and a little of every choice.
    const double little = kPriorWeight / static_cast<double>(points.size() + 1);
    const double row_sum = 1 + little * static_cast<double>(size);
    for (size_t i = 0; i < size; ++i) {
      density[i] = kPriorWeight / total / static_cast<double>(size);
      for (size_t k = 0; k < points.size(); ++k) {
        density[i] += weights[k] / total * ((points[k] == static_cast<double>(i) ? 1 : 0) + little) / row_sum;
      }
    }
    return density;
  }
  const double high = static_cast<double>(size) - 1;
  const double width = Bandwidth(points, weights);
  const auto add_kernel = [&](double mean, double deviation, double weight) {
    const double inside = NormalMass((-0.5 - mean) / deviation, (high + 0.5 - mean) / deviation);
    for (size_t i = 0; i < size; ++i) {
      const double x = static_cast<double>(i);
      density[i] += weight * NormalMass((x - 0.5 - mean) / deviation, (x + 0.5 - mean) / deviation) / inside;
    }
  };
  for (size_t k = 0; k < points.size(); ++k) add_kernel(points[k], width, weights[k] / total);
  add_kernel(high / 2, high + 1, kPriorWeight / total);
  return density;
}

// Pearson's divergence between the densities of the better values and of all.
double Divergence(const Distribution& distribution, const std::vector<const Value*>& better,
                  const std::vector<const Value*>& all) {
  const std::vector<double> top = Density(distribution, Counts(distribution, better));
  const std::vector<double> local = Density(distribution, Counts(distribution, all));
  double divergence = 0;
  for (size_t i = 0; i < top.size(); ++i) {
    const double ratio = (top[i] + kDensityFloor) / (local[i] + kDensityFloor);
    divergence += (local[i] + kDensityFloor) * (ratio - 1) * (ratio - 1);
  }
  return divergence;
}

// Which of the trials belong to the best tenth.
std::vector<bool> IsBetter(const StudyInfo& study, const std::vector<const FrozenTrial*>& trials) {
  const std::vector<Direction>& directions = study.config.directions;
  std::vector<Losses> losses;
  for (const FrozenTrial* trial : trials) {
    losses.push_back(trial->values);
    for (size_t i = 0; i < directions.size(); ++i) {
      if (directions[i] == Direction::kMaximize) losses.back()[i] = -losses.back()[i];
    }
  }
  std::vector<bool> better(trials.size(), false);
  const auto count = static_cast<size_t>(std::ceil(kTargetQuantile * static_cast<double>(trials.size())));
  if (directions.size() > 1) {
    for (const size_t i : BestByHypervolume(losses, count)) better[i] = true;
    return better;
  }
  std::vector<double> sorted;
  for (const Losses& loss : losses) sorted.push_back(loss[0]);
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count) - 1, sorted.end());
  const double cutoff = sorted[count - 1];
  for (size_t i = 0; i < losses.size(); ++i) better[i] = losses[i][0] <= cutoff;
  return better;
}

// Trials in which a parameter has one distribution: the parameter's regimes are judged apart and added up.
struct Regime {
  std::optional<Distribution> distribution;  // unset: inactive
  std::vector<const Value*> all, better;
  size_t trials = 0;
};

class ImportanceOf {
 public:
  ImportanceOf(const StudyInfo& study, const std::vector<const FrozenTrial*>& trials)
      : study_(study), trials_(trials), better_(IsBetter(study, trials)) {
    n_better_ = static_cast<double>(std::count(better_.begin(), better_.end(), true));
  }

  // Theorem 4.2 and Algorithm 1 of arXiv 2601.20800, times the squared share of the better trials.
  double operator()(const std::string& name) const {
    const double n = static_cast<double>(trials_.size());
    double importance = 0;
    for (const Regime& regime : Regimes(name)) {
      if (regime.trials < kSmallestRegime || !regime.distribution.has_value() || IsSingle(*regime.distribution) ||
          regime.better.empty()) {
        continue;
      }
      const double alpha = static_cast<double>(regime.better.size()) / n_better_;
      const double beta = static_cast<double>(regime.trials) / n;
      importance += alpha * alpha / beta * Divergence(*regime.distribution, regime.better, regime.all);
    }
    const double quantile = n_better_ / n;
    return importance * quantile * quantile;
  }

 private:
  std::vector<Regime> Regimes(const std::string& name) const {
    std::vector<Regime> regimes;
    for (size_t i = 0; i < trials_.size(); ++i) {
      const auto param = std::find_if(trials_[i]->params.begin(), trials_[i]->params.end(),
                                      [&name](const Param& candidate) { return candidate.name == name; });
      const bool present = param != trials_[i]->params.end();
      const std::optional<Distribution> distribution = present ? DistributionOf(*param) : std::nullopt;
      auto regime = std::find_if(regimes.begin(), regimes.end(),
                                 [&distribution](const Regime& known) { return known.distribution == distribution; });
      if (regime == regimes.end()) regime = regimes.insert(regimes.end(), Regime{distribution, {}, {}, 0});
      ++regime->trials;
      if (!present) continue;
      regime->all.push_back(&param->value);
      if (better_[i]) regime->better.push_back(&param->value);
    }
    return regimes;
  }

  std::optional<Distribution> DistributionOf(const Param& param) const {
    if (param.distribution.has_value()) return param.distribution;
    for (const Parameter& parameter : study_.config.space) {
      if (parameter.name == param.name) return parameter.distribution;
    }
    return std::nullopt;
  }

  const StudyInfo& study_;
  const std::vector<const FrozenTrial*>& trials_;
  const std::vector<bool> better_;
  double n_better_ = 0;
};

}  // namespace

namespace {

bool IsComplete(const StudyInfo& study, const FrozenTrial& trial) {
  return trial.state == TrialState::kComplete && trial.values.size() == study.config.directions.size();
}

// Complete ones whose values can be compared.
std::vector<const FrozenTrial*> FiniteTrials(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  std::vector<const FrozenTrial*> finite;
  for (const FrozenTrial& trial : trials) {
    const bool comparable =
        std::all_of(trial.values.begin(), trial.values.end(), [](double value) { return std::isfinite(value); });
    if (IsComplete(study, trial) && comparable) finite.push_back(&trial);
  }
  return finite;
}

bool AllEqual(const std::vector<const FrozenTrial*>& trials) {
  return std::all_of(trials.begin(), trials.end(),
                     [&trials](const FrozenTrial* trial) { return trial->values == trials[0]->values; });
}

}  // namespace

std::vector<std::pair<std::string, double>> Importances(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  std::vector<std::pair<std::string, double>> importances;
  for (const FrozenTrial& trial : trials) {
    if (!IsComplete(study, trial)) continue;
    for (const Param& param : trial.params) {
      const bool known =
          std::any_of(importances.begin(), importances.end(), [&](const auto& pair) { return pair.first == param.name; });
      if (!known) importances.emplace_back(param.name, 0.0);
    }
  }
  const std::vector<const FrozenTrial*> finite = FiniteTrials(study, trials);
  if (finite.size() < 2 || AllEqual(finite)) return importances;
  const ImportanceOf importance_of(study, finite);
  double sum = 0;
  for (auto& [name, importance] : importances) sum += importance = importance_of(name);
  if (sum > 0) {
    for (auto& [name, importance] : importances) importance /= sum;
  }
  std::stable_sort(importances.begin(), importances.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return importances;
}

std::string WhyNoImportances(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  const std::vector<const FrozenTrial*> finite = FiniteTrials(study, trials);
  if (finite.empty()) return "no complete trial with finite values yet";
  if (finite.size() == 1) return "there is nothing to tell from one trial";
  if (AllEqual(finite)) return "there is nothing to tell: all trials have the same value";
  const auto importances = Importances(study, trials);
  const bool none = std::all_of(importances.begin(), importances.end(), [](const auto& pair) { return pair.second == 0; });
  return none ? "there is nothing to tell: no parameter has varied" : "";
}

}  // namespace parzen::cli
