// A study and its trials as JSON Lines: what `parzen export` writes and `parzen import` reads; docs/cli.md has the format.
//
// The first line is the study, {"study": {...}}, the others are its trials in number order. Everything is kept bit for bit:
// doubles, attributes as received, times to the microsecond. Not in the file: the server's own uids, ids, revisions and leases.

#ifndef PARZEN_CLIENTS_CLI_JSON_LINES_H_
#define PARZEN_CLIENTS_CLI_JSON_LINES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "parzen/study.h"

namespace parzen::cli {

// With the end of the line. The study's definition and its state, and all that it learned from earlier studies, as
// Study::WarmStartSnapshot gave it (empty: nothing).
std::string StudyToJsonLine(const StudyInfo& study, const std::string& warm_start_snapshot = {});
// With the distributions that the study's space does not declare.
std::string TrialToJsonLine(const StudyInfo& study, const FrozenTrial& trial);

// A study line, and the trials up to the next one.
struct StudyLines {
  std::optional<StudyInfo> study;  // `config` and `state`; nullopt for trials that no study line comes before
  std::vector<FrozenTrial> trials;
  std::vector<size_t> lines;  // of the file, one a trial, from 1
};

// Whether the first line is a study's.
bool StartsWithStudy(std::string_view text);

// The lines of a file, which may hold several studies. Params are read by the study line's space, or by `declared` where that is
// given. INVALID_ARGUMENT names the line.
absl::StatusOr<std::vector<StudyLines>> ParseJsonLines(std::string_view text, const SearchSpace* declared = nullptr);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_JSON_LINES_H_
