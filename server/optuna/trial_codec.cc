#include "server/optuna/trial_codec.h"

#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/definition/optuna_distribution.h"
#include "server/error/error.h"
#include "server/optuna/attributes.h"
#include "server/optuna/datetime.h"

namespace parzen::optuna {
namespace {

using engine::TrialState;

wire::TrialState EncodeState(const engine::Trial& trial) {
  if (trial.state == TrialState::kFailed && trial.reason == engine::kCompleteWithoutValues) return wire::COMPLETE;
  switch (trial.state) {
    case TrialState::kWaiting:
      return wire::WAITING;
    case TrialState::kRunning:
      return wire::RUNNING;
    case TrialState::kComplete:
      return wire::COMPLETE;
    case TrialState::kPruned:
      return wire::PRUNED;
    case TrialState::kFailed:
      return wire::FAIL;
  }
  return wire::FAIL;
}

// A pruned trial that was sampled here and told without a value has the one that an Optuna client would have told.
void EncodeValues(const engine::Trial& trial, wire::Trial* message) {
  for (const double value : trial.values) message->add_values(value);
  const bool sampled_here = trial.algorithm_version > 0;
  if (trial.state != TrialState::kPruned || !trial.values.empty() || !sampled_here || trial.intermediates.empty()) return;
  if (const double last = trial.intermediates.back().value; std::isfinite(last)) message->add_values(last);
}

engine::Attributes AttributesOf(const google::protobuf::Map<std::string, std::string>& map) {
  const std::map<std::string, std::string> sorted(map.begin(), map.end());
  return {sorted.begin(), sorted.end()};
}

}  // namespace

void EncodeTrial(const engine::Trial& trial, wire::Trial* message) {
  message->set_trial_id(trial.id);
  message->set_number(trial.handle.number);
  message->set_state(EncodeState(trial));
  EncodeValues(trial, message);
  message->set_datetime_start(FormatDatetime(trial.started_at));
  message->set_datetime_complete(FormatDatetime(trial.finished_at));
  for (const engine::TrialParam& param : trial.params) {
    if (param.distribution == nullptr) continue;  // in fixed_params
    (*message->mutable_params())[param.name] = param.internal;
    const bool as_received = engine::IsOptunaDistribution(*param.distribution_text);
    (*message->mutable_distributions())[param.name] =
        as_received ? *param.distribution_text : engine::OptunaDistributionText(*param.distribution);
  }
  for (const auto& [key, json] : trial.user_attrs) (*message->mutable_user_attributes())[key] = json;
  for (auto& [key, json] : SystemAttributesOf(trial)) (*message->mutable_system_attributes())[key] = std::move(json);
  for (const auto& value : trial.intermediates) (*message->mutable_intermediate_values())[value.step] = value.value;
}

absl::StatusOr<TrialState> DecodeState(wire::TrialState state) {
  switch (state) {
    case wire::RUNNING:
      return TrialState::kRunning;
    case wire::COMPLETE:
      return TrialState::kComplete;
    case wire::PRUNED:
      return TrialState::kPruned;
    case wire::FAIL:
      return TrialState::kFailed;
    case wire::WAITING:
      return TrialState::kWaiting;
    default:
      return error::BadField("state", absl::StrCat("is ", static_cast<int>(state), "; 0 to 4 are accepted"));
  }
}

absl::StatusOr<engine::ChosenParam> DecodeParam(const std::string& name, double value, const std::string& distribution) {
  absl::StatusOr<Distribution> parsed = engine::ParseOptunaDistribution(distribution);
  if (!parsed.ok()) return error::AsBadField(parsed.status(), "distribution");
  return engine::ChosenParam{name, value, *std::move(parsed), distribution};
}

absl::Status DecodeTemplate(const wire::Trial& message, engine::BeginTrialCommand* command) {
  engine::TrialTemplate copy;
  PARZEN_ASSIGN_OR_RETURN(copy.state, DecodeState(message.state()));
  const std::map<std::string, double> params(message.params().begin(), message.params().end());
  for (const auto& [name, value] : params) {
    const auto distribution = message.distributions().find(name);
    if (distribution == message.distributions().end()) {
      return error::BadField("template_trial.distributions", "has none of \"" + name + "\", which is among the params");
    }
    PARZEN_ASSIGN_OR_RETURN(engine::ChosenParam param, DecodeParam(name, value, distribution->second));
    command->params.push_back(std::move(param));
  }
  copy.values.assign(message.values().begin(), message.values().end());
  PARZEN_ASSIGN_OR_RETURN(copy.started_at, ParseDatetime(message.datetime_start()));
  PARZEN_ASSIGN_OR_RETURN(copy.finished_at, ParseDatetime(message.datetime_complete()));
  copy.user_attrs = AttributesOf(message.user_attributes());
  copy.system_attrs = AttributesOf(message.system_attributes());
  for (const auto& [key, json] : copy.system_attrs) {
    for (auto& constraint : ConstraintsOf(key, json)) copy.constraints.push_back(std::move(constraint));
    if (copy.state == TrialState::kWaiting && copy.fixed.empty()) copy.fixed = FixedParamsOf(key, json);
  }
  for (const auto& [step, value] : message.intermediate_values()) copy.intermediates.push_back({step, value, 0});
  command->copy_of = std::move(copy);
  return absl::OkStatus();
}

}  // namespace parzen::optuna
