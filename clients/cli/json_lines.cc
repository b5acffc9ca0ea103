#include "clients/cli/json_lines.h"

#include <algorithm>

#include "base/status_macros.h"
#include "clients/cli/json.h"
#include "clients/cli/study_file.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

// Attributes are nested at most 64 deep, and lie in a trial or in a study line.
constexpr int kMaxDepth = 80;

absl::StatusOr<Json> ParseLine(std::string_view line) {
  bool deep = false;
  const auto bounded = [&deep](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > kMaxDepth;
    return depth <= kMaxDepth;
  };
  Json json = Json::parse(line, bounded, /*allow_exceptions=*/false);
  if (deep) return absl::InvalidArgumentError("nested more than " + std::to_string(kMaxDepth) + " deep");
  if (json.is_discarded() || !json.is_object()) return absl::InvalidArgumentError("no JSON object");
  return json;
}

absl::StatusOr<StudyInfo> StudyFromLine(const Json& json) {
  const Json& study = json["study"];
  PARZEN_ASSIGN_OR_RETURN(StudyConfig config, StudyFromJson(study));
  StudyInfo info;
  info.config = std::move(config);
  if (!study.contains("state")) return info;
  for (const StudyState state : {StudyState::kActive, StudyState::kPaused, StudyState::kFinished}) {
    info.state = state;
    if (study["state"] == Json(ToText(state))) return info;
  }
  return absl::InvalidArgumentError("study.state is " + Dump(study["state"]) + ": active, paused or finished is accepted");
}

// Whether a param's distribution is not the one that the space declares.
bool IsOwn(const Param& param, const SearchSpace& space) {
  if (!param.distribution.has_value()) return false;
  const auto declared =
      std::find_if(space.begin(), space.end(), [&](const Parameter& parameter) { return parameter.name == param.name; });
  return declared == space.end() || declared->distribution != *param.distribution;
}

absl::Status AddLine(std::string_view line, size_t number, const SearchSpace* declared, std::vector<StudyLines>* studies) {
  PARZEN_ASSIGN_OR_RETURN(const Json json, ParseLine(line));
  if (json.contains("study") && json["study"].is_object()) {
    PARZEN_ASSIGN_OR_RETURN(StudyInfo study, StudyFromLine(json));
    studies->push_back({std::move(study), {}, {}});
    return absl::OkStatus();
  }
  if (studies->empty()) studies->emplace_back();
  StudyLines& lines = studies->back();
  static const SearchSpace kNone;
  const SearchSpace& space = declared != nullptr ? *declared : lines.study ? lines.study->config.space : kNone;
  PARZEN_ASSIGN_OR_RETURN(FrozenTrial trial, TrialFromJson(json, space));
  lines.trials.push_back(std::move(trial));
  lines.lines.push_back(number);
  return absl::OkStatus();
}

}  // namespace

std::string StudyToJsonLine(const StudyInfo& study, const std::string& warm_start_snapshot) {
  Json json = ToJson(study);
  for (const char* own : {"trials", "space_size", "created", "revision", "uid", "warm_start"}) json.erase(own);
  if (!warm_start_snapshot.empty())
    json["warm_start_snapshot"] = Json::parse(warm_start_snapshot, nullptr, /*allow_exceptions=*/false);
  return Dump(Json{{"study", std::move(json)}}) + "\n";
}

std::string TrialToJsonLine(const StudyInfo& study, const FrozenTrial& trial) {
  Json json = ToJson(trial);
  for (const Param& param : trial.params) json["params"][param.name] = ChoiceToJson(param.value);
  Json times = Json::array();
  for (const IntermediateValue& value : trial.intermediate_values) {
    times.push_back(value.reported ? Json(UtcTime(*value.reported)) : Json(nullptr));
  }
  if (!times.empty()) json["intermediate_times"] = std::move(times);
  Json distributions = Json::object();
  for (const Param& param : trial.params) {
    if (IsOwn(param, study.config.space)) distributions[param.name] = ToJson(*param.distribution);
  }
  if (!distributions.empty()) json["distributions"] = std::move(distributions);
  return Dump(json) + "\n";
}

bool StartsWithStudy(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const absl::StatusOr<Json> json = ParseLine(text.substr(0, text.find('\n')));
  return json.ok() && json->contains("study") && (*json)["study"].is_object();
}

absl::StatusOr<std::vector<StudyLines>> ParseJsonLines(std::string_view text, const SearchSpace* declared) {
  std::vector<StudyLines> studies;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (const absl::Status status = AddLine(line, number, declared, &studies); !status.ok()) {
      return absl::InvalidArgumentError("line " + std::to_string(number) + ": " + std::string(status.message()));
    }
  }
  return studies;
}

}  // namespace parzen::cli
