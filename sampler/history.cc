#include "sampler/history.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/string_view.h"

namespace parzen {
namespace {

// How many of a column's latest distributions are looked through for one that is already listed.
constexpr size_t kDistributionsSearched = 64;

void SetAt(std::vector<double>* values, int64_t row, double value) {
  if (row >= static_cast<int64_t>(values->size())) values->resize(row + 1, kAbsent);
  (*values)[row] = value;
}

// Records that `row` was suggested with `distribution`.
void SetDistribution(Column* column, int64_t row, const Distribution& distribution) {
  if (column->distributions.empty()) {
    if (column->distribution == distribution) return;
    column->distributions.push_back(column->distribution);
    column->distribution_of.assign(column->values.size(), 0);
  }
  if (row >= static_cast<int64_t>(column->distribution_of.size())) column->distribution_of.resize(row + 1, 0);
  std::vector<Distribution>& known = column->distributions;
  const size_t oldest = known.size() - std::min(known.size(), kDistributionsSearched);
  size_t i = known.size();
  while (i > oldest && known[i - 1] != distribution) --i;
  if (i == oldest) {
    known.push_back(distribution);
    i = known.size();
  }
  column->distribution_of[row] = static_cast<uint32_t>(i - 1);
  column->distribution = distribution;
}

}  // namespace

bool IsFeasible(const Outcome& outcome) {
  return std::none_of(outcome.constraints.begin(), outcome.constraints.end(), [](const NamedValue& c) { return c.value > 0; });
}

bool IsOutside(const Column& column, int64_t row, const Distribution& declared) {
  const double value = column.At(row);
  return !std::isnan(value) && !(IsCompatible(column.DistributionOf(row), declared) && Contains(declared, value));
}

History::History(std::vector<Direction> directions) : directions_(std::move(directions)) {}

void History::Append(RowState state) {
  if (state == RowState::kRunning) running_.push_back(size());
  states_.push_back(state);
  asked_after_.push_back(state == RowState::kRunning ? static_cast<int32_t>(finished_.size()) : -1);
  values_.resize(values_.size() + directions_.size(), kAbsent);
}

void History::SetParam(int64_t row, std::string_view name, const Distribution& distribution, double value) {
  const auto [entry, is_new] = column_index_.try_emplace(std::string(name), columns_.size());
  if (is_new) {
    Column column;
    column.name = std::string(name);
    column.distribution = distribution;
    columns_.push_back(std::move(column));
  }
  Column& column = columns_[entry->second];
  SetDistribution(&column, row, distribution);
  SetAt(&column.values, row, value);
}

void History::SetState(int64_t row, RowState state) {
  const auto at = std::lower_bound(running_.begin(), running_.end(), row);
  const bool was_running = at != running_.end() && *at == row;
  if (state == RowState::kRunning && !was_running) {
    running_.insert(at, row);
    if (asked_after_[row] < 0) asked_after_[row] = static_cast<int32_t>(finished_.size());
  }
  if (state != RowState::kRunning && was_running) running_.erase(at);
  states_[row] = state;
}

void History::Finish(int64_t row, const Outcome& outcome) {
  SetState(row, outcome.state);
  relative_.erase(row);
  if (outcome.state == RowState::kComplete) {
    std::copy(outcome.values.begin(), outcome.values.end(), values_.begin() + row * static_cast<int64_t>(directions_.size()));
  }
  if (outcome.state == RowState::kPruned) last_[row] = {outcome.last_step, outcome.last_value};
  for (const NamedValue& constraint : outcome.constraints) {
    auto column =
        std::find_if(constraints_.begin(), constraints_.end(), [&](const Column& c) { return c.name == constraint.name; });
    if (column == constraints_.end()) {
      constraints_.emplace_back();
      column = std::prev(constraints_.end());
      column->name = constraint.name;
    }
    SetAt(&column->values, row, constraint.value);
  }
  finished_.push_back(static_cast<int32_t>(row));
}

void History::SetLived(std::vector<int32_t> finished, std::vector<int32_t> asked_after) {
  assert(finished.size() == finished_.size() && asked_after.size() == asked_after_.size());
  finished_ = std::move(finished);
  asked_after_ = std::move(asked_after);
}

void History::SetRelative(int64_t row, std::vector<NamedValue> relative) {
  if (relative.empty()) {
    relative_.erase(row);
  } else {
    relative_[row] = std::move(relative);
  }
}

int64_t History::last_step(int64_t row) const {
  const auto found = last_.find(row);
  return found == last_.end() ? -1 : found->second.step;
}

double History::last_value(int64_t row) const {
  const auto found = last_.find(row);
  return found == last_.end() ? 0 : found->second.value;
}

Outcome History::OutcomeOf(int64_t row) const {
  Outcome outcome{
      .state = state(row), .values = {}, .last_step = last_step(row), .last_value = last_value(row), .constraints = {}};
  if (outcome.state == RowState::kComplete) outcome.values.assign(values(row).begin(), values(row).end());
  for (const Column& constraint : constraints_) {
    if (!std::isnan(constraint.At(row))) outcome.constraints.push_back({constraint.name, constraint.At(row)});
  }
  return outcome;
}

const Column* History::FindColumn(std::string_view name) const {
  const auto found = column_index_.find(absl::string_view(name.data(), name.size()));
  return found == column_index_.end() ? nullptr : &columns_[found->second];
}

bool History::HasConstraints(int64_t row) const {
  return std::any_of(constraints_.begin(), constraints_.end(), [row](const Column& c) { return !std::isnan(c.At(row)); });
}

bool History::IsFeasible(int64_t row) const {
  return std::none_of(constraints_.begin(), constraints_.end(), [row](const Column& c) { return c.At(row) > 0; });
}

std::span<const NamedValue> History::Relative(int64_t row) const {
  const auto found = relative_.find(row);
  if (found == relative_.end()) return {};
  return found->second;
}

}  // namespace parzen
