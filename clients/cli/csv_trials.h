// Trials as CSV, out and in. docs/cli.md describes the columns.

#ifndef PARZEN_CLIENTS_CLI_CSV_TRIALS_H_
#define PARZEN_CLIENTS_CLI_CSV_TRIALS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "parzen/study.h"

namespace parzen::cli {

// Finished trials of a file.
struct FileTrials {
  std::vector<FrozenTrial> trials;
  std::vector<size_t> lines;             // of the file, one a trial, from 1
  size_t left_out = 0;                   // that wait or run
  std::vector<std::string> passed_over;  // columns that say nothing that could be kept
};

// number, state, value (or values_0, ...), params_<name>, metrics_<name>, constraints_<name>, user_attrs_<key>, worker, started,
// finished, failure, reason. Doubles are the shortest text that reads back as the same; a choice is in quotes, or 1.0 in place of
// 1, where its text alone would read back as another one.
std::string TrialsToCsv(const StudyInfo& study, const std::vector<FrozenTrial>& trials);

// Finished trials of a CSV text. Columns are those that export writes, and those of parzen's and Optuna's data frames as pandas
// writes them; a parameter may also stand under its bare name. Blanks around a column's name are nothing. `value_columns` name
// the objectives where they are called otherwise. INVALID_ARGUMENT names the line; nothing is guessed: in a file that is no
// export, a cell that could be several choices (1 where there are 1 and "1") is refused.
absl::StatusOr<FileTrials> TrialsFromCsv(const StudyInfo& study, std::string_view text,
                                         const std::vector<std::string>& value_columns);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_CSV_TRIALS_H_
