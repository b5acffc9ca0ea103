#include "sampler/tpe/joint_space.h"

#include <algorithm>
#include <cmath>

namespace parzen::tpe {
namespace {

bool Counts(const History& history, int64_t row) {
  return history.state(row) == RowState::kComplete || history.state(row) == RowState::kPruned;
}

bool ByName(const NamedDistribution& a, const NamedDistribution& b) { return a.name < b.name; }

JointGroup Sampled(const std::vector<NamedDistribution>& parameters) {
  JointGroup group;
  for (const NamedDistribution& parameter : parameters) {
    if (!IsSingle(parameter.distribution)) group.push_back(parameter);
  }
  return group;
}

}  // namespace

void IntersectionSpace::Update(const History& history) {
  for (; read_ < history.finished().size(); ++read_) {
    const int64_t row = history.finished()[read_];
    if (!Counts(history, row)) continue;
    if (common_) {
      std::erase_if(*common_, [&](const NamedDistribution& parameter) {
        const Column* column = history.FindColumn(parameter.name);
        return std::isnan(column->At(row)) || column->DistributionOf(row) != parameter.distribution;
      });
      continue;
    }
    common_.emplace();
    for (const Column& column : history.columns()) {
      if (!std::isnan(column.At(row))) common_->push_back({column.name, column.DistributionOf(row)});
    }
  }
}

JointGroup IntersectionSpace::Group(bool by_name) const {
  JointGroup group = common_ ? Sampled(*common_) : JointGroup();
  if (by_name) std::sort(group.begin(), group.end(), ByName);
  return group;
}

void GroupedSpace::Update(const History& history, int64_t number) {
  for (; next_row_ < number && next_row_ < history.size(); ++next_row_) {
    if (history.asked_after(next_row_) >= 0) TakeUp(history, history.asked_after(next_row_));
  }
  TakeUp(history, history.finished().size());
}

void GroupedSpace::TakeUp(const History& history, size_t end) {
  if (end <= read_) return;
  std::vector<int32_t> rows(history.finished().begin() + static_cast<int64_t>(read_),
                            history.finished().begin() + static_cast<int64_t>(end));
  std::sort(rows.begin(), rows.end());
  for (int32_t row : rows) {
    if (Counts(history, row)) Add(history, row);
  }
  read_ = end;
}

void GroupedSpace::Add(const History& history, int64_t row) {
  std::vector<std::vector<NamedDistribution>> refined;
  for (const std::vector<NamedDistribution>& group : groups_) {
    std::vector<NamedDistribution> with, without;
    for (const NamedDistribution& parameter : group) {
      (std::isnan(history.FindColumn(parameter.name)->At(row)) ? without : with).push_back(parameter);
    }
    if (!with.empty()) refined.push_back(std::move(with));
    if (!without.empty()) refined.push_back(std::move(without));
  }
  std::vector<NamedDistribution> added;
  for (const Column& column : history.columns()) {
    if (std::isnan(column.At(row))) continue;
    const bool known = std::any_of(refined.begin(), refined.end(), [&](const std::vector<NamedDistribution>& group) {
      return std::any_of(group.begin(), group.end(), [&](const NamedDistribution& p) { return p.name == column.name; });
    });
    if (!known) added.push_back({column.name, column.DistributionOf(row)});
  }
  std::sort(added.begin(), added.end(), ByName);
  if (!added.empty()) refined.push_back(std::move(added));
  groups_ = std::move(refined);
}

std::vector<JointGroup> GroupedSpace::Groups() const {
  std::vector<JointGroup> groups;
  for (const std::vector<NamedDistribution>& group : groups_) {
    if (JointGroup sampled = Sampled(group); !sampled.empty()) groups.push_back(std::move(sampled));
  }
  return groups;
}

}  // namespace parzen::tpe
