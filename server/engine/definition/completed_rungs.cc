#include "server/engine/definition/completed_rungs.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <string_view>
#include <variant>

#include "server/engine/definition/definition_json.h"
#include "server/engine/definition/python_json.h"
#include "server/engine/study/study_pruner.h"

namespace parzen::engine {
namespace {

constexpr std::string_view kCompletedRung = "completed_rung_";

std::optional<double> NumberOf(const std::string& python_json) {
  try {
    const auto json = nlohmann::ordered_json::parse(StandardJson(python_json));
    if (json.is_number()) return json.get<double>();
    return std::get<double>(ChoiceOf(json));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::vector<std::vector<double>> RungsOf(const Attributes& system_attrs) {
  for (const auto& [key, json] : system_attrs) {
    if (key != kRungsKey) continue;
    if (auto rungs = RungsFromJson(json); rungs.ok()) return *std::move(rungs);
  }
  return {};
}

}  // namespace

std::string CompletedRungKey(size_t rung) { return std::string(kCompletedRung) + std::to_string(rung); }

bool IsCompletedRung(const std::string& key) { return key.starts_with(kCompletedRung); }

std::vector<double> CompletedRungs(const Attributes& system_attrs) {
  std::vector<double> values;
  for (const std::vector<double>& rung : RungsOf(system_attrs)) {
    if (rung.size() != 1) return {};
    values.push_back(rung.front());
  }
  return values;
}

std::optional<std::string> RungsWith(const Attributes& there, const Attributes& given) {
  if (std::none_of(given.begin(), given.end(), [](const auto& entry) { return IsCompletedRung(entry.first); }))
    return std::nullopt;
  std::vector<std::vector<double>> rungs = RungsOf(there);
  const size_t before = rungs.size();
  for (;;) {
    const std::string next = CompletedRungKey(rungs.size());
    const auto entered = std::find_if(given.begin(), given.end(), [&](const auto& entry) { return entry.first == next; });
    const std::optional<double> value = entered == given.end() ? std::nullopt : NumberOf(entered->second);
    if (!value) break;
    rungs.push_back({*value});
  }
  return rungs.size() > before ? std::optional(RungsToJson(rungs)) : std::nullopt;
}

}  // namespace parzen::engine
