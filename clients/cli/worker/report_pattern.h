// Intermediate values by a regular expression of the user's (`parzen worker --report`).

#ifndef PARZEN_CLIENTS_CLI_WORKER_REPORT_PATTERN_H_
#define PARZEN_CLIENTS_CLI_WORKER_REPORT_PATTERN_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "parzen/trial.h"

namespace re2 {
class RE2;
}

namespace parzen::cli {

class ReportPattern {
 public:
  // `pattern` (RE2's syntax) has a group for the step and one for each objective: in this order, or named, (?P<step>...), the
  // others in the objectives' order or by their names.
  static absl::StatusOr<ReportPattern> Create(const std::string& pattern, size_t objectives,
                                              const std::vector<std::string>& metric_names);
  ReportPattern(ReportPattern&&) noexcept;
  ReportPattern& operator=(ReportPattern&&) noexcept;
  ~ReportPattern();

  // nullopt where it does not match somewhere in the line, or its groups are no whole step >= 0 and numbers.
  std::optional<IntermediateValue> Match(std::string_view line) const;

 private:
  ReportPattern(std::unique_ptr<re2::RE2> pattern, std::vector<int> groups);

  std::unique_ptr<re2::RE2> pattern_;
  std::vector<int> groups_;  // of the step, then of each objective
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_REPORT_PATTERN_H_
