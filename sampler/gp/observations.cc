#include "sampler/gp/observations.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace parzen::gp {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool Failed(RowState state) { return state == RowState::kInfeasible || state == RowState::kFailed; }

// Whether a row has a value of the objectives.
bool HasLoss(RowState state, size_t objectives, int32_t algorithm_version) {
  return state == RowState::kComplete || (state == RowState::kPruned && objectives == 1) ||
         (state == RowState::kInfeasible && algorithm_version == 1);
}

double MedianLoss(const History& history, int64_t end, double sign) {
  std::vector<double> losses;
  for (int64_t row = 0; row < end; ++row)
    if (history.state(row) == RowState::kComplete) losses.push_back(sign * history.values(row)[0]);
  if (losses.empty()) return kInfinity;
  const auto middle = losses.begin() + static_cast<std::ptrdiff_t>(losses.size() / 2);
  std::nth_element(losses.begin(), middle, losses.end());
  return *middle;
}

// The least of the losses (by trial number) that a run which diverged may have told: those beyond a gap that is far wider than
// all losses below it together. A search that has converged leaves such a gap too, to the trials that it began with; so most of
// the first different losses must lie below. Infinite where there is none.
double DivergedFrom(const std::vector<double>& losses) {
  constexpr size_t kFirst = 8;
  constexpr double kGap = 100;
  std::vector<double> sorted;
  for (double y : losses)
    if (std::isfinite(y)) sorted.push_back(y);
  if (sorted.size() < 4) return kInfinity;
  const size_t least = std::max<size_t>(3, sorted.size() / 2);  // so many have not diverged
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(least - 1);
  std::nth_element(sorted.begin(), middle, sorted.end());
  // Mostly it needs no sorting to see that no gap is wide enough.
  const double most = *std::max_element(middle, sorted.end()), first_half = *middle - *std::min_element(sorted.begin(), middle);
  if ((most - *middle) / kGap <= first_half) return kInfinity;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> first;
  for (double y : losses) {
    if (first.size() == kFirst) break;
    if (std::isfinite(y) && std::find(first.begin(), first.end(), y) == first.end()) first.push_back(y);
  }
  std::sort(first.begin(), first.end());
  const double usual = first[first.size() / 2];  // at least half of the first are no worse
  for (size_t i = least; i < sorted.size(); ++i) {
    const double range = sorted[i - 1] - sorted[0];
    if (usual <= sorted[i - 1] && range > 0 && (sorted[i] - sorted[i - 1]) / kGap > range) return sorted[i];
  }
  return kInfinity;
}

// Reads the points of a history's rows.
class PointReader {
 public:
  PointReader(const History& history, const Encoding& encoding, bool inside)
      : history_(history), space_(encoding.space()), inside_(inside) {
    for (const Parameter& p : space_.parameters()) columns_.push_back(history.FindColumn(p.name));
  }

  // The row's point; false where an active parameter is absent or, if `inside` is asked for, outside the space (a partly
  // suggested or foreign trial).
  bool Read(int64_t row, Point* point) const {
    point->assign(space_.size(), kAbsent);
    for (size_t i = 0; i < space_.size(); ++i) {
      if (!space_.IsActive(i, *point)) continue;
      (*point)[i] = columns_[i] != nullptr ? columns_[i]->At(row) : kAbsent;
      if (std::isnan((*point)[i])) return false;
      if (inside_ && IsOutside(*columns_[i], row, space_[i].distribution)) return false;
    }
    return true;
  }

  // The point that a row's joint part says; false where that lacks an active parameter.
  bool ReadJointPart(int64_t row, Point* point) const {
    const std::span<const NamedValue> joint = history_.Relative(row);
    point->assign(space_.size(), kAbsent);
    for (size_t i = 0; i < space_.size(); ++i) {
      const Parameter& parameter = space_[i];
      if (!space_.IsActive(i, *point)) continue;
      const auto found = std::find_if(joint.begin(), joint.end(), [&](const NamedValue& v) { return v.name == parameter.name; });
      if (found != joint.end() && Contains(parameter.distribution, found->value)) {
        (*point)[i] = found->value;
      } else if (IsSingle(parameter.distribution)) {
        (*point)[i] = ValueAt(parameter.distribution, 0);
      } else {
        return false;
      }
    }
    return true;
  }

 private:
  const History& history_;
  const SearchSpace& space_;
  const bool inside_;
  std::vector<const Column*> columns_;
};

// Reads a history row by row.
class HistoryReader {
 public:
  HistoryReader(const History& history, const Encoding& encoding, int32_t algorithm_version, SpaceOf origin)
      : history_(history),
        points_(history, encoding, origin == SpaceOf::kDeclaration && algorithm_version > 1),
        algorithm_version_(algorithm_version),
        origin_(origin) {
    // By name: their order in the history is that of their arrival.
    for (const Column& column : history.constraints()) constraints_.push_back(&column);
    std::sort(constraints_.begin(), constraints_.end(), [](const Column* a, const Column* b) { return a->name < b->name; });
    o_.objectives.resize(history.directions().size());
    o_.constraints.resize(constraints_.size());
    for (Direction d : history.directions()) o_.signs.push_back(d == Direction::kMinimize ? 1.0 : -1.0);
  }

  Observations Read(const Encoding& encoding, int64_t number) {
    for (int64_t row = 0; row < history_.size(); ++row) {
      if (row != number) AddRow(row);
    }
    if (algorithm_version_ > 1) DropDiverged();
    if (!any_failed_) o_.failure = {};
    for (int64_t row : history_.running()) {
      const bool known = row < number &&
                         (origin_ == SpaceOf::kCompleteTrials ? points_.ReadJointPart(row, &point_) : points_.Read(row, &point_));
      if (known) o_.running_raw.push_back(point_);
    }
    o_.points = EncodeAll(encoding, o_.raw);
    o_.running = EncodeAll(encoding, o_.running_raw);
    return std::move(o_);
  }

 private:
  static Eigen::MatrixXd EncodeAll(const Encoding& encoding, const std::vector<Point>& points) {
    Eigen::MatrixXd rows(static_cast<Eigen::Index>(points.size()), encoding.columns());
    for (size_t i = 0; i < points.size(); ++i) rows.row(static_cast<Eigen::Index>(i)) = encoding.Encode(points[i]).transpose();
    return rows;
  }

  void AddRow(int64_t row) {
    const RowState state = history_.state(row);
    const bool has_loss = HasLoss(state, o_.objectives.size(), algorithm_version_);
    const bool failed = Failed(state) && algorithm_version_ > 1;
    if ((!has_loss && !failed) || !points_.Read(row, &point_)) return;
    const Eigen::Index i = static_cast<Eigen::Index>(o_.trials.size());
    o_.trials.push_back(row);
    o_.raw.push_back(point_);
    any_failed_ |= failed;
    o_.failure.index.push_back(i);
    o_.failure.values.push_back(failed ? 1 : -1);
    if (has_loss) AddLoss(row, i);
    o_.feasible.push_back(AddConstraints(row, i) && state == RowState::kComplete);
  }

  // A loss that says no more than that the run diverged would drown the differences between the others. Its trial counts as
  // failed.
  void DropDiverged() {
    for (Series& series : o_.objectives) {
      const double from = DivergedFrom(series.values);
      Series kept;
      for (size_t j = 0; j < series.values.size(); ++j) {
        const size_t i = static_cast<size_t>(series.index[j]);
        if (series.values[j] < from) {
          kept.index.push_back(series.index[j]);
          kept.values.push_back(series.values[j]);
          continue;
        }
        o_.failure.values[i] = 1;
        o_.feasible[i] = 0;
        any_failed_ = true;
      }
      series = std::move(kept);
    }
  }

  void AddLoss(int64_t row, Eigen::Index i) {
    const RowState state = history_.state(row);
    for (size_t k = 0; k < o_.objectives.size(); ++k) {
      double value = kInfinity;
      if (state == RowState::kComplete) value = o_.signs[k] * history_.values(row)[k];
      if (state == RowState::kPruned) {
        if (std::isnan(median_)) median_ = MedianLoss(history_, history_.size(), o_.signs[0]);
        const double last = history_.last_step(row) >= 0 ? o_.signs[0] * history_.last_value(row) : median_;
        value = std::isnan(last) ? median_ : std::max(median_, last);
      }
      o_.objectives[k].index.push_back(i);
      o_.objectives[k].values.push_back(value);
    }
  }

  // Whether all that were told are met.
  bool AddConstraints(int64_t row, Eigen::Index i) {
    bool met = true;
    for (size_t k = 0; k < constraints_.size(); ++k) {
      const double value = constraints_[k]->At(row);
      if (std::isnan(value)) continue;
      o_.constraints[k].index.push_back(i);
      o_.constraints[k].values.push_back(value);
      met &= value <= 0;
    }
    return met;
  }

  const History& history_;
  const PointReader points_;
  const int32_t algorithm_version_;
  const SpaceOf origin_;
  std::vector<const Column*> constraints_;
  Observations o_;
  Point point_;
  bool any_failed_ = false;
  double median_ = std::numeric_limits<double>::quiet_NaN();  // of the complete losses, once it is needed
};

}  // namespace

bool AnyFeasible(const Observations& observations) {
  return std::find(observations.feasible.begin(), observations.feasible.end(), 1) != observations.feasible.end();
}

std::vector<Parameter> CommonParameters(const History& history) {
  std::vector<Parameter> common;
  for (const Column& column : history.columns()) {
    bool everywhere = true;
    for (int64_t row = 0; everywhere && row < history.size(); ++row) {
      if (history.state(row) != RowState::kComplete) continue;
      everywhere = !std::isnan(column.At(row)) && column.DistributionOf(row).index() == column.distribution.index();
    }
    if (everywhere) common.push_back({column.name, column.distribution, std::nullopt});
  }
  std::sort(common.begin(), common.end(), [](const Parameter& a, const Parameter& b) { return a.name < b.name; });
  return common;
}

int64_t CountTaught(const History& history, int32_t algorithm_version) {
  int64_t count = 0;
  for (int64_t row = 0; row < history.size(); ++row) {
    count += HasLoss(history.state(row), history.directions().size(), algorithm_version);
  }
  return count;
}

Lessons CountLessons(const History& history, int64_t number) {
  const size_t objectives = history.directions().size();
  const auto loss = [&](int64_t row, size_t k) {
    const double value = history.values(row)[k];
    return history.directions()[k] == Direction::kMinimize ? value : -value;
  };
  std::vector<double> diverged_from;
  for (size_t k = 0; k < objectives; ++k) {
    std::vector<double> losses;
    for (int64_t row = 0; row < history.size(); ++row)
      if (history.state(row) == RowState::kComplete) losses.push_back(loss(row, k));
    diverged_from.push_back(DivergedFrom(losses));
  }
  Lessons lessons;
  for (int64_t row = 0; row < history.size(); ++row) {
    const RowState state = history.state(row);
    if (state == RowState::kWaiting || state == RowState::kRunning) continue;
    bool teaches = HasLoss(state, objectives, 2);
    for (size_t k = 0; k < objectives && state == RowState::kComplete; ++k) teaches &= loss(row, k) < diverged_from[k];
    lessons.taught += teaches;
    lessons.lost += !teaches && row < number;
  }
  return lessons;
}

bool TeachesTwo(const History& history) {
  if (history.directions().size() > 1) return CountLessons(history, 0).taught >= 2;
  const double sign = history.directions()[0] == Direction::kMinimize ? 1 : -1;
  int count = 0;
  for (int64_t row = 0; row < history.size() && count < 2; ++row) {
    const RowState state = history.state(row);
    count += HasLoss(state, 1, 2) && (state != RowState::kComplete || sign * history.values(row)[0] < kInfinity);
  }
  return count == 2;
}

Observations ReadHistory(const History& history, const Encoding& encoding, int64_t number, int32_t algorithm_version,
                         SpaceOf origin) {
  return HistoryReader(history, encoding, algorithm_version, origin).Read(encoding, number);
}

}  // namespace parzen::gp
