#include "clients/cli/worker/spool.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/str_format.h"
#include "clients/cli/files.h"
#include "clients/cli/json.h"

namespace parzen::cli {
namespace {

namespace fs = std::filesystem;

std::string DefaultDirectory() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/parzen";
  const char* home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? std::string(home) + "/.local/state/parzen" : std::string();
}

Json ToJson(const Outcome& outcome) {
  Json values = Json::array();
  for (const double value : outcome.values) values.push_back(cli::ToJson(value));
  return {{"state", ToText(outcome.state)}, {"values", values}, {"failure", ToText(outcome.failure)}, {"reason", outcome.reason}};
}

std::optional<Outcome> FromJson(const Json& json) {
  if (!json.is_object() || !json.contains("state") || !json["state"].is_string() || !json.contains("values") ||
      !json["values"].is_array()) {
    return std::nullopt;
  }
  Outcome outcome;
  const std::optional<TrialState> state = TrialStateFromText(json["state"].get<std::string>());
  if (!state.has_value() || *state < TrialState::kComplete) return std::nullopt;
  outcome.state = *state;
  for (const Json& value : json["values"]) {
    const absl::StatusOr<double> number = DoubleFromJson(value, "values");
    if (!number.ok()) return std::nullopt;
    outcome.values.push_back(*number);
  }
  if (outcome.state == TrialState::kFailed) {
    const Json kind = json.value("failure", Json("crashed")), reason = json.value("reason", Json(""));
    if (!kind.is_string() || !reason.is_string()) return std::nullopt;
    outcome.failure = FailureKindFromText(kind.get<std::string>()).value_or(FailureKind::kCrashed);
    outcome.reason = reason.get<std::string>();
  }
  return outcome;
}

}  // namespace

absl::StatusOr<Spool> Spool::Open(std::string directory) {
  if (directory.empty()) directory = DefaultDirectory();
  if (directory.empty()) return absl::InvalidArgumentError("HOME is not set: give a directory for untold outcomes with --spool");
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return absl::InvalidArgumentError("cannot make " + directory + " for untold outcomes: " + error.message() +
                                      "; give another with --spool");
  }
  return Spool(std::move(directory));
}

std::string Spool::PathOf(const TrialHandle& handle) const {
  return absl::StrFormat("%s/%016x-%d-%d.json", directory_, handle.study_uid, handle.number, handle.attempt);
}

absl::Status Spool::Put(const TrialHandle& handle, const Outcome& outcome) const {
  return WriteFile(PathOf(handle), Dump(ToJson(outcome)) + "\n");
}

void Spool::Remove(const TrialHandle& handle) const {
  std::error_code ignored;  // told twice is told
  fs::remove(PathOf(handle), ignored);
}

std::vector<std::pair<TrialHandle, Outcome>> Spool::Of(uint64_t study_uid) const {
  std::vector<std::pair<TrialHandle, Outcome>> kept;
  const std::string prefix = absl::StrFormat("%016x-", study_uid);
  std::error_code error;
  for (fs::directory_iterator entry(directory_, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(".json")) continue;
    TrialHandle handle{study_uid, 0, 0};
    long long number = 0;
    int attempt = 0, length = 0;
    if (std::sscanf(name.c_str() + prefix.size(), "%lld-%d.json%n", &number, &attempt, &length) != 2) continue;
    if (prefix.size() + static_cast<size_t>(length) != name.size()) continue;
    handle.number = number;
    handle.attempt = attempt;
    const absl::StatusOr<std::string> text = ReadFile(entry->path().string());
    if (!text.ok()) continue;
    const std::optional<Outcome> outcome = FromJson(Json::parse(*text, nullptr, /*allow_exceptions=*/false));
    if (outcome.has_value()) kept.emplace_back(handle, *outcome);
  }
  std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.first.number < b.first.number; });
  return kept;
}

}  // namespace parzen::cli
