#include "clients/cli/worker/report_pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "base/status_macros.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/worker/re2_text.h"

namespace parzen::cli {
namespace {

// By the names of the groups, of which there are some.
absl::StatusOr<std::vector<int>> NamedGroups(const std::map<std::string, int>& named, size_t objectives,
                                             const std::vector<std::string>& metric_names) {
  const auto step = named.find("step");
  if (step == named.end() || named.size() != objectives + 1) {
    return absl::InvalidArgumentError(
        "--report names some of its groups: groups without names are accepted, or (?P<step>...) and a named group for each "
        "objective");
  }
  std::vector<int> groups = {step->second};
  for (const std::string& name : metric_names) {
    const auto found = named.find(name);
    if (found != named.end()) groups.push_back(found->second);
  }
  if (groups.size() == objectives + 1) return groups;
  if (!metric_names.empty()) return absl::InvalidArgumentError("--report has no group named '" + metric_names.front() + "'");
  for (const auto& [name, group] : named) {
    if (name != "step") groups.push_back(group);
  }
  std::sort(groups.begin() + 1, groups.end());
  return groups;
}

}  // namespace

ReportPattern::ReportPattern(std::unique_ptr<re2::RE2> pattern, std::vector<int> groups)
    : pattern_(std::move(pattern)), groups_(std::move(groups)) {}
ReportPattern::ReportPattern(ReportPattern&&) noexcept = default;
ReportPattern& ReportPattern::operator=(ReportPattern&&) noexcept = default;
ReportPattern::~ReportPattern() = default;

absl::StatusOr<ReportPattern> ReportPattern::Create(const std::string& pattern, size_t objectives,
                                                    const std::vector<std::string>& metric_names) {
  auto compiled = std::make_unique<re2::RE2>(Re2Text(pattern), re2::RE2::Quiet);
  if (!compiled->ok()) return absl::InvalidArgumentError("--report is no regular expression: " + compiled->error());
  const auto count = static_cast<size_t>(compiled->NumberOfCapturingGroups());
  if (count != objectives + 1) {
    return absl::InvalidArgumentError("--report has " + std::to_string(count) +
                                      " groups (...): one for the step and one for each of " + std::to_string(objectives) +
                                      (objectives == 1 ? " objective" : " objectives") + " is accepted");
  }
  std::vector<int> groups(count);
  std::iota(groups.begin(), groups.end(), 1);
  if (!compiled->NamedCapturingGroups().empty()) {
    PARZEN_ASSIGN_OR_RETURN(groups, NamedGroups(compiled->NamedCapturingGroups(), objectives, metric_names));
  }
  return ReportPattern(std::move(compiled), std::move(groups));
}

std::optional<IntermediateValue> ReportPattern::Match(std::string_view line) const {
  std::vector<re2::StringPiece> found(groups_.size() + 1);
  if (!pattern_->Match(Re2Text(line), 0, line.size(), re2::RE2::UNANCHORED, found.data(), static_cast<int>(found.size()))) {
    return std::nullopt;
  }
  const auto text = [&](size_t i) { return std::string_view(found[groups_[i]].data(), found[groups_[i]].size()); };
  const std::optional<int64_t> step = ParseWhole(text(0));
  if (!step.has_value() || *step < 0) return std::nullopt;
  IntermediateValue report{.step = *step};
  for (size_t i = 1; i < groups_.size(); ++i) {
    const std::optional<double> value = ParseNumber(text(i));
    if (!value.has_value()) return std::nullopt;
    if (i == 1) report.value = *value;
    if (i > 1) report.more.push_back(*value);
  }
  return report;
}

}  // namespace parzen::cli
