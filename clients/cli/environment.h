// A trial as environment variables and as text for a shell.

#ifndef PARZEN_CLIENTS_CLI_ENVIRONMENT_H_
#define PARZEN_CLIENTS_CLI_ENVIRONMENT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parzen/trial.h"

namespace parzen::cli {

// PARZEN_STUDY, PARZEN_TRIAL and PARZEN_PARAM_<name> for each parameter; characters of a name that a shell does not take are '_'.
std::vector<std::pair<std::string, std::string>> TrialEnvironment(const FrozenTrial& trial);

// In single quotes, for any shell.
std::string SingleQuoted(std::string_view text);

// One word for a POSIX shell.
std::string ShellQuote(std::string_view text);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_ENVIRONMENT_H_
