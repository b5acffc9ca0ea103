// SearchSpace::ParentsNeeded: what must hold for fixed parameters to exist.

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/space/space.h"

namespace parzen {

absl::StatusOr<std::vector<std::vector<double>>> SearchSpace::ParentsNeeded(const Point& fixed) const {
  std::vector<std::vector<double>> needed(size());
  std::vector<size_t> needed_by(size(), size());  // a fixed parameter below it, for messages
  // Children come after their parents, so what is below a parameter is known when it is its turn.
  for (size_t i = size(); i-- > 0;) {
    const bool is_fixed = !std::isnan(fixed[i]);
    if (!parents_[i] || (!is_fixed && needed[i].empty())) continue;
    const size_t parent = *parents_[i], cause = is_fixed ? i : needed_by[i];
    const auto error = [&](const std::string& what) {
      return absl::InvalidArgumentError(absl::StrCat("parameter \"", parameters_[cause].name, "\" exists only where \"",
                                                     parameters_[parent].name, "\" is ", what));
    };
    std::string accepted;
    for (double value : allowed_[i]) {
      absl::StrAppend(&accepted, accepted.empty() ? "" : " or ", ToString(ToExternal(parameters_[parent].distribution, value)));
    }
    if (!std::isnan(fixed[parent])) {
      if (IsAllowed(i, fixed[parent])) continue;
      return error(absl::StrCat(accepted, ", which is given as ",
                                ToString(ToExternal(parameters_[parent].distribution, fixed[parent])),
                                "; accepted: values that go together"));
    }
    if (needed_by[parent] == size()) {
      needed[parent] = allowed_[i];
      needed_by[parent] = cause;
      continue;
    }
    std::vector<double> both;
    std::set_intersection(needed[parent].begin(), needed[parent].end(), allowed_[i].begin(), allowed_[i].end(),
                          std::back_inserter(both));
    if (both.empty()) {
      return error(absl::StrCat(accepted, ", and \"", parameters_[needed_by[parent]].name,
                                "\" only where it is something else; accepted: ", "values that go together"));
    }
    needed[parent] = std::move(both);
  }
  return needed;
}

}  // namespace parzen
