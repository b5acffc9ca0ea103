#include "clients/cli/trial_check.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "base/status_macros.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

bool IsIn(const Distribution& distribution, const Value& value) {
  if (const auto* real = std::get_if<Float>(&distribution)) {
    const double* number = std::get_if<double>(&value);
    if (number == nullptr || !(*number >= real->low && *number <= real->high)) return false;
    if (!real->step.has_value()) return true;
    const double steps = (*number - real->low) / *real->step;
    return std::abs(steps - std::round(steps)) < 1e-6 * std::max(1.0, std::abs(steps));
  }
  if (const auto* whole = std::get_if<Int>(&distribution)) {
    const int64_t* number = std::get_if<int64_t>(&value);
    return number != nullptr && *number >= whole->low && *number <= whole->high &&
           (whole->log || whole->step <= 1 || (*number - whole->low) % whole->step == 0);
  }
  const auto& choices = std::get<Categorical>(distribution).choices;
  return std::find(choices.begin(), choices.end(), value) != choices.end();
}

absl::Status CheckValue(const Param& param, const Distribution& distribution) {
  if (IsIn(distribution, param.value)) return absl::OkStatus();
  return absl::InvalidArgumentError("parameter '" + param.name + "' is " + Truncate(Printable(ToNotation(param.value)), 60) +
                                    ": " + Truncate(ToNotation(distribution), 200) + " does not have it");
}

// Which parameters the trial has by the declared conditions; parents stand before their children.
absl::Status CheckDeclared(const FrozenTrial& trial, const SearchSpace& space) {
  const bool may_lack = trial.state == TrialState::kFailed && trial.failure != FailureKind::kInfeasible;
  for (const Parameter& parameter : space) {
    const Value* value = Find(trial.params, parameter.name);
    const Value* parent = parameter.when.has_value() ? Find(trial.params, parameter.when->parent) : nullptr;
    const bool active = !parameter.when.has_value() ||
                        (parent != nullptr && std::find(parameter.when->values.begin(), parameter.when->values.end(), *parent) !=
                                                  parameter.when->values.end());
    if (value != nullptr) {
      PARZEN_RETURN_IF_ERROR(CheckValue({parameter.name, *value}, parameter.distribution));
      if (!active && parent != nullptr) {
        return absl::InvalidArgumentError("parameter '" + parameter.name + "' does not exist where '" + parameter.when->parent +
                                          "' is " + Truncate(Printable(ToNotation(*parent)), 60));
      }
    } else if (active && !may_lack && !parameter.default_value.has_value()) {
      return absl::InvalidArgumentError("parameter '" + parameter.name + "' is missing");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckFinished(const FrozenTrial& trial, const StudyConfig& study) {
  const size_t objectives = study.directions.size();
  const bool none = trial.values.empty() && trial.state == TrialState::kPruned;
  if (trial.state != TrialState::kFailed && trial.values.size() != objectives && !none) {
    return absl::InvalidArgumentError("it has " + std::to_string(trial.values.size()) + " values: the study has " +
                                      std::to_string(objectives) + (objectives == 1 ? " objective" : " objectives"));
  }
  std::set<std::string> names;
  for (const Param& param : trial.params) {
    if (!names.insert(param.name).second) return absl::InvalidArgumentError("parameter '" + param.name + "' is there twice");
    const bool declared = std::any_of(study.space.begin(), study.space.end(),
                                      [&param](const Parameter& parameter) { return parameter.name == param.name; });
    if (!study.space.empty() && !declared) {
      return absl::InvalidArgumentError("the study has no parameter '" + param.name + "'");
    }
    if (!study.space.empty()) continue;
    if (!param.distribution.has_value()) {
      return absl::InvalidArgumentError("parameter '" + param.name + "' has no distribution: a study without a space needs it");
    }
    PARZEN_RETURN_IF_ERROR(CheckValue(param, *param.distribution));
  }
  PARZEN_RETURN_IF_ERROR(CheckDeclared(trial, study.space));
  std::set<int64_t> steps;
  for (const IntermediateValue& value : trial.intermediate_values) {
    if (value.step >= 0 && steps.insert(value.step).second) continue;
    return absl::InvalidArgumentError("step " + std::to_string(value.step) +
                                      (value.step < 0 ? ": 0 or more is accepted" : " is there twice"));
  }
  for (const auto& [name, value] : trial.constraints) {
    if (std::isnan(value)) return absl::InvalidArgumentError("constraint '" + name + "' is nan: any other number is accepted");
  }
  return absl::OkStatus();
}

}  // namespace parzen::cli
