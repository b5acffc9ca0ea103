#include "tests/golden/pruning_recording.h"

#include <memory>
#include <optional>
#include <stdexcept>

#include "tests/golden/python_json.h"

namespace parzen::golden {
namespace {

std::optional<int64_t> ToResource(const Json& value) {
  if (value.is_string()) return std::nullopt;  // "auto"
  return value.get<int64_t>();
}

std::optional<double> ToBound(const Json& options, const char* name) {
  if (!options.contains(name) || options[name].is_null()) return std::nullopt;
  return ToDouble(options[name]);
}

PrunerConfig ToPruner(const Json& json) {
  PrunerConfig config;
  const std::string kind = json.at("kind");
  config.kind = PrunerKindFromName(kind == "nop" ? "none" : kind).value();
  const Json options = json.value("kw", Json::object());
  const auto integer = [&](const char* name, int64_t* option) { *option = options.value(name, *option); };
  PercentileOptions& percentile = config.percentile;
  percentile.percentile = options.value("percentile", percentile.percentile);
  integer("n_startup_trials", &percentile.n_startup_trials);
  integer("n_warmup_steps", &percentile.n_warmup_steps);
  integer("interval_steps", &percentile.interval_steps);
  integer("n_min_trials", &percentile.n_min_trials);
  SuccessiveHalvingOptions& halving = config.successive_halving;
  HyperbandOptions& hyperband = config.hyperband;
  if (options.contains("min_resource")) halving.min_resource = ToResource(options["min_resource"]);
  hyperband.min_resource = halving.min_resource.value_or(1);
  if (options.contains("max_resource")) hyperband.max_resource = ToResource(options["max_resource"]);
  integer("reduction_factor", &halving.reduction_factor);
  integer("reduction_factor", &hyperband.reduction_factor);
  integer("min_early_stopping_rate", &halving.min_early_stopping_rate);
  integer("bootstrap_count", &halving.bootstrap_count);
  integer("bootstrap_count", &hyperband.bootstrap_count);
  config.threshold.lower = ToBound(options, "lower");
  config.threshold.upper = ToBound(options, "upper");
  integer("n_warmup_steps", &config.threshold.n_warmup_steps);
  integer("interval_steps", &config.threshold.interval_steps);
  integer("patience", &config.patient.patience);
  config.patient.min_delta = options.value("min_delta", 0.0);
  if (json.contains("wrapped") && !json["wrapped"].is_null()) {
    config.patient.wrapped = std::make_shared<PrunerConfig>(ToPruner(json["wrapped"]));
  }
  config.wilcoxon.p_threshold = options.value("p_threshold", config.wilcoxon.p_threshold);
  integer("n_startup_steps", &config.wilcoxon.n_startup_steps);
  return config;
}

PruningEvent ToEvent(const Json& json) {
  PruningEvent event;
  if (json.contains("report")) {
    event.kind = PruningEvent::Kind::kReport;
    event.number = json["report"];
    event.step = json.at("step");
    event.value = ToDouble(json.at("value"));
    event.prune = json.at("prune");
  } else if (json.contains("tell")) {
    event.kind = PruningEvent::Kind::kTell;
    event.number = json["tell"];
    const std::string state = json.at("state");
    event.outcome.state = state == "COMPLETE" ? RowState::kComplete : state == "PRUNED" ? RowState::kPruned : RowState::kFailed;
    if (state == "COMPLETE") event.outcome.values = {ToDouble(json.at("value"))};
    if (json.contains("constraints")) {
      for (const auto& [name, value] : json["constraints"].items()) event.outcome.constraints.push_back({name, ToDouble(value)});
    }
  } else {
    event.number = json.at("ask");
  }
  return event;
}

}  // namespace

std::vector<PruningRecording> ReadPruningRecordings(const std::string& path) {
  std::vector<PruningRecording> recordings;
  for (const std::string& line : ReadLines(path)) {
    const Json json = ParsePythonJson(line);
    PruningRecording recording;
    recording.study_name = json.at("name");
    recording.direction = json.at("direction") == "maximize" ? Direction::kMaximize : Direction::kMinimize;
    recording.pruner = ToPruner(json.at("pruner"));
    for (const Json& event : json.at("events")) recording.events.push_back(ToEvent(event));
    recordings.push_back(std::move(recording));
  }
  return recordings;
}

}  // namespace parzen::golden
