// Trials as lines and tables for people.

#ifndef PARZEN_CLIENTS_CLI_TRIAL_TEXT_H_
#define PARZEN_CLIENTS_CLI_TRIAL_TEXT_H_

#include <string>
#include <vector>

#include "clients/cli/table.h"
#include "parzen/study.h"

namespace parzen::cli {

// "12 complete, 3 running"; "none" where there are none.
std::string CountsText(const TrialCounts& counts);

// The objective's name, else "value" where it is the only one, else "value_0", "value_1", ...
std::string ObjectiveName(const StudyInfo& study, size_t objective);
// "minimize loss, maximize accuracy"
std::string DirectionsText(const StudyConfig& config);

// As ToText, a double with six digits.
std::string ShortText(const Value& value);

// 0.031; several objectives with commas; empty where none were told.
std::string ValuesText(const FrozenTrial& trial);

// From start to end, or until now while it runs; empty where it has not started.
std::string AgeText(const FrozenTrial& trial);

// Number, state, values, each parameter, time, worker; the reason where a trial failed.
Table TrialsTable(const StudyInfo& study, const std::vector<FrozenTrial>& trials);

// All of a trial, several lines.
std::string TrialDetails(const StudyInfo& study, const FrozenTrial& trial);

// One line: "trial 17 complete 0.031 (3.2s) lr=0.001 kernel=rbf".
std::string TrialLine(const FrozenTrial& trial);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_TRIAL_TEXT_H_
