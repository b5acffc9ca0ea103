#include "clients/cli/study_file.h"

#include <yaml-cpp/yaml.h>

#include <cmath>
#include <limits>
#include <set>

#include "base/status_macros.h"
#include "clients/cli/files.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"
#include "clients/cli/utf8.h"

namespace parzen::cli {
namespace {

absl::Status Refuse(const std::string& what, const Json& found, const std::string& accepted) {
  return absl::InvalidArgumentError(what + " is " + Truncate(Dump(found), 80) + ": " + accepted);
}

// The YAML 1.2 core schema's reading of a plain scalar.
Json PlainScalar(const std::string& text) {
  if (text.empty() || text == "null" || text == "Null" || text == "NULL" || text == "~") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (const std::optional<int64_t> whole = ParseWhole(text)) return *whole;
  std::string_view number = text;
  const bool negative = number.front() == '-';
  if (number.front() == '-' || number.front() == '+') number.remove_prefix(1);
  if (number == ".inf" || number == ".Inf" || number == ".INF") {
    return ToJson(negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity());
  }
  if (!number.empty() && (std::isdigit(static_cast<unsigned char>(number.front())) != 0 || number.front() == '.')) {
    // A seed may need all 64 bits.
    if (!negative && text.find_first_not_of("0123456789") == std::string::npos) {
      Json parsed = Json::parse(text, nullptr, false);
      if (parsed.is_number_unsigned()) return parsed;
    }
    if (const std::optional<double> value = ParseNumber(text)) return *value;
  }
  return text;
}

absl::StatusOr<Json> FromYaml(const YAML::Node& node, int depth) {
  if (depth > 64) return absl::InvalidArgumentError("the file is nested more than 64 deep");
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      return Json(nullptr);
    case YAML::NodeType::Scalar:
      return node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str" ? Json(node.Scalar()) : PlainScalar(node.Scalar());
    case YAML::NodeType::Sequence: {
      Json array = Json::array();
      for (const YAML::Node& element : node) {
        PARZEN_ASSIGN_OR_RETURN(Json value, FromYaml(element, depth + 1));
        array.push_back(std::move(value));
      }
      return array;
    }
    case YAML::NodeType::Map: {
      Json object = Json::object();
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) return absl::InvalidArgumentError("a key of the file is not a text");
        const std::string& key = entry.first.Scalar();
        if (object.contains(key)) return absl::InvalidArgumentError("the key '" + key + "' occurs twice");
        PARZEN_ASSIGN_OR_RETURN(Json value, FromYaml(entry.second, depth + 1));
        object[key] = std::move(value);
      }
      return object;
    }
  }
  return Json(nullptr);
}

template <typename T>
absl::Status ReadWhole(const Json& json, const std::string& key, int low, std::optional<T>* out) {
  if (!json.contains(key) || json[key].is_null()) return absl::OkStatus();
  const Json& value = json[key];
  const bool negative = value.is_number_integer() && !value.is_number_unsigned() && value.get<int64_t>() < 0;
  const bool fits = value.is_number_integer() && !negative && value.get<uint64_t>() >= static_cast<uint64_t>(low) &&
                    value.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<T>::max());
  if (!fits) return Refuse(key, value, "a whole number of at least " + std::to_string(low) + " is accepted");
  *out = value.get<T>();
  return absl::OkStatus();
}

absl::Status ReadBool(const Json& json, const std::string& key, std::optional<bool>* out) {
  if (!json.contains(key)) return absl::OkStatus();
  if (!json[key].is_boolean()) return Refuse(key, json[key], "true or false is accepted");
  *out = json[key].get<bool>();
  return absl::OkStatus();
}

absl::StatusOr<Sampler> TpeFromJson(const Json& json) {
  Tpe tpe;
  static const std::set<std::string> kAccepted = {
      "name",  "reproduce",     "tie_order",          "n_startup_trials",    "n_ei_candidates", "multivariate",
      "group", "constant_liar", "consider_endpoints", "consider_magic_clip", "consider_prior",  "prior_weight"};
  for (const auto& [key, value] : json.items()) {
    if (!kAccepted.contains(key)) return absl::InvalidArgumentError("sampler.tpe has no option '" + key + "'");
  }
  if (json.contains("reproduce")) {
    const Json& version = json["reproduce"];
    if (version == "optuna-2.9.1") {
      tpe.reproduce = Tpe::Reproduce::kOptuna291;
    } else if (version == "optuna-5.0") {
      tpe.reproduce = Tpe::Reproduce::kOptuna50;
    } else {
      return Refuse("sampler.reproduce", version, "optuna-5.0 or optuna-2.9.1 is accepted");
    }
  }
  if (json.contains("tie_order")) {
    const Json& order = json["tie_order"];
    if (order != "simd" && order != "scalar") return Refuse("sampler.tie_order", order, "simd or scalar is accepted");
    tpe.tie_order = order == "simd" ? Tpe::TieOrder::kSimd : Tpe::TieOrder::kScalar;
  }
  for (const absl::Status& status :
       {ReadWhole(json, "n_startup_trials", 0, &tpe.n_startup_trials),
        ReadWhole(json, "n_ei_candidates", 1, &tpe.n_ei_candidates), ReadBool(json, "multivariate", &tpe.multivariate),
        ReadBool(json, "group", &tpe.group), ReadBool(json, "constant_liar", &tpe.constant_liar),
        ReadBool(json, "consider_endpoints", &tpe.consider_endpoints),
        ReadBool(json, "consider_magic_clip", &tpe.consider_magic_clip), ReadBool(json, "consider_prior", &tpe.consider_prior)}) {
    if (!status.ok()) return status;
  }
  if (json.contains("prior_weight")) {
    PARZEN_ASSIGN_OR_RETURN(const double weight, DoubleFromJson(json["prior_weight"], "sampler.prior_weight"));
    tpe.prior_weight = weight;
  }
  return Sampler(tpe);
}

absl::Status ReadDirections(const Json& json, StudyConfig* config) {
  if (json.contains("direction") && json.contains("directions")) {
    return absl::InvalidArgumentError("direction and directions exclude each other");
  }
  const Json directions =
      json.contains("directions") ? json["directions"] : Json::array({json.value("direction", Json("minimize"))});
  if (!directions.is_array() || directions.empty()) {
    return Refuse("directions", directions, "a list of minimize and maximize is accepted");
  }
  config->directions.clear();
  for (const Json& direction : directions) {
    PARZEN_ASSIGN_OR_RETURN(const Direction known,
                            DirectionFromText(direction.is_string() ? direction.get<std::string>() : Dump(direction)));
    config->directions.push_back(known);
  }
  return absl::OkStatus();
}

absl::Status ReadNames(const Json& json, StudyConfig* config) {
  if (json.contains("name")) {
    if (!json["name"].is_string()) return Refuse("name", json["name"], "a text is accepted");
    config->name = json["name"].get<std::string>();
  }
  if (json.contains("metric_names")) {
    if (!json["metric_names"].is_array()) return Refuse("metric_names", json["metric_names"], "a list of texts is accepted");
    for (const Json& name : json["metric_names"]) {
      if (!name.is_string()) return Refuse("metric_names", name, "texts are accepted");
      config->metric_names.push_back(name.get<std::string>());
    }
  }
  if (const absl::Status status = ReadAttributes(json, "user_attrs", &config->user_attrs); !status.ok()) return status;
  return ReadAttributes(json, "system_attrs", &config->system_attrs);
}

// The pruner, and the limits that are no whole numbers.
absl::Status ReadEnd(const Json& json, StudyConfig* config) {
  if (json.contains("pruner") && !json["pruner"].is_null()) {
    if (!json["pruner"].is_string())
      return Refuse("pruner", json["pruner"], "a text such as 'median(n_warmup_steps=5)' is accepted");
    config->pruner = json["pruner"].get<std::string>();
  }
  if (json.contains("max_duration") && !json["max_duration"].is_null()) {
    const absl::StatusOr<double> seconds = DoubleFromJson(json["max_duration"], "max_duration");
    if (!seconds.ok()) return Refuse("max_duration", json["max_duration"], "seconds are accepted");
    config->max_duration = *seconds;
  }
  if (json.contains("target") && !json["target"].is_null()) {
    const Json targets = json["target"].is_array() ? json["target"] : Json::array({json["target"]});
    for (const Json& target : targets) {
      const absl::StatusOr<double> number = DoubleFromJson(target, "target");
      if (!number.ok()) return Refuse("target", target, "a number, or a list of them, is accepted");
      config->target.push_back(*number);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadWarmStart(const Json& json, StudyConfig* config) {
  if (json.contains("warm_start_snapshot") && !json["warm_start_snapshot"].is_null()) {
    if (!json["warm_start_snapshot"].is_object()) {
      return Refuse("warm_start_snapshot", json["warm_start_snapshot"], "what an export has written is accepted");
    }
    config->warm_start_snapshot = Dump(json["warm_start_snapshot"]);
  }
  if (!json.contains("warm_start_from") || json["warm_start_from"].is_null()) return absl::OkStatus();
  const Json& from = json["warm_start_from"];
  if (from == "auto") {
    config->warm_start_auto = true;
    return absl::OkStatus();
  }
  if (!from.is_array()) return Refuse("warm_start_from", from, "auto, or a list of studies' names, is accepted");
  for (const Json& name : from) {
    if (!name.is_string()) return Refuse("warm_start_from", name, "texts are accepted");
    config->warm_start_from.push_back(name.get<std::string>());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Json> ParseYaml(const std::string& text) {
  if (!IsUtf8(text)) return absl::InvalidArgumentError("it is no UTF-8");
  Json strict = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!strict.is_discarded()) return strict;
  // yaml-cpp reports by exception; none leaves this function.
  try {
    return FromYaml(YAML::Load(text), 0);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError("not a YAML or JSON document: line " + std::to_string(error.mark.line + 1) + ": " +
                                      error.msg);
  }
}

absl::StatusOr<Direction> DirectionFromText(std::string_view text) {
  if (text == "minimize") return Direction::kMinimize;
  if (text == "maximize") return Direction::kMaximize;
  return absl::InvalidArgumentError("direction is '" + Printable(text) + "': minimize or maximize is accepted");
}

absl::StatusOr<Sampler> SamplerFromJson(const Json& json) {
  const Json options = json.is_string() ? Json::object({{"name", json}}) : json;
  const std::string name = options.is_object() && options.contains("name") && options["name"].is_string()
                               ? options["name"].get<std::string>()
                               : std::string();
  if (name == "tpe") return TpeFromJson(options);
  if (name == "gp-ei") {
    GpEi gp;
    if (const absl::Status status = ReadWhole(options, "n_startup_trials", 1, &gp.n_startup_trials); !status.ok()) return status;
    if (options.size() > (gp.n_startup_trials.has_value() ? 2U : 1U)) {
      return Refuse("sampler", json, "gp-ei has the option n_startup_trials");
    }
    return Sampler(gp);
  }
  if (name != "auto" && name != "random" && name != "qmc") {
    return Refuse("sampler", json, "auto, random, qmc, tpe or gp-ei is accepted");
  }
  if (options.size() > 1) return Refuse("sampler", json, name + " has no options");
  if (name == "random") return Sampler(Random{});
  if (name == "qmc") return Sampler(Qmc{});
  return Sampler(Auto{});
}

absl::StatusOr<StudyConfig> StudyFromJson(const Json& json) {
  if (!json.is_object()) return Refuse("the study", json, "keys and values are accepted");
  static const std::set<std::string> kAccepted = {
      "name",   "direction",    "directions",  "metric_names",  "space",           "sampler",
      "seed",   "max_trials",   "max_retries", "allow_repeats", "user_attrs",      "system_attrs",
      "pruner", "max_duration", "target",      "patience",      "warm_start_from", "warm_start_snapshot"};
  static const std::set<std::string> kPassedOver = {"user_attrs_text", "system_attrs_text", "state",    "trials",
                                                    "space_size",      "created",           "revision", "uid",
                                                    "finish_reason",   "warm_start"};
  for (const auto& [key, value] : json.items()) {
    if (!kAccepted.contains(key) && !kPassedOver.contains(key)) {
      std::string accepted;
      for (const std::string& name : kAccepted) accepted += (accepted.empty() ? "" : ", ") + name;
      return absl::InvalidArgumentError("the study has an unknown key '" + key + "': " + accepted + " are accepted");
    }
  }
  StudyConfig config;
  for (const absl::Status& status :
       {ReadNames(json, &config), ReadDirections(json, &config), ReadWhole(json, "seed", 0, &config.seed),
        ReadWhole(json, "max_trials", 1, &config.max_trials), ReadWhole(json, "patience", 1, &config.patience),
        ReadEnd(json, &config), ReadWarmStart(json, &config), ReadWhole(json, "max_retries", 0, &config.max_retries),
        ReadBool(json, "allow_repeats", &config.allow_repeats)}) {
    if (!status.ok()) return status;
  }
  if (json.contains("space") && !json["space"].is_null()) {
    PARZEN_ASSIGN_OR_RETURN(SearchSpace space, SpaceFromJson(json["space"]));
    config.space = std::move(space);
  }
  if (json.contains("sampler") && !json["sampler"].is_null()) {
    PARZEN_ASSIGN_OR_RETURN(Sampler sampler, SamplerFromJson(json["sampler"]));
    config.sampler = std::move(sampler);
  }
  return config;
}

absl::StatusOr<StudyConfig> ReadStudyFile(const std::string& path) {
  PARZEN_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const absl::StatusOr<Json> json = ParseYaml(text);
  if (!json.ok()) return absl::InvalidArgumentError(path + ": " + std::string(json.status().message()));
  absl::StatusOr<StudyConfig> config = StudyFromJson(*json);
  if (!config.ok()) return absl::InvalidArgumentError(path + ": " + std::string(config.status().message()));
  return config;
}

}  // namespace parzen::cli
