#include "sampler/gp/inferred_space.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace parzen::gp {
namespace {

// What has the values of both; nullopt where they are different things.
std::optional<Distribution> United(const Distribution& a, const Distribution& b) {
  if (a == b) return a;
  if (a.index() != b.index()) return std::nullopt;
  if (const auto* real = std::get_if<FloatDistribution>(&a)) {
    const auto& other = std::get<FloatDistribution>(b);
    if (real->log != other.log) return std::nullopt;
    return FloatDistribution{
        .low = std::min(real->low, other.low), .high = std::max(real->high, other.high), .log = real->log, .step = {}};
  }
  if (const auto* whole = std::get_if<IntDistribution>(&a)) {
    const auto& other = std::get<IntDistribution>(b);
    if (whole->log != other.log) return std::nullopt;
    return IntDistribution{
        .low = std::min(whole->low, other.low), .high = std::max(whole->high, other.high), .log = whole->log, .step = 1};
  }
  return std::nullopt;
}

bool IsPossibleParent(const Distribution& distribution) { return !std::holds_alternative<FloatDistribution>(distribution); }

}  // namespace

void InferredSpace::Update(const History& history) {
  bool more = false;
  for (; read_ < history.finished().size(); ++read_) {
    const int64_t row = history.finished()[read_];
    if (history.state(row) != RowState::kComplete) continue;
    Add(history, row);
    more = true;
  }
  if (more) Infer();
}

void InferredSpace::Add(const History& history, int64_t row) {
  ++trials_;
  const std::vector<Column>& columns = history.columns();
  seen_.resize(columns.size());
  std::vector<size_t> present;
  for (size_t c = 0; c < columns.size(); ++c) {
    if (std::isnan(columns[c].At(row))) continue;
    present.push_back(c);
    Seen& seen = seen_[c];
    const Distribution& distribution = columns[c].DistributionOf(row);
    if (seen.trials == 0) {
      seen.name = columns[c].name;
      seen.united = distribution;
      ++known_;
    } else if (seen.united) {
      seen.united = United(*seen.united, distribution);
    }
    ++seen.trials;
    seen.may_be_parent &= IsPossibleParent(distribution);
  }
  for (size_t p : present) {
    Seen& parent = seen_[p];
    if (!parent.may_be_parent || known_ > kMostParameters) continue;
    Together& together = parent.values[columns[p].At(row)];
    together.with.resize(columns.size());
    ++together.trials;
    for (size_t c : present) ++together.with[c];
    parent.may_be_parent = parent.values.size() <= kMostValues;
    if (!parent.may_be_parent) parent.values.clear();
  }
}

bool InferredSpace::Tells(const Seen& parent, size_t child, int64_t trials) {
  int64_t explained = 0;
  for (const auto& [value, together] : parent.values) {
    const int64_t with = child < together.with.size() ? together.with[child] : 0;
    if (with != 0 && with != together.trials) return false;
    explained += with;
  }
  return explained == trials;
}

Parameter InferredSpace::Under(size_t parent, size_t child) const {
  Condition condition{.parent = seen_[parent].name, .values = {}};
  for (const auto& [value, together] : seen_[parent].values) {
    if (child < together.with.size() && together.with[child] > 0) {
      condition.values.push_back(ToExternal(*seen_[parent].united, value));
    }
  }
  return {seen_[child].name, *seen_[child].united, std::move(condition)};
}

void InferredSpace::Infer() {
  // A parent is in more trials than its child: this order has it first.
  std::vector<size_t> order;
  for (size_t c = 0; c < seen_.size(); ++c) {
    if (seen_[c].united && ValidateDistribution(seen_[c].name, *seen_[c].united).ok()) order.push_back(c);
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return seen_[a].trials != seen_[b].trials ? seen_[a].trials > seen_[b].trials : seen_[a].name < seen_[b].name;
  });
  std::vector<size_t> roots, placed;
  std::vector<std::vector<size_t>> children(seen_.size());
  for (size_t c : order) {
    std::optional<size_t> best;
    for (size_t p : placed) {
      const Seen& parent = seen_[p];
      if (!parent.may_be_parent || parent.trials <= seen_[c].trials || !Tells(parent, c, seen_[c].trials)) continue;
      const auto better = [&](const Seen& other) {
        return parent.values.size() != other.values.size() ? parent.values.size() < other.values.size()
                                                           : parent.name < other.name;
      };
      if (!best || better(seen_[*best])) best = p;
    }
    const bool everywhere = seen_[c].trials == trials_;
    if (!everywhere && (!best || known_ > kMostParameters)) continue;
    (everywhere ? roots : children[*best]).push_back(c);
    placed.push_back(c);
  }
  std::vector<Parameter> parameters;
  const auto by_name = [&](size_t a, size_t b) { return seen_[a].name < seen_[b].name; };
  const std::function<void(size_t)> add_children = [&](size_t parent) {
    std::sort(children[parent].begin(), children[parent].end(), by_name);
    for (size_t child : children[parent]) {
      parameters.push_back(Under(parent, child));
      add_children(child);
    }
  };
  for (size_t root : roots) {
    parameters.push_back({seen_[root].name, *seen_[root].united, std::nullopt});
    add_children(root);
  }
  absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
  space_ = space.ok() ? *std::move(space) : SearchSpace();
}

}  // namespace parzen::gp
