// What a worker reads from its command's output: the loss, intermediate values, and the last lines for a failure's reason.

#ifndef PARZEN_CLIENTS_CLI_WORKER_OUTPUT_H_
#define PARZEN_CLIENTS_CLI_WORKER_OUTPUT_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/worker/report_pattern.h"
#include "parzen/trial.h"

namespace re2 {
class RE2;
}

namespace parzen::cli {

// How the output is read; shared by all trials.
//
// Where the study names its objectives, values that come with a name are found by it, in any order, and a name that is no
// objective's is refused: to take it by its place would be a guess. Values without names stand in the objectives' order.
class OutputRules {
 public:
  // `pattern`: a regular expression (RE2's syntax) with a group for each objective, or without groups for one; empty: the last
  // line. Groups may be named, (?P<loss>...). `metric_names`: of the objectives, in their order, or none. `report`: a
  // ReportPattern, or empty.
  static absl::StatusOr<std::shared_ptr<const OutputRules>> Create(size_t objectives, const std::string& pattern,
                                                                   std::vector<std::string> metric_names = {},
                                                                   const std::string& report = "");
  // `groups`: of the pattern, one an objective; empty: the whole match.
  OutputRules(size_t objectives, std::unique_ptr<re2::RE2> pattern, std::vector<int> groups,
              std::vector<std::string> metric_names, std::optional<ReportPattern> report);
  ~OutputRules();

  size_t objectives() const { return objectives_; }
  bool has_pattern() const { return pattern_ != nullptr; }

  // The pattern's numbers in a line; nullopt where it does not match or its groups are no numbers.
  std::optional<std::vector<double>> Match(std::string_view line) const;
  // A last line or a result file: numbers apart by blanks or commas, one an objective, each alone or as "name=0.3" or "name:
  // 0.3". The error says what is wrong with it, and where names are, which are accepted.
  absl::StatusOr<std::vector<double>> Losses(std::string_view text) const;
  // An intermediate value: what the report pattern finds, or, where there is none, a line that holds nothing else than "step", a
  // whole number >= 0 and one value an objective (or the first one's alone):
  //   step 3 0.71      step 3: value 0.71      step=3 loss=0.71 size=12.5
  // A value may be called by its objective's name, the only one's by "value", and by "loss" where the objective has no name. With
  // one objective "3 0.71" will do.
  std::optional<IntermediateValue> Report(std::string_view line) const;

 private:
  struct Item;
  // The number that the text begins with and its name, if any, which are taken off it; nullopt where it begins with neither.
  std::optional<Item> TakeItem(std::string_view* text) const;
  absl::StatusOr<std::vector<double>> ByName(const std::vector<Item>& items) const;
  // The same of a report, whose names may stand without a sign.
  std::optional<Item> TakeReported(std::string_view* text) const;
  // One an objective, or the first one's; empty where they are something else.
  std::vector<double> ReportedBy(const std::vector<Item>& items) const;

  size_t objectives_;
  std::unique_ptr<re2::RE2> pattern_;
  std::vector<int> groups_;
  std::vector<std::string> metric_names_;
  std::optional<ReportPattern> report_;
};

// One trial's output, fed as it comes.
class OutputReader {
 public:
  OutputReader(std::shared_ptr<const OutputRules> rules, std::function<void(IntermediateValue)> on_report)
      : rules_(std::move(rules)), on_report_(std::move(on_report)) {}

  // Bytes of the standard output and the standard error.
  void FeedOutput(std::string_view bytes) { Feed(bytes, &out_, true); }
  void FeedErrors(std::string_view bytes) { Feed(bytes, &err_, false); }
  // The streams have ended: an unfinished line counts.
  void End();

  // The loss that the output gave; the error says what was found instead.
  absl::StatusOr<std::vector<double>> Losses() const;
  // The last lines of both streams, at most about 2 KiB, as UTF-8 whatever the bytes were.
  std::string Tail() const;

 private:
  void Feed(std::string_view bytes, std::string* unfinished, bool standard_output);
  void Line(std::string_view line, bool standard_output);

  std::shared_ptr<const OutputRules> rules_;
  std::function<void(IntermediateValue)> on_report_;
  std::string out_, err_;  // unfinished lines, cut at a limit
  std::string last_line_;  // of the standard output, not empty
  std::optional<std::vector<double>> matched_;
  std::deque<std::string> tail_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_OUTPUT_H_
