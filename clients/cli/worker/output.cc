#include "clients/cli/worker/output.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>

#include "base/status_macros.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"
#include "clients/cli/utf8.h"
#include "clients/cli/worker/re2_text.h"

namespace parzen::cli {
namespace {

constexpr size_t kLongestLine = 64 << 10;  // more of a line is not kept
constexpr size_t kTailLines = 20;
constexpr size_t kTailBytes = 2 << 10;

bool IsGap(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0 || c == ','; }

std::string Joined(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

std::string_view WithoutGaps(std::string_view text) {
  while (!text.empty() && IsGap(text.front())) text.remove_prefix(1);
  return text;
}

// The "=" or ":" behind a name, and the blanks around it, are taken off the text; false where there is none.
bool TakeSign(std::string_view* text) {
  std::string_view rest = *text;
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  if (rest.empty() || (rest.front() != '=' && rest.front() != ':')) return false;
  *text = WithoutGaps(rest.substr(1));
  return true;
}

// Which group of the pattern is which objective's value; none: the whole match is the only one's.
absl::StatusOr<std::vector<int>> GroupsOf(const re2::RE2& pattern, size_t objectives,
                                          const std::vector<std::string>& metric_names) {
  const auto count = static_cast<size_t>(pattern.NumberOfCapturingGroups());
  if (count == 0 && objectives == 1) return std::vector<int>();
  if (count != objectives) {
    return absl::InvalidArgumentError("--pattern has " + std::to_string(count) + " groups (...): the study has " +
                                      std::to_string(objectives) + " objectives, one group each is accepted");
  }
  std::vector<int> groups(objectives);
  std::iota(groups.begin(), groups.end(), 1);
  const std::map<std::string, int>& named = pattern.NamedCapturingGroups();
  if (named.empty() || metric_names.empty()) return groups;
  for (const auto& [name, group] : named) {
    if (std::find(metric_names.begin(), metric_names.end(), name) == metric_names.end() || named.size() != objectives) {
      return absl::InvalidArgumentError("--pattern has a group named '" + name + "': a group for each of " +
                                        Joined(metric_names) + " is accepted, or groups without names in this order");
    }
  }
  for (size_t i = 0; i < objectives; ++i) groups[i] = named.at(metric_names[i]);
  return groups;
}

}  // namespace

struct OutputRules::Item {
  std::string name;  // empty: none
  double value = 0;
};

OutputRules::OutputRules(size_t objectives, std::unique_ptr<re2::RE2> pattern, std::vector<int> groups,
                         std::vector<std::string> metric_names, std::optional<ReportPattern> report)
    : objectives_(objectives),
      pattern_(std::move(pattern)),
      groups_(std::move(groups)),
      metric_names_(std::move(metric_names)),
      report_(std::move(report)) {}
OutputRules::~OutputRules() = default;

absl::StatusOr<std::shared_ptr<const OutputRules>> OutputRules::Create(size_t objectives, const std::string& pattern,
                                                                       std::vector<std::string> metric_names,
                                                                       const std::string& report) {
  std::unique_ptr<re2::RE2> compiled;
  std::vector<int> groups;
  if (!pattern.empty()) {
    compiled = std::make_unique<re2::RE2>(Re2Text(pattern), re2::RE2::Quiet);
    if (!compiled->ok()) return absl::InvalidArgumentError("--pattern is no regular expression: " + compiled->error());
    PARZEN_ASSIGN_OR_RETURN(groups, GroupsOf(*compiled, objectives, metric_names));
  }
  std::optional<ReportPattern> report_pattern;
  if (!report.empty()) {
    PARZEN_ASSIGN_OR_RETURN(report_pattern, ReportPattern::Create(report, objectives, metric_names));
  }
  return std::make_shared<const OutputRules>(objectives, std::move(compiled), std::move(groups), std::move(metric_names),
                                             std::move(report_pattern));
}

std::optional<std::vector<double>> OutputRules::Match(std::string_view line) const {
  std::vector<re2::StringPiece> groups(objectives_ + 1);
  if (!pattern_->Match(Re2Text(line), 0, line.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  std::vector<double> values;
  for (size_t i = 0; i < objectives_; ++i) {
    const re2::StringPiece& group = groups[groups_.empty() ? 0 : static_cast<size_t>(groups_[i])];
    const std::optional<double> number = ParseNumber(std::string_view(group.data(), group.size()));
    if (!number.has_value()) return std::nullopt;
    values.push_back(*number);
  }
  return values;
}

std::optional<OutputRules::Item> OutputRules::TakeItem(std::string_view* text) const {
  Item item;
  std::string_view rest = *text;
  // A declared name may hold anything; of two that fit, the longer one is meant.
  for (const std::string& name : metric_names_) {
    std::string_view behind = text->starts_with(name) ? text->substr(name.size()) : std::string_view();
    if (name.size() > item.name.size() && TakeSign(&behind)) {
      item.name = name;
      rest = behind;
    }
  }
  const auto take_word = [&rest](std::string_view ends) {
    size_t end = 0;
    while (end < rest.size() && !IsGap(rest[end]) && ends.find(rest[end]) == std::string_view::npos) ++end;
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
  };
  if (item.name.empty()) {
    const std::string_view word = take_word("=:");
    std::string_view behind = rest;
    if (!word.empty() && !ParseNumber(word).has_value() && TakeSign(&behind)) {
      item.name = std::string(word);
      rest = behind;
    } else {
      rest = *text;
    }
  }
  const std::optional<double> number = ParseNumber(take_word(""));
  if (!number.has_value()) return std::nullopt;
  item.value = *number;
  *text = WithoutGaps(rest);
  return item;
}

absl::StatusOr<std::vector<double>> OutputRules::ByName(const std::vector<Item>& items) const {
  std::vector<std::optional<double>> found(objectives_);
  for (const Item& item : items) {
    const auto named = std::find(metric_names_.begin(), metric_names_.end(), item.name);
    const std::string what = item.name.empty() ? "a value has no name" : "'" + item.name + "' is no objective";
    if (named == metric_names_.end()) return absl::NotFoundError(what + ": the study's are " + Joined(metric_names_));
    std::optional<double>& value = found[static_cast<size_t>(named - metric_names_.begin())];
    if (value.has_value()) return absl::NotFoundError("'" + item.name + "' is there twice");
    value = item.value;
  }
  std::vector<double> values;
  for (size_t i = 0; i < objectives_; ++i) {
    if (!found[i].has_value()) return absl::NotFoundError("'" + metric_names_[i] + "' is missing");
    values.push_back(*found[i]);
  }
  return values;
}

absl::StatusOr<std::vector<double>> OutputRules::Losses(std::string_view text) const {
  std::vector<Item> items;
  for (text = WithoutGaps(text); !text.empty();) {
    const std::optional<Item> item = TakeItem(&text);
    if (!item.has_value()) return absl::NotFoundError("it holds other words than numbers and their names");
    items.push_back(*item);
  }
  const bool named = std::any_of(items.begin(), items.end(), [](const Item& item) { return !item.name.empty(); });
  if (named && metric_names_.size() == objectives_) return ByName(items);
  if (items.size() != objectives_) {
    return absl::NotFoundError("it holds " + std::to_string(items.size()) + " numbers, the study has " +
                               std::to_string(objectives_) + (objectives_ == 1 ? " objective" : " objectives"));
  }
  std::vector<double> values;
  for (const Item& item : items) values.push_back(item.value);
  return values;
}

std::optional<OutputRules::Item> OutputRules::TakeReported(std::string_view* text) const {
  Item item;
  std::string_view rest = *text;
  const auto take_name = [&](const std::string& name) {
    if (name.size() <= item.name.size() || !text->starts_with(name)) return;
    const std::string_view behind = text->substr(name.size());
    std::string_view signed_value = behind;
    if (behind.empty() || !IsGap(behind.front()) || TakeSign(&signed_value)) return;  // TakeItem reads those with a sign
    item.name = name;
    rest = WithoutGaps(behind);
  };
  take_name("value");
  if (metric_names_.empty()) take_name("loss");
  for (const std::string& name : metric_names_) take_name(name);
  std::optional<Item> taken = TakeItem(item.name.empty() ? text : &rest);
  if (item.name.empty() || !taken.has_value()) return taken;
  if (!taken->name.empty()) return std::nullopt;  // two names
  item.value = taken->value;
  *text = rest;
  return item;
}

std::vector<double> OutputRules::ReportedBy(const std::vector<Item>& items) const {
  const bool named = std::any_of(items.begin(), items.end(), [](const Item& item) { return !item.name.empty(); });
  if (named && (objectives_ > 1 || (items[0].name != "value" && !metric_names_.empty()))) {
    if (metric_names_.size() != objectives_) return {};
    return ByName(items).value_or(std::vector<double>());
  }
  if (named && items[0].name != "value" && items[0].name != "loss") return {};
  if (items.size() != 1 && items.size() != objectives_) return {};
  std::vector<double> values;
  for (const Item& item : items) values.push_back(item.value);
  return values;
}

std::optional<IntermediateValue> OutputRules::Report(std::string_view line) const {
  if (report_.has_value()) return report_->Match(line);
  std::string_view rest = WithoutGaps(line);
  bool labelled = false;
  if (rest.starts_with("step")) {
    std::string_view behind = rest.substr(4);
    labelled = TakeSign(&behind) || (!behind.empty() && IsGap(behind.front()));
    if (labelled) rest = WithoutGaps(behind);
  }
  size_t end = 0;
  while (end < rest.size() && !IsGap(rest[end])) ++end;
  std::string_view word = rest.substr(0, end);
  if (labelled && word.ends_with(':')) word.remove_suffix(1);
  const std::optional<int64_t> step = ParseWhole(word);
  if (!step.has_value() || *step < 0) return std::nullopt;
  std::vector<Item> items;
  for (rest = WithoutGaps(rest.substr(end)); !rest.empty();) {
    const std::optional<Item> item = TakeReported(&rest);
    if (!item.has_value()) return std::nullopt;
    items.push_back(*item);
  }
  if (items.empty() || (!labelled && (objectives_ > 1 || items.size() > 1 || !items[0].name.empty()))) return std::nullopt;
  const std::vector<double> values = ReportedBy(items);
  if (values.empty()) return std::nullopt;
  return IntermediateValue{*step, values[0], std::nullopt, {values.begin() + 1, values.end()}};
}

void OutputReader::Feed(std::string_view bytes, std::string* unfinished, bool standard_output) {
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    const size_t room = kLongestLine - std::min(kLongestLine, unfinished->size());
    unfinished->append(bytes.substr(0, std::min(end, room)));
    if (end == bytes.size()) return;
    Line(*unfinished, standard_output);
    unfinished->clear();
    bytes.remove_prefix(end + 1);
  }
}

void OutputReader::End() {
  if (!out_.empty()) Line(out_, true);
  if (!err_.empty()) Line(err_, false);
  out_.clear();
  err_.clear();
}

void OutputReader::Line(std::string_view line, bool standard_output) {
  // A progress bar draws over its line: what stands there last counts.
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (const size_t drawn = line.rfind('\r'); drawn != std::string_view::npos) line.remove_prefix(drawn + 1);
  if (std::all_of(line.begin(), line.end(), IsGap)) return;
  tail_.emplace_back(Truncate(RepairUtf8(line), 400));
  if (tail_.size() > kTailLines) tail_.pop_front();
  if (!standard_output) return;
  if (rules_->has_pattern()) {
    if (std::optional<std::vector<double>> values = rules_->Match(line)) matched_ = std::move(values);
  }
  if (const std::optional<IntermediateValue> report = rules_->Report(line)) on_report_(*report);
  last_line_ = std::string(line);
}

absl::StatusOr<std::vector<double>> OutputReader::Losses() const {
  if (rules_->has_pattern()) {
    if (matched_.has_value()) return *matched_;
    return absl::NotFoundError("the pattern matched no line of the output");
  }
  if (last_line_.empty()) return absl::NotFoundError("the command printed nothing: its last line is read as the loss");
  absl::StatusOr<std::vector<double>> values = rules_->Losses(last_line_);
  if (values.ok()) return values;
  const std::string wanted = rules_->objectives() == 1 ? "the loss" : std::to_string(rules_->objectives()) + " losses";
  return absl::NotFoundError("the last line is not " + wanted + ": " + Truncate(RepairUtf8(last_line_), 200) + "\n(" +
                             std::string(values.status().message()) + ")");
}

std::string OutputReader::Tail() const {
  std::string text;
  for (const std::string& line : tail_) text += line + "\n";
  if (!text.empty()) text.pop_back();
  return std::string(Utf8Tail(text, kTailBytes));
}

}  // namespace parzen::cli
