#include "clients/cli/worker/command_template.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <utility>

namespace parzen::cli {
namespace {

struct Place {
  size_t length = 0;  // of the whole "{...}"
  std::string name;
  std::string otherwise;
};

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
}

// A place that begins at text[0] == '{'; nullopt for braces around something else.
std::optional<Place> PlaceAt(std::string_view text) {
  size_t end = 1;
  while (end < text.size() && IsNameCharacter(text[end])) ++end;
  if (end == 1 || end == text.size()) return std::nullopt;
  Place place{end + 1, std::string(text.substr(1, end - 1)), {}};
  if (text[end] == '}') return place;
  if (text.substr(end, 2) != ":-") return std::nullopt;
  const size_t close = text.find('}', end);
  if (close == std::string_view::npos) return std::nullopt;
  place.otherwise = std::string(text.substr(end + 2, close - end - 2));
  place.length = close + 1;
  return place;
}

// The argument with each place replaced by what `fill` answers.
std::string Fill(std::string_view argument, const std::function<std::string(const Place&)>& fill) {
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

bool IsFixedName(std::string_view name) { return name == "trial" || name == "study" || name == "params_file"; }

}  // namespace

absl::StatusOr<CommandTemplate> CommandTemplate::Create(std::vector<std::string> arguments, const SearchSpace& space) {
  if (arguments.empty()) {
    return absl::InvalidArgumentError("the command is missing: parzen worker STUDY -- python train.py --lr {lr}");
  }
  absl::Status status;
  for (const std::string& argument : arguments) {
    Fill(argument, [&](const Place& place) {
      const bool known = IsFixedName(place.name) || space.empty() ||
                         std::any_of(space.begin(), space.end(), [&](const Parameter& p) { return p.name == place.name; });
      if (!known && status.ok()) {
        std::string names = "trial, study, params_file";
        for (const Parameter& parameter : space) names += ", " + parameter.name;
        status = absl::InvalidArgumentError("the command has {" + place.name + "}: " + names + " are accepted, {{ is a brace");
      }
      return std::string();
    });
  }
  if (!status.ok()) return status;
  return CommandTemplate(std::move(arguments));
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
      if (const Value* value = Find(trial.params, place.name)) {
        std::string text = ToText(*value);
        std::erase(text, '\0');  // would end the argument
        return text;
      }
      if (place.name == "trial") return std::to_string(trial.number());
      if (place.name == "study") return trial.study;
      if (place.name == "params_file") return params_file;
      return place.otherwise;
    }));
  }
  return command;
}

}  // namespace parzen::cli
