// Writing: plain types -> JSON.

#include "clients/cli/json.h"

#include <bit>
#include <cmath>
#include <type_traits>

#include "absl/strings/str_format.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

constexpr uint64_t kUsualNan = 0x7ff8000000000000;

Json NamedToJson(const NamedValues& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) json[name] = ToJson(value);
  return json;
}

Json TpeToJson(const Tpe& tpe) {
  Json json = {{"name", "tpe"}};
  if (tpe.reproduce == Tpe::Reproduce::kOptuna291) json["reproduce"] = "optuna-2.9.1";
  if (tpe.reproduce == Tpe::Reproduce::kOptuna50) json["reproduce"] = "optuna-5.0";
  if (tpe.tie_order == Tpe::TieOrder::kSimd) json["tie_order"] = "simd";
  if (tpe.tie_order == Tpe::TieOrder::kScalar) json["tie_order"] = "scalar";
  const auto set = [&json](const char* name, const auto& option) {
    if (option.has_value()) json[name] = *option;
  };
  set("n_startup_trials", tpe.n_startup_trials);
  set("n_ei_candidates", tpe.n_ei_candidates);
  set("multivariate", tpe.multivariate);
  set("group", tpe.group);
  set("constant_liar", tpe.constant_liar);
  set("consider_endpoints", tpe.consider_endpoints);
  set("consider_magic_clip", tpe.consider_magic_clip);
  set("consider_prior", tpe.consider_prior);
  if (tpe.prior_weight.has_value()) json["prior_weight"] = ToJson(*tpe.prior_weight);
  return json;
}

template <typename T>
void AddTime(const char* name, const std::optional<T>& time, Json* json) {
  if (time.has_value()) (*json)[name] = UtcTime(*time);
}

void AddOutcome(const FrozenTrial& trial, Json* json) {
  Json values = Json::array();
  for (const double value : trial.values) values.push_back(ToJson(value));
  (*json)["values"] = std::move(values);
  if (!trial.intermediate_values.empty()) {
    Json steps = Json::array();
    for (const IntermediateValue& step : trial.intermediate_values) {
      Json value = ToJson(step.value);
      if (!step.more.empty()) value = Json::array({std::move(value)});
      for (const double other : step.more) value.push_back(ToJson(other));
      steps.push_back(Json::array({step.step, std::move(value)}));
    }
    (*json)["intermediate_values"] = std::move(steps);
  }
  if (!trial.constraints.empty()) (*json)["constraints"] = NamedToJson(trial.constraints);
  if (!trial.metrics.empty()) (*json)["metrics"] = NamedToJson(trial.metrics);
  if (trial.state == TrialState::kFailed) {
    (*json)["failure"] = {{"kind", ToText(trial.failure)}, {"reason", trial.reason}};
  }
  if (!trial.prune_reason.empty()) (*json)["prune_reason"] = trial.prune_reason;
}

}  // namespace

Json ToJson(double value) {
  if (std::isnan(value)) {
    const auto bits = std::bit_cast<uint64_t>(value);
    return bits == kUsualNan ? std::string("NaN") : absl::StrFormat("NaN(%016x)", bits);
  }
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json ToJson(const Value& value) {
  return std::visit(
      [](const auto& held) -> Json {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<T, double>) {
          return ToJson(held);
        } else {
          return held;
        }
      },
      value);
}

Json ChoiceToJson(const Value& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && std::isinf(*number) ? Json{{"float", ToJson(*number)}} : ToJson(value);
}

Json ToJson(const Distribution& distribution) {
  if (const auto* real = std::get_if<Float>(&distribution)) {
    Json json = {{"type", "float"}, {"low", ToJson(real->low)}, {"high", ToJson(real->high)}};
    if (real->log) json["log"] = true;
    if (real->step.has_value()) json["step"] = ToJson(*real->step);
    return json;
  }
  if (const auto* whole = std::get_if<Int>(&distribution)) {
    Json json = {{"type", "int"}, {"low", whole->low}, {"high", whole->high}};
    if (whole->log) json["log"] = true;
    if (whole->step != 1) json["step"] = whole->step;
    return json;
  }
  Json choices = Json::array();
  for (const Value& choice : std::get<Categorical>(distribution).choices) choices.push_back(ChoiceToJson(choice));
  return {{"type", "categorical"}, {"choices", std::move(choices)}};
}

Json ToJson(const SearchSpace& space) {
  Json json = Json::object();
  for (const Parameter& parameter : space) {
    Json& entry = json[parameter.name] = ToJson(parameter.distribution);
    if (parameter.when.has_value()) {
      Json values = Json::array();
      for (const Value& value : parameter.when->values) values.push_back(ChoiceToJson(value));
      entry["when"] = Json::object({{parameter.when->parent, std::move(values)}});
    }
    if (parameter.default_value.has_value()) entry["default"] = ChoiceToJson(*parameter.default_value);
  }
  return json;
}

Json ToJson(const Sampler& sampler) {
  if (std::holds_alternative<Random>(sampler)) return "random";
  if (std::holds_alternative<Qmc>(sampler)) return "qmc";
  if (const auto* tpe = std::get_if<Tpe>(&sampler)) {
    Json json = TpeToJson(*tpe);
    return json.size() == 1 ? Json("tpe") : json;
  }
  if (const auto* gp = std::get_if<GpEi>(&sampler)) {
    if (!gp->n_startup_trials.has_value()) return "gp-ei";
    return {{"name", "gp-ei"}, {"n_startup_trials", *gp->n_startup_trials}};
  }
  return "auto";
}

Json ToJson(const StudyInfo& study) {
  const StudyConfig& config = study.config;
  Json json = {{"name", config.name}};
  Json directions = Json::array();
  for (const Direction direction : config.directions) directions.push_back(ToText(direction));
  json["directions"] = std::move(directions);
  if (!config.metric_names.empty()) json["metric_names"] = config.metric_names;
  json["space"] = ToJson(config.space);
  json["sampler"] = ToJson(config.sampler);
  if (config.seed.has_value()) json["seed"] = *config.seed;
  if (config.max_trials.has_value()) json["max_trials"] = *config.max_trials;
  if (!config.pruner.empty()) json["pruner"] = config.pruner;
  if (config.max_duration.has_value()) json["max_duration"] = ToJson(*config.max_duration);
  for (const double value : config.target) json["target"].push_back(ToJson(value));
  if (config.patience.has_value()) json["patience"] = *config.patience;
  if (!study.finish_reason.empty()) json["finish_reason"] = study.finish_reason;
  if (config.max_retries.has_value()) json["max_retries"] = *config.max_retries;
  if (config.allow_repeats.has_value()) json["allow_repeats"] = *config.allow_repeats;
  AddAttributes("user_attrs", config.user_attrs, &json);
  AddAttributes("system_attrs", config.system_attrs, &json);
  json["state"] = ToText(study.state);
  json["trials"] = {{"waiting", study.counts.waiting}, {"running", study.counts.running}, {"complete", study.counts.complete},
                    {"pruned", study.counts.pruned},   {"failed", study.counts.failed},   {"imported", study.counts.imported}};
  if (study.space_size.has_value()) json["space_size"] = *study.space_size;
  for (const WarmStartSource& source : study.warm_start) {
    json["warm_start"].push_back(
        {{"study", source.study}, {"uid", std::to_string(source.uid)}, {"revision", source.revision}, {"trials", source.trials}});
  }
  AddTime("created", study.created, &json);
  json["revision"] = study.revision;
  // As text: JSON readers hold 53 bits.
  json["uid"] = std::to_string(study.uid);
  return json;
}

Json ToJson(const Params& params) {
  Json json = Json::object();
  for (const Param& param : params) json[param.name] = ToJson(param.value);
  return json;
}

Json ToJson(const Attributes& attributes) {
  Json json = Json::object();
  for (const auto& [key, text] : attributes) {
    Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    json[key] = value.is_discarded() ? Json(text) : std::move(value);
  }
  return json;
}

void AddAttributes(const std::string& name, const Attributes& attributes, Json* json) {
  if (attributes.empty()) return;
  const Json& values = (*json)[name] = ToJson(attributes);
  Json texts = Json::object();
  for (const auto& [key, text] : attributes) {
    if (Dump(values[key]) != text) texts[key] = text;
  }
  if (!texts.empty()) (*json)[name + "_text"] = std::move(texts);
}

Json ToJson(const FrozenTrial& trial) {
  Json json = {{"number", trial.number()}, {"state", ToText(trial.state)}, {"params", ToJson(trial.params)}};
  AddOutcome(trial, &json);
  AddAttributes("user_attrs", trial.user_attrs, &json);
  AddAttributes("system_attrs", trial.system_attrs, &json);
  if (!trial.worker.empty()) json["worker"] = trial.worker;
  if (trial.handle.attempt != 0) json["attempt"] = trial.handle.attempt;
  AddTime("created", trial.created, &json);
  AddTime("started", trial.started, &json);
  AddTime("finished", trial.finished, &json);
  if (trial.enqueued) json["enqueued"] = true;
  if (trial.imported) json["imported"] = true;
  if (!trial.fixed_params.empty()) json["fixed_params"] = trial.fixed_params;
  return json;
}

std::string Dump(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

}  // namespace parzen::cli
