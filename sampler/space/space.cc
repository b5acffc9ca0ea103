#include "sampler/space/space.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"

namespace parzen {
namespace {

absl::Status BadParameter(const std::string& name, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("parameter \"", name, "\": ", what));
}

// The product, saturated just above kMaxFiniteSize.
uint64_t BoundedProduct(uint64_t a, uint64_t b) {
  return a != 0 && b > (kMaxFiniteSize + 1) / a ? kMaxFiniteSize + 1 : std::min(a * b, kMaxFiniteSize + 1);
}

}  // namespace

// --- Making and reading a space ---------------------------------------------------------------------------------------------

absl::StatusOr<SearchSpace> SearchSpace::Create(std::vector<Parameter> parameters) {
  if (parameters.size() > kMaxParameters) {
    return absl::InvalidArgumentError(
        absl::StrCat("space: ", parameters.size(), " parameters; accepted: at most ", kMaxParameters));
  }
  SearchSpace space;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    if (parameter.name.empty() || parameter.name.size() > kMaxNameBytes) {
      return BadParameter(parameter.name.substr(0, kMaxNameBytes),
                          absl::StrCat("name has ", parameter.name.size(), " bytes; accepted: 1 to ", kMaxNameBytes));
    }
    if (space.index_.contains(parameter.name)) return BadParameter(parameter.name, "declared twice; accepted: each name once");
    if (absl::Status status = ValidateDistribution(parameter.name, parameter.distribution); !status.ok()) return status;

    std::optional<size_t> parent;
    std::vector<double> allowed;
    if (parameter.condition) {
      const Condition& condition = *parameter.condition;
      const auto found = space.index_.find(condition.parent);
      if (found == space.index_.end()) {
        return BadParameter(parameter.name, absl::StrCat("condition.parent is \"", condition.parent,
                                                         "\"; accepted: a parameter that is declared before it"));
      }
      parent = found->second;
      const Distribution& parents = parameters[*parent].distribution;
      if (std::holds_alternative<FloatDistribution>(parents)) {
        return BadParameter(parameter.name, absl::StrCat("condition.parent is \"", condition.parent,
                                                         "\", a float; accepted: a categorical or int parameter"));
      }
      if (condition.values.empty()) {
        return BadParameter(parameter.name, "condition.values is empty; accepted: at least one value of the parent");
      }
      for (const Choice& value : condition.values) {
        absl::StatusOr<double> internal = ToInternal(condition.parent, parents, value);
        if (!internal.ok()) {
          return BadParameter(parameter.name, absl::StrCat("condition.values: ", std::string(internal.status().message())));
        }
        allowed.push_back(*internal);
      }
      std::sort(allowed.begin(), allowed.end());
      allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    }
    space.index_.emplace(parameter.name, i);
    space.parents_.push_back(parent);
    space.allowed_.push_back(std::move(allowed));
  }
  space.parameters_ = std::move(parameters);
  space.CountPoints();
  return space;
}

std::optional<size_t> SearchSpace::Find(std::string_view name) const {
  const auto found = index_.find(absl::string_view(name.data(), name.size()));
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

bool SearchSpace::IsActive(size_t i, const Point& point) const {
  // An inactive parent's value is kAbsent, a NaN, and no allowed value equals it.
  return !parents_[i] || IsAllowed(i, point[*parents_[i]]);
}

bool SearchSpace::IsAllowed(size_t i, double parent_value) const {
  return !std::isnan(parent_value) && std::binary_search(allowed_[i].begin(), allowed_[i].end(), parent_value);
}

// --- Numbering the points of a finite space ---------------------------------------------------------------------------------
//
// A parameter and what hangs below it form a tree. The trees of value v of a parameter number as many as the product of its
// active children's trees; those of the parameter, the sum over its values. A tree's number is the count of all trees of smaller
// values, plus its children's numbers as digits of a mixed radix, the first child's the most significant. Roots are digits the
// same way.

void SearchSpace::CountPoints() {
  children_.assign(size(), {});
  branches_.assign(size(), {});
  subtree_.assign(size(), 0);
  for (size_t i = 0; i < size(); ++i) {
    if (parents_[i]) children_[*parents_[i]].push_back(i);
  }
  for (size_t i = size(); i-- > 0;) {
    const std::optional<uint64_t> count = CountValues(parameters_[i].distribution);
    if (!count || *count > kMaxFiniteSize) {
      subtree_[i] = kMaxFiniteSize + 1;
      continue;
    }
    std::set<double> parent_values;
    for (size_t child : children_[i]) parent_values.insert(allowed_[child].begin(), allowed_[child].end());
    uint64_t extra = 0;  // ways beyond one a value, of the values so far
    for (double value : parent_values) {
      uint64_t ways = 1;
      for (size_t child : children_[i]) {
        if (IsAllowed(child, value)) ways = BoundedProduct(ways, subtree_[child]);
      }
      const uint64_t value_index = IndexOfValue(parameters_[i].distribution, value);
      branches_[i].push_back({value_index, value_index + extra, ways});
      extra = std::min(extra + ways - 1, kMaxFiniteSize + 1);
    }
    subtree_[i] = std::min(*count + extra, kMaxFiniteSize + 1);
  }
  uint64_t total = 1;
  for (size_t i = 0; i < size(); ++i) {
    if (!parents_[i]) total = BoundedProduct(total, subtree_[i]);
  }
  finite_size_ = empty() || total > kMaxFiniteSize ? std::nullopt : std::optional<uint64_t>(total);
}

uint64_t SearchSpace::TreeIndex(size_t i, const Point& point) const {
  const uint64_t k = IndexOfValue(parameters_[i].distribution, point[i]);
  const std::vector<Branch>& branches = branches_[i];
  auto next =
      std::upper_bound(branches.begin(), branches.end(), k, [](uint64_t key, const Branch& b) { return key < b.value_index; });
  if (next == branches.begin()) return k;
  const Branch& branch = *std::prev(next);
  if (branch.value_index < k) return branch.offset + branch.ways + (k - branch.value_index - 1);
  uint64_t below = 0;
  for (size_t child : children_[i]) {
    if (IsAllowed(child, point[i])) below = below * subtree_[child] + TreeIndex(child, point);
  }
  return branch.offset + below;
}

void SearchSpace::SetTree(size_t i, uint64_t index, Point* point) const {
  const Distribution& distribution = parameters_[i].distribution;
  const std::vector<Branch>& branches = branches_[i];
  auto next =
      std::upper_bound(branches.begin(), branches.end(), index, [](uint64_t key, const Branch& b) { return key < b.offset; });
  if (next == branches.begin()) {
    (*point)[i] = ValueAt(distribution, index);
    return;
  }
  const Branch& branch = *std::prev(next);
  uint64_t below = index - branch.offset;
  if (below >= branch.ways) {
    (*point)[i] = ValueAt(distribution, branch.value_index + 1 + (below - branch.ways));
    return;
  }
  (*point)[i] = ValueAt(distribution, branch.value_index);
  for (size_t c = children_[i].size(); c-- > 0;) {
    const size_t child = children_[i][c];
    if (!IsAllowed(child, (*point)[i])) continue;
    SetTree(child, below % subtree_[child], point);
    below /= subtree_[child];
  }
}

uint64_t SearchSpace::IndexOf(const Point& point) const {
  uint64_t index = 0;
  for (size_t i = 0; i < size(); ++i) {
    if (!parents_[i]) index = index * subtree_[i] + TreeIndex(i, point);
  }
  return index;
}

Point SearchSpace::PointAt(uint64_t index) const {
  Point point(size(), kAbsent);
  for (size_t i = size(); i-- > 0;) {
    if (parents_[i]) continue;
    SetTree(i, index % subtree_[i], &point);
    index /= subtree_[i];
  }
  return point;
}

// --- Growing ----------------------------------------------------------------------------------------------------------------

namespace {

absl::Status CheckGrownDistribution(const std::string& name, const Distribution& before, const Distribution& after) {
  if (before.index() != after.index()) return BadParameter(name, "has another kind; accepted: the kind it had");
  auto was = [&] { return absl::StrCat("; accepted: what contains ", ToString(before)); };
  if (const auto* b = std::get_if<FloatDistribution>(&before)) {
    const auto& a = std::get<FloatDistribution>(after);
    if (a.log != b->log) return BadParameter(name, "log changed; accepted: as it was");
    if (a.step != b->step) return BadParameter(name, "step changed; accepted: as it was");
    if (a.low > b->low || a.high < b->high) return BadParameter(name, absl::StrCat("the range is narrower", was()));
    if (a.step && NearestValidHigh(a.low, b->low, *a.step) != b->low) {
      return BadParameter(name, "low moved off the grid; accepted: a whole number of steps below the old low");
    }
  } else if (const auto* i = std::get_if<IntDistribution>(&before)) {
    const auto& a = std::get<IntDistribution>(after);
    if (a.log != i->log) return BadParameter(name, "log changed; accepted: as it was");
    if (a.step != i->step) return BadParameter(name, "step changed; accepted: as it was");
    if (a.low > i->low || a.high < i->high) return BadParameter(name, absl::StrCat("the range is narrower", was()));
    if ((i->low - a.low) % a.step != 0) {
      return BadParameter(name, "low moved off the grid; accepted: a whole number of steps below the old low");
    }
  } else if (!IsCompatible(before, after)) {
    return BadParameter(name, "choices changed; accepted: the old ones in their order, new ones after them");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SearchSpace::CheckGrowth(const SearchSpace& grown) const {
  for (size_t i = 0; i < size(); ++i) {
    const Parameter& before = parameters_[i];
    if (i >= grown.size() || grown[i].name != before.name) {
      return BadParameter(
          before.name, absl::StrCat("missing at position ", i, "; accepted: every old parameter, in order, new ones after them"));
    }
    if (absl::Status status = CheckGrownDistribution(before.name, before.distribution, grown[i].distribution); !status.ok()) {
      return status;
    }
    if (grown[i].condition != before.condition) return BadParameter(before.name, "condition changed; accepted: as it was");
  }
  return absl::OkStatus();
}

}  // namespace parzen
