// Completion scripts for shells, made from the command line itself.

#ifndef PARZEN_CLIENTS_CLI_COMPLETION_H_
#define PARZEN_CLIENTS_CLI_COMPLETION_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace parzen::cli {

// One command as a completion sees it.
struct CompletedCommand {
  std::vector<std::string> path;  // {"study", "create"}; empty for parzen itself
  std::string description;        // one line
  struct Option {
    std::string longer, shorter;  // "--json", "-a"; either may be empty
    bool takes_value = false;
    std::string description;
  };
  std::vector<Option> options;  // the common ones included
  std::vector<std::string> subcommands;
  bool takes_study = false;  // its first argument is a study's name
};

// parzen itself first, then every command below it.
std::vector<CompletedCommand> CompletedCommands(const CLI::App& app);

// Each asks `parzen completion studies` for names of studies.
std::string BashCompletion(const std::vector<CompletedCommand>& commands);
std::string ZshCompletion(const std::vector<CompletedCommand>& commands);
std::string FishCompletion(const std::vector<CompletedCommand>& commands);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_COMPLETION_H_
