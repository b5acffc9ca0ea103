// completion bash|zsh|fish

#include <cstdio>
#include <memory>

#include "base/status_macros.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/completion.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

// Names for the scripts, one a line. Whoever presses Tab does not wait for a server that is away.
absl::Status PrintStudies(Context context) {
  context.timeout = 1;
  PARZEN_ASSIGN_OR_RETURN(const Client client, context.Connect());
  PARZEN_ASSIGN_OR_RETURN(const std::vector<StudyInfo> studies, client.Studies());
  for (const StudyInfo& study : studies) std::printf("%s\n", Printable(study.config.name).c_str());
  return absl::OkStatus();
}

absl::Status Print(const CLI::App& app, const Context& context, const std::string& shell) {
  std::string script;
  if (shell == "studies") return PrintStudies(context);
  if (shell == "bash") {
    script = BashCompletion(CompletedCommands(app));
  } else if (shell == "zsh") {
    script = ZshCompletion(CompletedCommands(app));
  } else if (shell == "fish") {
    script = FishCompletion(CompletedCommands(app));
  } else {
    return absl::InvalidArgumentError("the shell is '" + shell + "': bash, zsh or fish is accepted");
  }
  std::fputs(script.c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

void AddCompletionCommand(CLI::App* app, Context* context) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app->add_subcommand("completion", "Print a completion script for bash, zsh or fish");
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required();
  command->footer(
      "bash: source <(parzen completion bash)\n"
      "zsh:  parzen completion zsh > ~/.zfunc/_parzen\n"
      "fish: parzen completion fish > ~/.config/fish/completions/parzen.fish");
  command->callback([app, shell, context] { context->exit_code = context->Finish(Print(*app, *context, *shell)); });
}

}  // namespace parzen::cli
