#include "sampler/gp/observations.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace parzen::gp {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool Teaches(RowState state, size_t objectives) {
  return state == RowState::kComplete || state == RowState::kInfeasible || (state == RowState::kPruned && objectives == 1);
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

class Reader {
 public:
  Reader(const History& history, const Encoding& encoding) : history_(history), space_(encoding.space()) {
    for (const Parameter& p : space_.parameters()) columns_.push_back(history.FindColumn(p.name));
  }

  // The row's point; false where an active parameter is absent (a partly suggested or foreign trial).
  bool Read(int64_t row, Point* point) const {
    point->assign(space_.size(), kAbsent);
    for (size_t i = 0; i < space_.size(); ++i) {
      if (!space_.IsActive(i, *point)) continue;
      (*point)[i] = columns_[i] != nullptr ? columns_[i]->At(row) : kAbsent;
      if (std::isnan((*point)[i])) return false;
    }
    return true;
  }

 private:
  const History& history_;
  const SearchSpace& space_;
  std::vector<const Column*> columns_;
};

}  // namespace

int64_t CountTaught(const History& history) {
  int64_t count = 0;
  for (int64_t row = 0; row < history.size(); ++row) count += Teaches(history.state(row), history.directions().size());
  return count;
}

Observations ReadHistory(const History& history, const Encoding& encoding, int64_t number) {
  const size_t objectives = history.directions().size();
  const int64_t end = history.size();
  Observations o;
  o.objectives.resize(objectives);
  // By name: their order in the history is that of their arrival.
  std::vector<const Column*> constraints;
  for (const Column& column : history.constraints()) constraints.push_back(&column);
  std::sort(constraints.begin(), constraints.end(), [](const Column* a, const Column* b) { return a->name < b->name; });
  o.constraints.resize(constraints.size());
  std::vector<double>& signs = o.signs;
  for (Direction d : history.directions()) signs.push_back(d == Direction::kMinimize ? 1.0 : -1.0);
  const Reader reader(history, encoding);
  double median = std::numeric_limits<double>::quiet_NaN();
  Point point;
  for (int64_t row = 0; row < end; ++row) {
    const RowState state = history.state(row);
    if (row == number || !Teaches(state, objectives) || !reader.Read(row, &point)) continue;
    const Eigen::Index i = static_cast<Eigen::Index>(o.trials.size());
    o.trials.push_back(row);
    o.raw.push_back(point);
    bool feasible = state == RowState::kComplete;
    for (size_t k = 0; k < objectives; ++k) {
      double value = kInfinity;
      if (state == RowState::kComplete) value = signs[k] * history.values(row)[k];
      if (state == RowState::kPruned) {
        if (std::isnan(median)) median = MedianLoss(history, end, signs[0]);
        const double last = history.last_step(row) >= 0 ? signs[0] * history.last_value(row) : median;
        value = std::isnan(last) ? median : std::max(median, last);
      }
      o.objectives[k].index.push_back(i);
      o.objectives[k].values.push_back(value);
    }
    for (size_t k = 0; k < o.constraints.size(); ++k) {
      const double value = constraints[k]->At(row);
      if (std::isnan(value)) continue;
      o.constraints[k].index.push_back(i);
      o.constraints[k].values.push_back(value);
      feasible &= value <= 0;
    }
    o.feasible.push_back(feasible);
  }
  o.points.resize(static_cast<Eigen::Index>(o.raw.size()), encoding.columns());
  for (size_t i = 0; i < o.raw.size(); ++i) o.points.row(static_cast<Eigen::Index>(i)) = encoding.Encode(o.raw[i]).transpose();
  for (int64_t row : history.running()) {
    if (row < number && reader.Read(row, &point)) o.running_raw.push_back(point);
  }
  o.running.resize(static_cast<Eigen::Index>(o.running_raw.size()), encoding.columns());
  for (size_t i = 0; i < o.running_raw.size(); ++i)
    o.running.row(static_cast<Eigen::Index>(i)) = encoding.Encode(o.running_raw[i]).transpose();
  return o;
}

}  // namespace parzen::gp
