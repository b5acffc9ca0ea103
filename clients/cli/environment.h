// A trial as environment variables and as text for a shell.

#ifndef PARZEN_CLIENTS_CLI_ENVIRONMENT_H_
#define PARZEN_CLIENTS_CLI_ENVIRONMENT_H_

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "parzen/space.h"
#include "parzen/trial.h"

namespace parzen::cli {

// PARZEN_STUDY, PARZEN_TRIAL and PARZEN_PARAM_<name> for each parameter; characters of a name that a shell does not take are '_'.
// Where several parameters come to the same variable, it is that of the parameter which is called so to the letter; where none
// is, it is not set. `space` is what the study declares: a parameter keeps its variable to itself where it is inactive, too.
std::vector<std::pair<std::string, std::string>> TrialEnvironment(const FrozenTrial& trial, const SearchSpace& space);

// INVALID_ARGUMENT where parameters of the space come to the same variable, none of them is called so to the letter, and not all
// of them are in `told_apart`.
absl::Status CheckVariables(const SearchSpace& space, const std::set<std::string>& told_apart = {});

// In single quotes, for any shell.
std::string SingleQuoted(std::string_view text);

// One word for a POSIX shell.
std::string ShellQuote(std::string_view text);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_ENVIRONMENT_H_
