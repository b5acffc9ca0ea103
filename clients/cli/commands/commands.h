// One function a group of commands: declares them and what they run. The command that ran leaves its exit code in the context.

#ifndef PARZEN_CLIENTS_CLI_COMMANDS_COMMANDS_H_
#define PARZEN_CLIENTS_CLI_COMMANDS_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "clients/cli/context.h"

namespace parzen::cli {

void AddStudyCommands(CLI::App* app, Context* context);    // study create|list|show|update|pause|resume|finish|delete
void AddStudyUpdate(CLI::App* study, Context* context);    // of the `study` commands: update
void AddTrialCommands(CLI::App* app, Context* context);    // ask, report, tell, stop, enqueue
void AddExplainCommand(CLI::App* app, Context* context);   // explain
void AddReadingCommands(CLI::App* app, Context* context);  // best, trials, watch
void AddExportCommand(CLI::App* app, Context* context);    // export
void AddImportCommand(CLI::App* app, Context* context);    // import
void AddCopyCommand(CLI::App* app, Context* context);
void AddAcceptLossCommand(CLI::App* app, Context* context);
void AddDatabaseCommands(CLI::App* app, Context* context);   // backup, check
void AddWorkerCommand(CLI::App* app, Context* context);      // worker
void AddTopCommand(CLI::App* app, Context* context);         // top
void AddPlotCommand(CLI::App* app, Context* context);        // plot
void AddCompletionCommand(CLI::App* app, Context* context);  // completion; last: it describes the others

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_COMMANDS_COMMANDS_H_
