#include "server/engine/study/chosen_params.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/definition/optuna_distribution.h"
#include "server/engine/study/sampling.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

// What the study's earlier trials, or its declared space, have under this name; null where there is nothing.
const Distribution* EarlierDistribution(const Learner& learner, const std::string& name) {
  if (const Column* column = learner.history().FindColumn(name)) return &column->distribution;
  const SearchSpace& space = learner.definition().space;
  const std::optional<size_t> declared = space.Find(name);
  return declared ? &space[*declared].distribution : nullptr;
}

}  // namespace

absl::Status CheckChosen(const Learner& learner, const ChosenParam& param) {
  if (const Distribution* earlier = EarlierDistribution(learner, param.name)) {
    const absl::Status fits = CheckOptunaCompatible(param.name, *earlier, param.distribution);
    if (!fits.ok()) return error::AsBadField(fits, "distribution");
  }
  if (const auto* categorical = std::get_if<CategoricalDistribution>(&param.distribution)) {
    const auto choices = static_cast<double>(categorical->choices.size());
    if (param.value >= 0 && param.value < choices && param.value == std::floor(param.value)) return absl::OkStatus();
    return error::BadField("param_value_internal", absl::StrCat("of \"", param.name, "\" is ", param.value,
                                                                "; the index of a choice is accepted, 0 to ", choices - 1));
  }
  if (std::holds_alternative<FloatDistribution>(param.distribution)) return absl::OkStatus();
  if (std::abs(param.value) <= 9.2e18) return absl::OkStatus();  // an int64
  return error::BadField("param_value_internal",
                         absl::StrCat("of \"", param.name, "\" is ", param.value, "; a 64-bit integer is accepted"));
}

storage::ParamRecord ChosenRecord(const ChosenParam& param) {
  return MakeParam(param.name, param.distribution, param.text, param.value);
}

void SetChosen(const ChosenParam& param, std::vector<storage::ParamRecord>* params) {
  const auto same = std::find_if(params->begin(), params->end(), [&](const auto& other) { return other.name == param.name; });
  if (same != params->end()) {
    *same = ChosenRecord(param);
  } else {
    params->push_back(ChosenRecord(param));
  }
}

}  // namespace parzen::engine
