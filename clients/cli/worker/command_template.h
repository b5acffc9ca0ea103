// A worker's command line with places for a trial's parameters.

#ifndef PARZEN_CLIENTS_CLI_WORKER_COMMAND_TEMPLATE_H_
#define PARZEN_CLIENTS_CLI_WORKER_COMMAND_TEMPLATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "parzen/study.h"

namespace parzen::cli {

// In each argument {NAME} stands for a parameter's value, {NAME:-TEXT} for the value or, where a condition makes the parameter
// inactive, TEXT; {NAME} alone is empty then. {trial}, {study} and {params_file} stand for the trial's number, the study's name
// and the path of the JSON file. "{{" is a brace. Braces around anything that is no name ({"a": 1}) stay as they are.
class CommandTemplate {
 public:
  // INVALID_ARGUMENT where there is no command, or a name is no parameter of the declared space.
  static absl::StatusOr<CommandTemplate> Create(std::vector<std::string> arguments, const SearchSpace& space);

  // The program that runs; nullopt where a place makes it the trial's.
  std::optional<std::string> Program() const;
  std::vector<std::string> Expand(const FrozenTrial& trial, const std::string& params_file) const;

 private:
  explicit CommandTemplate(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}

  std::vector<std::string> arguments_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_COMMAND_TEMPLATE_H_
