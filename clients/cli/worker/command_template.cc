#include "clients/cli/worker/command_template.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "clients/cli/environment.h"

namespace parzen::cli {
namespace {

constexpr std::array<std::string_view, 3> kFixedNames = {"trial", "study", "params_file"};

bool IsFixedName(std::string_view name) { return std::find(kFixedNames.begin(), kFixedNames.end(), name) != kFixedNames.end(); }

bool Declares(const SearchSpace& space, std::string_view name) {
  return std::any_of(space.begin(), space.end(), [name](const Parameter& parameter) { return parameter.name == name; });
}

}  // namespace

struct CommandTemplate::Place {
  size_t length = 0;  // of the whole "{...}"
  std::string name;
  std::string otherwise;
};

CommandTemplate::CommandTemplate(std::vector<std::string> arguments, const SearchSpace& space)
    : arguments_(std::move(arguments)), names_(kFixedNames.begin(), kFixedNames.end()) {
  for (const Parameter& parameter : space) {
    names_.push_back(parameter.name);
    // Where names have a ':', {a:b} is meant for one, though it may be misspelt.
    for (const char c : parameter.name) {
      if (!IsNameCharacter(c) && std::string_view(" \t\r\n\"'`$\\{}").find(c) == std::string_view::npos) characters_ += c;
    }
  }
  std::stable_sort(names_.begin(), names_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

bool CommandTemplate::IsNameCharacter(char c) const {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 || c == '_' || c == '-' || c == '.' || c == '/' ||
         characters_.find(c) != std::string::npos;
}

std::optional<CommandTemplate::Place> CommandTemplate::PlaceAt(std::string_view text) const {
  const auto place_of = [text](size_t end) -> std::optional<Place> {  // of the name
    Place place{end + 1, std::string(text.substr(1, end - 1)), {}};
    if (text.substr(end, 1) == "}") return place;
    const size_t close = text.find('}', end);
    if (text.substr(end, 2) != ":-" || close == std::string_view::npos) return std::nullopt;
    place.otherwise = std::string(text.substr(end + 2, close - end - 2));
    place.length = close + 1;
    return place;
  };
  for (const std::string& name : names_) {
    if (!text.substr(1).starts_with(name)) continue;
    if (std::optional<Place> place = place_of(name.size() + 1)) return place;
  }
  size_t end = 1;
  while (end < text.size() && IsNameCharacter(text[end]) && text.substr(end, 2) != ":-") ++end;
  return end == 1 ? std::nullopt : place_of(end);
}

std::string CommandTemplate::Fill(std::string_view argument, const std::function<std::string(const Place&)>& fill) const {
  std::string filled;
  for (size_t i = 0; i < argument.size();) {
    if (argument.substr(i, 2) == "{{") {
      filled += '{';
      i += 2;
      continue;
    }
    const std::optional<Place> place = argument[i] == '{' ? PlaceAt(argument.substr(i)) : std::nullopt;
    if (!place.has_value()) {
      filled += argument[i++];
      continue;
    }
    filled += fill(*place);
    i += place->length;
  }
  return filled;
}

absl::Status CommandTemplate::Check(const SearchSpace& space) const {
  absl::Status status;
  std::set<std::string> used;
  for (const std::string& argument : arguments_) {
    Fill(argument, [&](const Place& place) {
      used.insert(place.name);
      if (!status.ok()) return std::string();
      const bool declared = Declares(space, place.name);
      if (declared && IsFixedName(place.name)) {
        std::string variable = "PARZEN_" + place.name;
        std::transform(variable.begin(), variable.end(), variable.begin(), [](unsigned char c) { return std::toupper(c); });
        status =
            absl::InvalidArgumentError("the command has {" + place.name +
                                       "}, which is a parameter's name too: take the parameter from the variable PARZEN_PARAM_" +
                                       place.name + " and the other from " + variable);
      } else if (!declared && !IsFixedName(place.name) && !space.empty()) {
        std::string names = "trial, study, params_file";
        for (const Parameter& parameter : space) names += ", " + parameter.name;
        status = absl::InvalidArgumentError("the command has {" + place.name + "}: " + names + " are accepted, {{ is a brace");
      }
      return std::string();
    });
  }
  if (!status.ok() || used.contains("params_file")) return status;
  return CheckVariables(space, used);
}

absl::StatusOr<CommandTemplate> CommandTemplate::Create(std::vector<std::string> arguments, const SearchSpace& space) {
  if (arguments.empty()) {
    return absl::InvalidArgumentError("the command is missing: parzen worker STUDY -- python train.py --lr {lr}");
  }
  CommandTemplate command(std::move(arguments), space);
  PARZEN_RETURN_IF_ERROR(command.Check(space));
  return command;
}

std::optional<std::string> CommandTemplate::Program() const {
  bool fixed = true;
  std::string program = Fill(arguments_[0], [&fixed](const Place&) {
    fixed = false;
    return std::string();
  });
  return fixed ? std::optional(std::move(program)) : std::nullopt;
}

std::vector<std::string> CommandTemplate::Expand(const FrozenTrial& trial, const std::string& params_file) const {
  std::vector<std::string> command;
  for (const std::string& argument : arguments_) {
    command.push_back(Fill(argument, [&](const Place& place) {
      if (place.name == "trial") return std::to_string(trial.number());
      if (place.name == "study") return trial.study;
      if (place.name == "params_file") return params_file;
      if (const Value* value = Find(trial.params, place.name)) {
        std::string text = ToText(*value);
        std::erase(text, '\0');  // would end the argument
        return text;
      }
      return place.otherwise;
    }));
  }
  return command;
}

}  // namespace parzen::cli
