// What was learned from earlier studies as JSON (the grammar is in docs/storage.md).

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/engine/definition/definition_json.h"

namespace parzen::engine {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const EarlierStudy& study) {
  Json points = Json::array();
  for (const Point& point : study.points) {
    Json& row = points.emplace_back(Json::array());
    for (const double value : point) row.push_back(std::isnan(value) ? Json() : Json(value));
  }
  Json json = {{"name", study.name},
               {"uid", study.uid},
               {"revision", study.revision},
               {"trials", study.trials},
               {"parameters", study.parameters},
               {"spans", study.spans},
               {"log_scales", study.log_scales},
               {"log_noise", study.log_noise},
               {"log_amplitude", study.log_amplitude},
               {"points", std::move(points)},
               {"losses", study.losses}};
  if (study.main_effects) json["main_effects"] = *study.main_effects;
  return json;
}

EarlierStudy EarlierStudyOf(const Json& json) {
  EarlierStudy study;
  study.name = json.at("name").get<std::string>();
  study.uid = WholeOf<uint64_t>(json.at("uid"));
  study.revision = WholeOf<int64_t>(json.at("revision"));
  study.trials = WholeOf<int64_t>(json.at("trials"));
  study.parameters = json.at("parameters").get<std::vector<std::string>>();
  study.spans = json.at("spans").get<std::vector<double>>();
  study.log_scales = json.at("log_scales").get<std::vector<double>>();
  study.log_noise = json.at("log_noise").get<double>();
  study.log_amplitude = json.at("log_amplitude").get<double>();
  if (json.contains("main_effects")) study.main_effects = json.at("main_effects").get<double>();
  for (const Json& row : json.at("points")) {
    Point& point = study.points.emplace_back();
    for (const Json& value : row) point.push_back(value.is_null() ? kAbsent : value.get<double>());
    if (point.size() != study.parameters.size()) throw std::invalid_argument("a point of an earlier study is of another length");
  }
  study.losses = json.at("losses").get<std::vector<double>>();
  const size_t columns = study.points.empty() ? study.spans.size() : study.parameters.size();
  if (study.losses.size() != study.points.size() || study.spans.size() != columns || study.log_scales.size() != columns) {
    throw std::invalid_argument("what is kept of an earlier study does not fit together");
  }
  return study;
}

}  // namespace

Json ToJson(const WarmStart& warm_start) {
  Json studies = Json::array(), first = Json::array();
  for (const EarlierStudy& study : warm_start.studies) studies.push_back(ToJson(study));
  for (const std::vector<NamedValue>& values : warm_start.first) {
    Json& point = first.emplace_back(Json::object());
    for (const NamedValue& value : values) point[value.name] = value.value;
  }
  return {{"version", warm_start.version}, {"studies", std::move(studies)}, {"first", std::move(first)}};
}

WarmStart WarmStartOf(const Json& json) {
  WarmStart warm_start;
  warm_start.version = WholeOf<int32_t>(json.at("version"));
  for (const Json& study : json.at("studies")) warm_start.studies.push_back(EarlierStudyOf(study));
  for (const Json& point : json.at("first")) {
    std::vector<NamedValue>& values = warm_start.first.emplace_back();
    for (const auto& [name, value] : point.items()) values.push_back({name, value.get<double>()});
  }
  return warm_start;
}

}  // namespace parzen::engine
