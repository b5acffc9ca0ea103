#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sampler/numpy_sort.h"
#include "sampler/tpe/estimator_2_9_1.h"
#include "sampler/tpe/hypervolume.h"
#include "sampler/tpe/nondomination.h"

namespace parzen::tpe {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// One objective.
std::pair<double, double> Rank(const History& history, int64_t row, double sign) {
  switch (history.state(row)) {
    case RowState::kComplete:
      return {-kInfinity, sign * history.values(row)[0]};
    case RowState::kPruned:
      if (history.last_step(row) < 0) return {kInfinity, 0};
      return {-static_cast<double>(history.last_step(row)),
              std::isnan(history.last_value(row)) ? kInfinity : sign * history.last_value(row)};
    default:
      return {-kInfinity, sign * kInfinity};
  }
}

// 2.9.1 takes a parameter whose value is Python's None for one that the trial lacks.
bool IsNull(const Distribution& distribution, double value) {
  const auto* categorical = std::get_if<CategoricalDistribution>(&distribution);
  return categorical != nullptr && std::holds_alternative<std::monostate>(categorical->choices[static_cast<size_t>(value)]);
}

std::vector<int32_t> Range(size_t n) {
  std::vector<int32_t> range(n);
  std::iota(range.begin(), range.end(), 0);
  return range;
}

// The good observations with several objectives, in order of choice.
std::vector<int32_t> BestOf(const Losses& losses, size_t count) {
  std::vector<int32_t> best;
  if (count >= losses.size()) return Range(losses.size());
  const std::vector<int> ranks = NonDominationRanks2_9_1(losses);
  std::vector<int32_t> rank_rows;
  int rank = 0;
  for (;; ++rank) {
    rank_rows.clear();
    for (size_t i = 0; i < losses.size(); ++i) {
      if (ranks[i] == rank) rank_rows.push_back(static_cast<int32_t>(i));
    }
    if (best.size() + rank_rows.size() > count) break;
    best.insert(best.end(), rank_rows.begin(), rank_rows.end());
  }
  if (best.size() < count) {
    const Losses contested = losses.Select(rank_rows);
    for (size_t i : SelectByHypervolume2_9_1(contested, count - best.size(), ReferencePoint(contested)))
      best.push_back(rank_rows[i]);
  }
  return best;
}

}  // namespace

Observations2_9_1 CollectObservations2_9_1(const History& history, const JointGroup& group, const TpeSettings& settings,
                                           int64_t number) {
  const std::vector<Direction>& directions = history.directions();
  std::vector<double> signs;
  for (Direction direction : directions) signs.push_back(direction == Direction::kMinimize ? 1 : -1);
  const bool single = directions.size() == 1;

  std::vector<int32_t> rows;
  for (int32_t row : history.finished()) {
    const RowState state = history.state(row);
    if (state == RowState::kComplete || (state == RowState::kPruned && single)) rows.push_back(row);
  }
  if (settings.constant_liar && single) {
    for (int64_t row : history.running()) {
      if (row != number) rows.push_back(static_cast<int32_t>(row));
    }
    if (!settings.multivariate) rows.push_back(static_cast<int32_t>(number));
  }
  std::sort(rows.begin(), rows.end());

  std::vector<const Column*> columns;
  for (const NamedDistribution& parameter : group) columns.push_back(history.FindColumn(parameter.name));
  Observations2_9_1 observations{
      .rows = {}, .values = ValueTable(group.size()), .ranking = {}, .losses = Losses(directions.size())};
  for (int32_t row : rows) {
    auto value = [&](size_t d) { return row == number || columns[d] == nullptr ? kAbsent : columns[d]->At(row); };
    bool complete = true;
    for (size_t d = 0; d < group.size(); ++d) complete &= !std::isnan(value(d));
    if (settings.multivariate && !complete) continue;
    observations.rows.push_back(row);
    for (size_t d = 0; d < group.size(); ++d) {
      const double x = value(d);
      observations.values[d].push_back(std::isnan(x) || IsNull(group[d].distribution, x) ? kAbsent : x);
    }
    if (single) {
      // The trial itself may not be in the history yet; it counts as running.
      observations.ranking.push_back(row == number ? std::pair(-kInfinity, signs[0] * kInfinity) : Rank(history, row, signs[0]));
    } else {
      observations.losses.Add(history.values(row));
      for (size_t k = 0; k < signs.size(); ++k) observations.losses.At(observations.losses.size() - 1, k) *= signs[k];
    }
  }
  return observations;
}

Split2_9_1 SplitObservations2_9_1(const Observations2_9_1& observations, const TpeSettings& settings) {
  const size_t n = observations.size(), objectives = observations.losses.objectives();
  const size_t n_below = static_cast<size_t>(CountBelow(settings, static_cast<int64_t>(n), objectives));
  Split2_9_1 split;
  if (objectives == 1) {
    const std::vector<int32_t> order = ArgsortScalar(observations.ranking);
    split.below.assign(order.begin(), order.begin() + static_cast<int64_t>(std::min(n, n_below)));
    std::sort(split.below.begin(), split.below.end());
  } else if (n > 0) {
    split.below = BestOf(observations.losses, n_below);
  }
  std::vector<bool> is_below(n, false);
  for (int32_t i : split.below) is_below[i] = true;
  for (size_t i = 0; i < n; ++i) {
    if (!is_below[i]) split.above.push_back(static_cast<int32_t>(i));
  }
  return split;
}

std::vector<int32_t> WithoutRagged(const ValueTable& values, std::vector<int32_t> indices) {
  const auto lacks = [&](size_t d, int32_t i) { return std::isnan(values[d][i]); };
  std::vector<int64_t> lacking;
  for (size_t d = 0; d < values.size(); ++d) {
    lacking.push_back(std::count_if(indices.begin(), indices.end(), [&](int32_t i) { return lacks(d, i); }));
  }
  if (std::equal(lacking.begin() + 1, lacking.end(), lacking.begin())) return indices;
  std::erase_if(indices, [&](int32_t i) {
    for (size_t d = 0; d < values.size(); ++d)
      if (lacks(d, i)) return true;
    return false;
  });
  return indices;
}

ValueTable SelectObserved(const ValueTable& values, const std::vector<int32_t>& indices) {
  ValueTable selected(values.size());
  for (size_t d = 0; d < values.size(); ++d) {
    for (int32_t i : indices) {
      if (!std::isnan(values[d][i])) selected[d].push_back(values[d][i]);
    }
  }
  return selected;
}

std::vector<double> WeightsBelow2_9_1(const Observations2_9_1& observations, const std::vector<int32_t>& below) {
  const Losses losses = observations.losses.Select(below);
  const size_t n = losses.size();
  std::vector<double> weights(n, 1.0);
  if (n > 1) {
    const std::vector<double> reference = ReferencePoint(losses);
    const double volume = Hypervolume2_9_1(losses, reference);
    for (size_t i = 0; i < n; ++i) {
      std::vector<int32_t> others = Range(n);
      others.erase(others.begin() + static_cast<int64_t>(i));
      weights[i] = volume - Hypervolume2_9_1(losses.Select(others), reference) + 1e-12;
    }
    const double largest = *std::max_element(weights.begin(), weights.end());
    for (double& weight : weights) weight = std::clamp(weight / largest, 0.0, 1.0);
  }
  std::vector<double> observed;
  for (size_t i = 0; i < n; ++i) {
    if (!std::isnan(observations.values[0][below[i]])) observed.push_back(weights[i]);
  }
  return observed;
}

}  // namespace parzen::tpe
