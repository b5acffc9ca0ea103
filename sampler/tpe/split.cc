#include "sampler/tpe/split.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "sampler/tpe/best_by_hypervolume.h"

namespace parzen::tpe {
namespace {

double Violation(const History& history, int64_t row) {
  double sum = 0;
  for (const Column& constraint : history.constraints()) {
    const double value = constraint.At(row);
    if (value > 0) sum += value;
  }
  return sum;
}

// What orders the trials of a class, smaller first; then the row.
struct Scored {
  double first = 0, second = 0;
  int32_t row = 0;
  bool operator<(const Scored& other) const {
    return std::tie(first, second, row) < std::tie(other.first, other.second, other.row);
  }
};

Scored PrunedScore(const History& history, int32_t row) {
  if (history.last_step(row) < 0) return {1, 0, row};
  const double value = history.last_value(row);
  const double loss = std::isnan(value)                                 ? std::numeric_limits<double>::infinity()
                      : history.directions()[0] == Direction::kMinimize ? value
                                                                        : -value;
  return {-static_cast<double>(history.last_step(row)), loss, row};
}

// Moves the best `count` of `scored` (at most all) into below, the rest into above; says how many went.
int64_t Divide(std::vector<Scored> scored, int64_t count, Split* split) {
  count = std::min<int64_t>(count, static_cast<int64_t>(scored.size()));
  std::nth_element(scored.begin(), scored.begin() + count, scored.end());
  for (size_t i = 0; i < scored.size(); ++i) {
    (static_cast<int64_t>(i) < count ? split->below : split->above).push_back(scored[i].row);
  }
  return count;
}

int64_t DivideComplete(const History& history, const std::vector<int32_t>& rows, int64_t count, Ties ties, Split* split) {
  const std::vector<Direction>& directions = history.directions();
  if (directions.size() == 1) {
    std::vector<Scored> scored;
    for (int32_t row : rows) {
      const double value = history.values(row)[0];
      scored.push_back({directions[0] == Direction::kMinimize ? value : -value, 0, row});
    }
    return Divide(std::move(scored), count, split);
  }
  count = std::min<int64_t>(count, static_cast<int64_t>(rows.size()));
  Losses losses(directions.size());
  for (int32_t row : rows) {
    losses.Add(history.values(row));
    for (size_t k = 0; k < directions.size(); ++k) {
      if (directions[k] == Direction::kMaximize) losses.At(losses.size() - 1, k) *= -1;
    }
  }
  std::vector<bool> is_below(rows.size(), false);
  if (!rows.empty()) {
    for (size_t i : BestByHypervolume(losses, count, ties)) is_below[i] = true;
  }
  for (size_t i = 0; i < rows.size(); ++i) (is_below[i] ? split->below : split->above).push_back(rows[i]);
  return count;
}

}  // namespace

bool IsObservation(RowState state, const TpeSettings& settings) {
  return state == RowState::kComplete || state == RowState::kPruned ||
         (state == RowState::kInfeasible && settings.reproduce == Reproduce::kNone && !settings.learns_from_failures);
}

int64_t CountObservations(const History& history, const TpeSettings& settings) {
  return std::count_if(history.finished().begin(), history.finished().end(),
                       [&](int32_t row) { return IsObservation(history.state(row), settings); });
}

void BestTrials::Update(const History& history) {
  if (read_ == history.finished().size()) return;
  constexpr size_t kMost = 25;  // CountBelow with one objective
  for (; read_ < history.finished().size(); ++read_) {
    const int32_t row = history.finished()[read_];
    const RowState state = history.state(row);
    if (!IsObservation(state, settings_)) continue;
    ++observations_;
    Key key{.row = row};
    if (state == RowState::kInfeasible) {
      key.kind = 3;
    } else if (const double violation = Violation(history, row); violation > 0) {
      key.kind = 2;
      key.first = violation;
    } else if (state == RowState::kComplete) {
      const double value = history.values(row)[0];
      key.first = history.directions()[0] == Direction::kMinimize ? value : -value;
    } else {
      const Scored score = PrunedScore(history, row);
      key.kind = 1;
      key.first = score.first;
      key.second = score.second;
    }
    auto less = [](const Key& a, const Key& b) {
      return std::tie(a.kind, a.first, a.second, a.row) < std::tie(b.kind, b.first, b.second, b.row);
    };
    best_.insert(std::upper_bound(best_.begin(), best_.end(), key, less), key);
    if (best_.size() > kMost) best_.pop_back();
  }
  std::vector<int32_t> below;
  const size_t count = static_cast<size_t>(CountBelow(settings_, observations_, 1));
  for (size_t i = 0; i < std::min(count, best_.size()); ++i) below.push_back(best_[i].row);
  std::sort(below.begin(), below.end());
  if (below == below_) return;
  below_ = std::move(below);
  ++version_;
}

Split SplitTrials(const History& history, const TpeSettings& settings, int64_t number) {
  std::vector<int32_t> complete;
  std::vector<Scored> pruned, violating, infeasible;
  std::vector<int32_t> rows(history.finished());
  std::sort(rows.begin(), rows.end());
  int64_t n = 0;
  for (int32_t row : rows) {
    const RowState state = history.state(row);
    if (!IsObservation(state, settings)) continue;
    ++n;
    if (state == RowState::kInfeasible) {
      infeasible.push_back({0, 0, row});
    } else if (const double violation = Violation(history, row); violation > 0) {
      violating.push_back({violation, 0, row});
    } else if (state == RowState::kComplete) {
      complete.push_back(row);
    } else {
      pruned.push_back(PrunedScore(history, row));
    }
  }
  int64_t left = CountBelow(settings, n, history.directions().size());
  Split split;
  left -= DivideComplete(history, complete, left, settings.ties, &split);
  left -= Divide(std::move(pruned), left, &split);
  left -= Divide(std::move(violating), left, &split);
  Divide(std::move(infeasible), left, &split);
  if (settings.constant_liar) {
    for (int64_t row : history.running()) {
      if (row != number) split.above.push_back(static_cast<int32_t>(row));
    }
  }
  std::sort(split.below.begin(), split.below.end());
  std::sort(split.above.begin(), split.above.end());
  return split;
}

}  // namespace parzen::tpe
