#include "clients/cli/commands/arguments.h"

#include <algorithm>

#include "base/status_macros.h"
#include "clients/cli/json.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/study_file.h"
#include "clients/cli/utf8.h"

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
    // The number has no "=": the last one ends the name, which may have some.
    const size_t equals = argument.rfind('=');
    absl::StatusOr<std::pair<std::string, std::string>> assignment = SplitAssignment(argument, what);
    if (!assignment.ok()) return assignment.status();
    assignment = {argument.substr(0, equals), argument.substr(equals + 1)};
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
    PARZEN_ASSIGN_OR_RETURN(auto assignment, SplitAssignment(argument, what));
    if (!IsUtf8(argument))
      return absl::InvalidArgumentError(std::string(what) + " '" + RepairUtf8(assignment.first) + "' is no UTF-8");
    const bool is_json = Json::accept(assignment.second);
    attributes.emplace_back(std::move(assignment.first), is_json ? assignment.second : Dump(Json(assignment.second)));
  }
  return attributes;
}

absl::StatusOr<Sampler> ParseSampler(const std::string& name, const std::vector<std::string>& options) {
  if (name.empty()) return absl::InvalidArgumentError("--sampler-option needs --sampler");
  Json sampler = {{"name", name}};
  for (const std::string& text : options) {
    PARZEN_ASSIGN_OR_RETURN(const auto assignment, SplitAssignment(text, "--sampler-option"));
    PARZEN_ASSIGN_OR_RETURN(const Value value, ParseValue(assignment.second));
    sampler[assignment.first] = ToJson(value);
  }
  return SamplerFromJson(sampler);
}

namespace {

// NAME=VALUE with the name of a declared parameter, which may have a "=" itself: the one split that fits.
absl::StatusOr<Param> ParseParam(const std::string& argument, const SearchSpace& space) {
  std::vector<Param> fitting;
  absl::Status refused;
  for (const Parameter& parameter : space) {
    if (!argument.starts_with(parameter.name + "=")) continue;
    absl::StatusOr<Value> value =
        ParseValue(std::string_view(argument).substr(parameter.name.size() + 1), parameter.distribution, parameter.name);
    if (value.ok()) {
      fitting.push_back({parameter.name, *std::move(value)});
    } else {
      refused = value.status();
    }
  }
  if (fitting.size() == 1) return std::move(fitting.front());
  if (fitting.size() > 1) {
    return absl::InvalidArgumentError("'" + argument + "' could be of '" + fitting[0].name + "' or of '" + fitting[1].name + "'");
  }
  PARZEN_RETURN_IF_ERROR(refused);
  PARZEN_ASSIGN_OR_RETURN(const auto assignment, SplitAssignment(argument, "a parameter"));
  std::string names;
  for (const Parameter& parameter : space) names += (names.empty() ? "" : ", ") + parameter.name;
  return absl::InvalidArgumentError("the study has no parameter '" + assignment.first + "': it has " + names);
}

}  // namespace

absl::StatusOr<Params> ParseParams(const std::vector<std::string>& arguments, const SearchSpace& space) {
  Params params;
  for (const std::string& argument : arguments) {
    if (!space.empty()) {
      PARZEN_ASSIGN_OR_RETURN(Param param, ParseParam(argument, space));
      params.push_back(std::move(param));
      continue;
    }
    PARZEN_ASSIGN_OR_RETURN(auto assignment, SplitAssignment(argument, "a parameter"));
    PARZEN_ASSIGN_OR_RETURN(Value value, ParseValue(assignment.second));
    params.push_back({std::move(assignment.first), std::move(value)});
  }
  return params;
}

}  // namespace parzen::cli
