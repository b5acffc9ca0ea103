// A worker's command line with places for a trial's parameters.

#ifndef PARZEN_CLIENTS_CLI_WORKER_COMMAND_TEMPLATE_H_
#define PARZEN_CLIENTS_CLI_WORKER_COMMAND_TEMPLATE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "parzen/study.h"

namespace parzen::cli {

// In each argument {NAME} stands for a parameter's value, {NAME:-TEXT} for the value or, where a condition makes the parameter
// inactive, TEXT; {NAME} alone is empty then. {trial}, {study} and {params_file} stand for the trial's number, the study's name
// and the path of the JSON file. "{{" is a brace. A declared name is found whatever its characters are, the longest that fits;
// other braces around anything that is no name ({"a": 1}) stay as they are.
class CommandTemplate {
 public:
  // INVALID_ARGUMENT where there is no command, a name is no parameter of the declared space, or what is meant cannot be told: a
  // parameter that is called as one of the three fixed names is used in a place, or parameters share their variable in the
  // environment (see environment.h) and neither places for each of them nor {params_file} tell them apart.
  static absl::StatusOr<CommandTemplate> Create(std::vector<std::string> arguments, const SearchSpace& space);

  // The program that runs; nullopt where a place makes it the trial's.
  std::optional<std::string> Program() const;
  std::vector<std::string> Expand(const FrozenTrial& trial, const std::string& params_file) const;

 private:
  struct Place;
  CommandTemplate(std::vector<std::string> arguments, const SearchSpace& space);

  // A place that begins at text[0] == '{'; nullopt for braces around something else.
  std::optional<Place> PlaceAt(std::string_view text) const;
  bool IsNameCharacter(char c) const;
  // The argument with each place replaced by what `fill` answers.
  std::string Fill(std::string_view argument, const std::function<std::string(const Place&)>& fill) const;
  absl::Status Check(const SearchSpace& space) const;

  std::vector<std::string> arguments_;
  std::vector<std::string> names_;  // declared ones and the fixed three, the longest first
  std::string characters_;          // that names have besides the usual ones
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_COMMAND_TEMPLATE_H_
