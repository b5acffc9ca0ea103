// Trials of a file on their way into a study: all or nothing where that can be known, and otherwise said how far it came.

#ifndef PARZEN_CLIENTS_CLI_COMMANDS_IMPORT_TRIALS_H_
#define PARZEN_CLIENTS_CLI_COMMANDS_IMPORT_TRIALS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "clients/cli/context.h"
#include "clients/cli/csv_trials.h"
#include "clients/cli/interrupt.h"
#include "clients/cli/json_lines.h"

namespace parzen::cli {

// Every finished trial of the lines, each checked against the study. INVALID_ARGUMENT names the line.
absl::StatusOr<FileTrials> FinishedTrials(StudyLines lines, const StudyConfig& study);

// Adds them to a study that is there. A repeat of the same import adds only what is not in yet, unless `again`.
absl::Status AddFinished(const Context& context, const Study& study, const FileTrials& file, bool again,
                         const Interrupt& interrupt);

// Makes the study with all of its trials, or nothing.
absl::Status MakeStudy(const Context& context, const Client& client, const std::string& name, const StudyLines& lines,
                       const Interrupt& interrupt);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_COMMANDS_IMPORT_TRIALS_H_
