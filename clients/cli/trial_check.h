// Whether a study will take a finished trial from a file: looked at before any of the file's trials is sent, so that a bad one in
// the middle does not leave half of them in the study.

#ifndef PARZEN_CLIENTS_CLI_TRIAL_CHECK_H_
#define PARZEN_CLIENTS_CLI_TRIAL_CHECK_H_

#include "absl/status/status.h"
#include "parzen/study.h"

namespace parzen::cli {

// INVALID_ARGUMENT names the parameter or field, what it is, and what is accepted. The server has the last word: it may refuse
// what passes here (a limit, a value a hair beside a float's grid), never the other way round.
absl::Status CheckFinished(const FrozenTrial& trial, const StudyConfig& study);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_TRIAL_CHECK_H_
