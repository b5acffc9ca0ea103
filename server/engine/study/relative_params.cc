#include "server/engine/study/relative_params.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "server/engine/definition/python_json.h"

namespace parzen::engine {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kKey = "tpe:relative_params:";
// Optuna's own length of a piece, for storages with short columns.
constexpr size_t kPiece = 2045;

// As Python's json module writes it.
Json TextOf(const Choice& choice) {
  if (const auto* flag = std::get_if<bool>(&choice)) return *flag;
  if (const auto* whole = std::get_if<int64_t>(&choice)) return *whole;
  if (const auto* number = std::get_if<double>(&choice)) return *number;
  if (const auto* text = std::get_if<std::string>(&choice)) return *text;
  return nullptr;
}

std::optional<Choice> ChoiceOf(const Json& json) {
  if (json.is_null()) return Choice();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return std::nullopt;
}

std::string Dump(const Json& json) { return json.dump(-1, ' ', true, Json::error_handler_t::replace); }

// The pieces put together; empty where one is no JSON string.
std::string Assemble(const Attributes& system_attrs) {
  std::string text;
  for (size_t piece = 0;; ++piece) {
    const std::string key = std::string(kKey) + std::to_string(piece);
    const auto found =
        std::find_if(system_attrs.begin(), system_attrs.end(), [&](const auto& attribute) { return attribute.first == key; });
    if (found == system_attrs.end()) return text;
    const Json json = Json::parse(found->second, nullptr, false);
    if (!json.is_string()) return {};
    text += json.get_ref<const std::string&>();
  }
}

}  // namespace

bool SharesJointPart(const SamplerConfig& config) {
  if (config.kind == SamplerKind::kAuto) return true;
  return config.kind == SamplerKind::kTpe && config.tpe.constant_liar.value_or(config.tpe.reproduce != Reproduce::kOptuna291);
}

Attributes RelativeParams(const JointPart& part) {
  if (part.values.empty()) return {};
  Json object = Json::object();
  for (size_t i = 0; i < part.values.size(); ++i) {
    object[part.space[i].name] = TextOf(ToExternal(part.space[i].distribution, part.values[i]));
  }
  const std::string text = Dump(object);
  Attributes attributes;
  for (size_t begin = 0; begin < text.size(); begin += kPiece) {
    attributes.emplace_back(std::string(kKey) + std::to_string(begin / kPiece), Dump(text.substr(begin, kPiece)));
  }
  return attributes;
}

bool HasRelativeParams(const Attributes& system_attrs) {
  return std::any_of(system_attrs.begin(), system_attrs.end(),
                     [](const auto& attribute) { return attribute.first.starts_with(kKey); });
}

std::vector<NamedValue> ReadRelativeParams(const Attributes& system_attrs, const History& history) {
  std::vector<NamedValue> values;
  if (!HasRelativeParams(system_attrs)) return values;
  const Json object = Json::parse(StandardJson(Assemble(system_attrs)), nullptr, false);
  if (!object.is_object()) return values;
  for (const auto& [name, json] : object.items()) {
    const Column* column = history.FindColumn(name);
    const std::optional<Choice> choice = ChoiceOf(json);
    if (column == nullptr || !choice) continue;
    const absl::StatusOr<double> internal = ToInternal(name, column->distribution, *choice);
    if (internal.ok() && std::isfinite(*internal)) values.push_back({name, *internal});
  }
  return values;
}

void TeachRelativeParams(const StudyPtr& study, int64_t number) {
  Attributes attributes;
  {
    const MutexLock lock(study->mutex());
    const LiveTrial* live = study->rooms().staged.Find(number);
    if (live == nullptr || live->record.state != TrialState::kRunning) return;
    attributes = live->record.system_attrs;
  }
  std::vector<NamedValue> values = ReadRelativeParams(attributes, study->learner().history());
  if (!values.empty()) study->learner().SetRelative(number, std::move(values));
}

}  // namespace parzen::engine
