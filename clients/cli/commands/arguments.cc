#include "clients/cli/commands/arguments.h"

#include <algorithm>

#include "clients/cli/json.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/study_file.h"

namespace parzen::cli {

absl::StatusOr<std::pair<std::string, std::string>> SplitAssignment(std::string_view text, std::string_view what) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return absl::InvalidArgumentError(std::string(what) + " is '" + std::string(text) + "': NAME=VALUE is accepted");
  }
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

absl::StatusOr<NamedValues> ParseNamedValues(const std::vector<std::string>& arguments, std::string_view what) {
  NamedValues values;
  for (const std::string& argument : arguments) {
    absl::StatusOr<std::pair<std::string, std::string>> assignment = SplitAssignment(argument, what);
    if (!assignment.ok()) return assignment.status();
    const std::optional<double> number = ParseNumber(assignment->second);
    if (!number.has_value()) {
      return absl::InvalidArgumentError(std::string(what) + " " + assignment->first + " is '" + assignment->second +
                                        "': a number is accepted");
    }
    values.emplace_back(std::move(assignment->first), *number);
  }
  return values;
}

absl::StatusOr<Attributes> ParseAttributes(const std::vector<std::string>& arguments, std::string_view what) {
  Attributes attributes;
  for (const std::string& argument : arguments) {
    absl::StatusOr<std::pair<std::string, std::string>> assignment = SplitAssignment(argument, what);
    if (!assignment.ok()) return assignment.status();
    const bool is_json = Json::accept(assignment->second);
    attributes.emplace_back(std::move(assignment->first), is_json ? assignment->second : Dump(Json(assignment->second)));
  }
  return attributes;
}

absl::StatusOr<Sampler> ParseSampler(const std::string& name, const std::vector<std::string>& options) {
  if (name.empty()) return absl::InvalidArgumentError("--sampler-option needs --sampler");
  Json sampler = {{"name", name}};
  for (const std::string& text : options) {
    const absl::StatusOr<std::pair<std::string, std::string>> assignment = SplitAssignment(text, "--sampler-option");
    if (!assignment.ok()) return assignment.status();
    const absl::StatusOr<Value> value = ParseValue(assignment->second);
    if (!value.ok()) return value.status();
    sampler[assignment->first] = ToJson(*value);
  }
  return SamplerFromJson(sampler);
}

absl::StatusOr<Params> ParseParams(const std::vector<std::string>& arguments, const SearchSpace& space) {
  Params params;
  for (const std::string& argument : arguments) {
    absl::StatusOr<std::pair<std::string, std::string>> assignment = SplitAssignment(argument, "a parameter");
    if (!assignment.ok()) return assignment.status();
    auto& [name, text] = *assignment;
    const auto declared =
        std::find_if(space.begin(), space.end(), [&name = name](const Parameter& parameter) { return parameter.name == name; });
    if (declared == space.end() && !space.empty()) {
      std::string names;
      for (const Parameter& parameter : space) names += (names.empty() ? "" : ", ") + parameter.name;
      return absl::InvalidArgumentError("the study has no parameter '" + name + "': it has " + names);
    }
    absl::StatusOr<Value> value = declared == space.end() ? ParseValue(text) : ParseValue(text, declared->distribution, name);
    if (!value.ok()) return value.status();
    params.push_back({std::move(name), *std::move(value)});
  }
  return params;
}

}  // namespace parzen::cli
