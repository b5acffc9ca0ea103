#include "clients/cli/worker/output.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>

#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

constexpr size_t kLongestLine = 64 << 10;  // more of a line is not kept
constexpr size_t kTailLines = 20;
constexpr size_t kTailBytes = 2 << 10;

bool IsGap(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0 || c == ','; }

// Words between blanks and commas.
std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    while (!text.empty() && IsGap(text.front())) text.remove_prefix(1);
    if (text.empty()) return words;
    size_t end = 0;
    while (end < text.size() && !IsGap(text[end])) ++end;
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

OutputRules::OutputRules(size_t objectives, std::unique_ptr<re2::RE2> pattern)
    : objectives_(objectives), pattern_(std::move(pattern)) {}
OutputRules::~OutputRules() = default;

absl::StatusOr<std::shared_ptr<const OutputRules>> OutputRules::Create(size_t objectives, const std::string& pattern) {
  std::unique_ptr<re2::RE2> compiled;
  if (!pattern.empty()) {
    compiled = std::make_unique<re2::RE2>(Piece(pattern), re2::RE2::Quiet);
    if (!compiled->ok()) return absl::InvalidArgumentError("--pattern is no regular expression: " + compiled->error());
    const auto groups = static_cast<size_t>(compiled->NumberOfCapturingGroups());
    if (groups != objectives && !(groups == 0 && objectives == 1)) {
      return absl::InvalidArgumentError("--pattern has " + std::to_string(groups) + " groups (...): the study has " +
                                        std::to_string(objectives) + " objectives, one group each is accepted");
    }
  }
  return std::make_shared<const OutputRules>(objectives, std::move(compiled));
}

std::optional<std::vector<double>> OutputRules::Match(std::string_view line) const {
  std::vector<re2::StringPiece> groups(objectives_ + 1);
  if (!pattern_->Match(Piece(line), 0, line.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  std::vector<double> values;
  for (size_t i = 0; i < objectives_; ++i) {
    const re2::StringPiece& group = pattern_->NumberOfCapturingGroups() == 0 ? groups[0] : groups[i + 1];
    const std::optional<double> number = ParseNumber(std::string_view(group.data(), group.size()));
    if (!number.has_value()) return std::nullopt;
    values.push_back(*number);
  }
  return values;
}

std::optional<std::vector<double>> OutputRules::Losses(std::string_view text) const {
  std::vector<double> values;
  bool named = false;  // the word before was "name:"
  for (std::string_view word : Words(text)) {
    if (const size_t equals = word.find('='); equals != std::string_view::npos && equals > 0 && !named)
      word.remove_prefix(equals + 1);
    if (const std::optional<double> number = ParseNumber(word)) {
      values.push_back(*number);
      named = false;
    } else if (!named && word.size() > 1 && word.back() == ':') {
      named = true;
    } else {
      return std::nullopt;
    }
  }
  if (named || values.size() != objectives_) return std::nullopt;
  return values;
}

std::optional<IntermediateValue> OutputRules::Report(std::string_view line) const {
  std::vector<std::string_view> words = Words(line);
  const bool labelled = !words.empty() && words[0] == "step";
  if (labelled) words.erase(words.begin());
  if (words.size() != 2 || (!labelled && objectives_ > 1)) return std::nullopt;
  const std::optional<int64_t> step = ParseWhole(words[0]);
  const std::optional<double> value = ParseNumber(words[1]);
  if (!step.has_value() || *step < 0 || !value.has_value()) return std::nullopt;
  return IntermediateValue{*step, *value};
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
  tail_.emplace_back(Truncate(line, 400));
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
  if (std::optional<std::vector<double>> values = rules_->Losses(last_line_)) return *std::move(values);
  const std::string wanted = rules_->objectives() == 1 ? "the loss" : std::to_string(rules_->objectives()) + " losses";
  return absl::NotFoundError("the last line is not " + wanted + ": " + Truncate(last_line_, 200));
}

std::string OutputReader::Tail() const {
  std::string text;
  for (const std::string& line : tail_) text += line + "\n";
  if (text.size() > kTailBytes) text.erase(0, text.size() - kTailBytes);
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace parzen::cli
