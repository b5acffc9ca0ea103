#include "sampler/importance/judged_trials.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace parzen::importance {
namespace {

// By their text, and those of one text apart.
class DistinctDistributions {
 public:
  explicit DistinctDistributions(std::vector<Distribution>* distinct) : distinct_(*distinct) {}

  uint32_t Place(const Distribution& distribution) {
    std::vector<uint32_t>& alike = by_text_[ToString(distribution)];
    for (const uint32_t place : alike) {
      if (distinct_[place] == distribution) return place;
    }
    alike.push_back(static_cast<uint32_t>(distinct_.size()));
    distinct_.push_back(distribution);
    return alike.back();
  }

 private:
  std::vector<Distribution>& distinct_;
  absl::flat_hash_map<std::string, std::vector<uint32_t>> by_text_;
};

void CopyDistributions(const Column& column, const std::vector<int64_t>& rows, JudgedParameter* parameter) {
  if (column.distributions.empty()) {
    parameter->distributions = {column.distribution};
    return;
  }
  constexpr uint32_t kUnseen = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> places(column.distributions.size(), kUnseen);
  DistinctDistributions distinct(&parameter->distributions);
  for (const int64_t row : rows) {
    if (std::isnan(column.At(row))) {
      parameter->distribution_of.push_back(0);
      continue;
    }
    const uint32_t listed = column.distribution_of[static_cast<size_t>(row)];
    if (places[listed] == kUnseen) places[listed] = distinct.Place(column.distributions[listed]);
    parameter->distribution_of.push_back(places[listed]);
  }
}

JudgedParameter Copy(const Column& column, const std::vector<int64_t>& rows) {
  JudgedParameter parameter;
  parameter.name = column.name;
  parameter.values.reserve(rows.size());
  for (const int64_t row : rows) parameter.values.push_back(column.At(row));
  CopyDistributions(column, rows, &parameter);
  return parameter;
}

// `most` of them, spread evenly.
std::vector<int64_t> Thinned(std::vector<int64_t> rows, int64_t most) {
  const auto n = static_cast<int64_t>(rows.size());
  if (n <= most) return rows;
  std::vector<int64_t> thinned;
  for (int64_t i = 0; i < most; ++i) thinned.push_back(rows[static_cast<size_t>(i * n / most)]);
  return thinned;
}

}  // namespace

JudgedTrials Judge(const History& history, std::optional<size_t> objective) {
  std::vector<size_t> objectives;
  for (size_t k = 0; k < history.directions().size(); ++k) {
    if (!objective || *objective == k) objectives.push_back(k);
  }
  std::vector<int64_t> complete, finite;
  for (int64_t row = 0; row < history.size(); ++row) {
    if (history.state(row) != RowState::kComplete) continue;
    complete.push_back(row);
    const auto values = history.values(row);
    if (std::all_of(objectives.begin(), objectives.end(), [&](size_t k) { return std::isfinite(values[k]); }))
      finite.push_back(row);
  }
  std::vector<const Column*> columns;
  for (const Column& column : history.columns()) {
    const bool occurs = std::any_of(complete.begin(), complete.end(), [&](int64_t row) { return !std::isnan(column.At(row)); });
    if (occurs) columns.push_back(&column);
  }
  JudgedTrials trials(objectives.size());
  trials.complete = static_cast<int64_t>(finite.size());
  const int64_t most =
      std::min(MostTrials(objectives.size()), kMostValues / std::max<int64_t>(1, static_cast<int64_t>(columns.size())));
  const std::vector<int64_t> rows = Thinned(std::move(finite), most);
  std::vector<double> losses;
  for (const int64_t row : rows) {
    losses.clear();
    for (const size_t k : objectives) {
      const double value = history.values(row)[k];
      losses.push_back(history.directions()[k] == Direction::kMinimize ? value : -value);
    }
    trials.losses.Add(losses);
  }
  for (const Column* column : columns) trials.parameters.push_back(Copy(*column, rows));
  return trials;
}

}  // namespace parzen::importance
