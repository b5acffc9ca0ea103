#include "sampler/importance/ped_anova.h"

#include <algorithm>
#include <cmath>

#include "sampler/importance/density.h"
#include "sampler/tpe/best_by_hypervolume.h"

namespace parzen::importance {
namespace {

constexpr double kTargetQuantile = 0.1;
constexpr size_t kSmallestRegime = 2;  // trials; smaller ones are not judged

// Which of the trials belong to the best tenth.
std::vector<bool> IsBetter(const tpe::Losses& losses) {
  std::vector<bool> better(losses.size(), false);
  const auto count = static_cast<size_t>(std::ceil(kTargetQuantile * static_cast<double>(losses.size())));
  if (losses.objectives() > 1) {
    for (const size_t i : tpe::BestByHypervolume(losses, count, tpe::Ties::kByNumber)) better[i] = true;
    return better;
  }
  std::vector<double> sorted;
  for (size_t i = 0; i < losses.size(); ++i) sorted.push_back(losses[i][0]);
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<int64_t>(count) - 1, sorted.end());
  for (size_t i = 0; i < losses.size(); ++i) better[i] = losses[i][0] <= sorted[count - 1];
  return better;
}

// The trials in which a parameter has one distribution: a parameter's regimes are judged apart and added up.
struct Regime {
  std::vector<double> all, better;  // values
};

std::vector<Regime> RegimesOf(const JudgedParameter& parameter, const std::vector<bool>& is_better) {
  std::vector<Regime> regimes(parameter.distributions.size());
  for (size_t i = 0; i < is_better.size(); ++i) {
    const double value = parameter.values[i];
    if (std::isnan(value)) continue;
    Regime& regime = regimes[parameter.distribution_of.empty() ? 0 : parameter.distribution_of[i]];
    regime.all.push_back(value);
    if (is_better[i]) regime.better.push_back(value);
  }
  return regimes;
}

// Theorem 4.2 and Algorithm 1 of arXiv 2601.20800, times the squared share of the better trials.
double ImportanceOf(const JudgedParameter& parameter, const std::vector<bool>& is_better) {
  const auto n = static_cast<double>(is_better.size());
  const auto n_better = static_cast<double>(std::count(is_better.begin(), is_better.end(), true));
  const std::vector<Regime> regimes = RegimesOf(parameter, is_better);
  double importance = 0;
  for (size_t i = 0; i < regimes.size(); ++i) {
    const auto& [all, better] = regimes[i];
    if (all.size() < kSmallestRegime || better.empty() || IsSingle(parameter.distributions[i])) continue;
    const double alpha = static_cast<double>(better.size()) / n_better;
    const double beta = static_cast<double>(all.size()) / n;
    importance += alpha * alpha / beta * Divergence(Grid(parameter.distributions[i]), better, all);
  }
  const double quantile = n_better / n;
  return importance * quantile * quantile;
}

bool AllEqual(const tpe::Losses& losses) {
  for (size_t i = 1; i < losses.size(); ++i) {
    if (!std::equal(losses[i].begin(), losses[i].end(), losses[0].begin())) return false;
  }
  return true;
}

}  // namespace

Importances PedAnova(const JudgedTrials& trials) {
  Importances answer;
  for (const JudgedParameter& parameter : trials.parameters) answer.shares.push_back({parameter.name, 0});
  const size_t n = trials.losses.size();
  answer.note = n == 0                    ? "no complete trial with finite values yet"
                : n == 1                  ? "there is nothing to tell from one trial"
                : AllEqual(trials.losses) ? "there is nothing to tell: all trials have the same value"
                                          : "";
  if (!answer.note.empty()) return answer;
  const std::vector<bool> is_better = IsBetter(trials.losses);
  double sum = 0;
  for (size_t i = 0; i < trials.parameters.size(); ++i) {
    sum += answer.shares[i].value = ImportanceOf(trials.parameters[i], is_better);
  }
  if (sum == 0) {
    answer.note = "there is nothing to tell: no parameter has varied";
    return answer;
  }
  for (NamedValue& share : answer.shares) share.value /= sum;
  std::stable_sort(answer.shares.begin(), answer.shares.end(),
                   [](const NamedValue& a, const NamedValue& b) { return a.value > b.value; });
  return answer;
}

}  // namespace parzen::importance
