// Trials as CSV, out and in. docs/cli.md describes the columns.

#ifndef PARZEN_CLIENTS_CLI_CSV_TRIALS_H_
#define PARZEN_CLIENTS_CLI_CSV_TRIALS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "parzen/study.h"

namespace parzen::cli {

// number, state, value (or values_0, ...), params_<name>, metrics_<name>, constraints_<name>, user_attrs_<key>, worker, started,
// finished, failure, reason. Doubles are the shortest text that reads back as the same.
std::string TrialsToCsv(const StudyInfo& study, const std::vector<FrozenTrial>& trials);

// Finished trials of a CSV text. Columns are those that export writes; a parameter may also stand under its bare name.
// `value_columns` name the objectives where they are called otherwise. Rows that are waiting or running are left out.
absl::StatusOr<std::vector<FrozenTrial>> TrialsFromCsv(const StudyInfo& study, std::string_view text,
                                                       const std::vector<std::string>& value_columns);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_CSV_TRIALS_H_
