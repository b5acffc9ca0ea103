#include "clients/cli/commands/import_trials.h"

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/status_macros.h"
#include "clients/cli/json.h"
#include "clients/cli/terminal.h"
#include "clients/cli/trial_check.h"

namespace parzen::cli {
namespace {

constexpr size_t kMostBytes = 3 << 20;  // of a study's attributes in one message, which may have 4 MiB

std::string EndedBy(int signal) {
  return std::string("ended by ") + (signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM");
}

// "trials[17]: ..." with the file's line in place of the trial's: "line 18: ...".
std::string WithLine(std::string message, const std::vector<size_t>& lines) {
  constexpr std::string_view kPrefix = "trials[";
  for (size_t begin = message.find(kPrefix); begin != std::string::npos; begin = message.find(kPrefix, begin + 1)) {
    size_t place = 0;
    const char* const digits = message.data() + begin + kPrefix.size();
    const auto [end, error] = std::from_chars(digits, message.data() + message.size(), place);
    if (error != std::errc() || end == message.data() + message.size() || *end != ']' || place >= lines.size()) break;
    message.replace(begin, static_cast<size_t>(end + 1 - (message.data() + begin)), "line " + std::to_string(lines[place]));
  }
  return message;
}

void SayAdded(const Context& context, const std::string& study, const Study::Added& added, size_t left_out) {
  const int64_t fresh = added.count - added.found;
  if (context.json) {
    std::printf("%s\n", Dump(Json{{"study", study},
                                  {"made", false},
                                  {"first_number", added.first_number},
                                  {"count", fresh},
                                  {"found", added.found},
                                  {"left_out", left_out}})
                            .c_str());
    return;
  }
  std::string line = std::to_string(fresh) + " trials imported";
  if (added.found > 0) line += "; of an earlier import of the same and left as they are: " + std::to_string(added.found);
  if (left_out > 0) line += "; unfinished and left out: " + std::to_string(left_out);
  std::printf("%s\n", line.c_str());
}

absl::Status SetAttributes(Study* study, const Attributes& attributes) {
  Attributes some;
  size_t bytes = 0;
  const auto send = [&]() -> absl::Status {
    if (!some.empty()) PARZEN_RETURN_IF_ERROR(study->Update({.user_attrs = some}));
    some.clear();
    bytes = 0;
    return absl::OkStatus();
  };
  for (const auto& attribute : attributes) {
    const size_t size = attribute.first.size() + attribute.second.size();
    if (bytes + size > kMostBytes) PARZEN_RETURN_IF_ERROR(send());
    bytes += size;
    some.push_back(attribute);
  }
  return send();
}

absl::StatusOr<Study::Added> FillStudy(Study* study, const StudyLines& lines, const Interrupt& interrupt) {
  // Nobody shall ask before everything is there.
  PARZEN_RETURN_IF_ERROR(study->Pause());
  PARZEN_RETURN_IF_ERROR(SetAttributes(study, lines.study->config.user_attrs));
  AddOptions options{.restore = true};
  options.on_progress = [&interrupt](int64_t) { return interrupt.signal() == 0; };
  PARZEN_ASSIGN_OR_RETURN(const Study::Added added, study->AddTrials(lines.trials, options));
  if (lines.study->state == StudyState::kActive) PARZEN_RETURN_IF_ERROR(study->Resume());
  if (lines.study->state == StudyState::kFinished) PARZEN_RETURN_IF_ERROR(study->Finish());
  return added;
}

}  // namespace

absl::StatusOr<FileTrials> FinishedTrials(StudyLines lines, const StudyConfig& study) {
  FileTrials finished;
  for (size_t i = 0; i < lines.trials.size(); ++i) {
    if (lines.trials[i].state < TrialState::kComplete) {
      ++finished.left_out;
      continue;
    }
    if (const absl::Status status = CheckFinished(lines.trials[i], study); !status.ok()) {
      return absl::InvalidArgumentError("line " + std::to_string(lines.lines[i]) + ": " + std::string(status.message()));
    }
    finished.trials.push_back(std::move(lines.trials[i]));
    finished.lines.push_back(lines.lines[i]);
  }
  return finished;
}

absl::Status AddFinished(const Context& context, const Study& study, const FileTrials& file, bool again,
                         const Interrupt& interrupt) {
  if (!file.passed_over.empty()) {
    std::string columns;
    for (const std::string& column : file.passed_over) columns += (columns.empty() ? "" : ", ") + column;
    context.Note("columns passed over: " + columns);
  }
  int64_t done = 0;
  AddOptions options;
  if (!again) options.repeatable = "";
  options.on_progress = [&](int64_t so_far) {
    done = so_far;
    return interrupt.signal() == 0 || static_cast<size_t>(so_far) == file.trials.size();
  };
  const absl::StatusOr<Study::Added> added = study.AddTrials(file.trials, options);
  if (!added.ok()) {
    std::string message = absl::IsCancelled(added.status()) ? EndedBy(interrupt.signal())
                                                            : WithLine(std::string(added.status().message()), file.lines);
    if (done > 0 || absl::IsCancelled(added.status())) {
      message += "; " + std::to_string(done) + " of the file's " + std::to_string(file.trials.size()) + " trials are in" +
                 (again ? "" : ", and the same import once more adds the others only");
    }
    return absl::Status(added.status().code(), message);
  }
  SayAdded(context, study.name(), *added, file.left_out);
  const auto nans = std::count_if(file.trials.begin(), file.trials.end(), [](const FrozenTrial& trial) {
    return trial.state == TrialState::kComplete &&
           std::any_of(trial.values.begin(), trial.values.end(), [](double value) { return std::isnan(value); });
  });
  if (nans > 0) context.Note("recorded as failed, since a value is NaN: " + std::to_string(nans));
  return absl::OkStatus();
}

absl::Status MakeStudy(const Context& context, const Client& client, const std::string& name, const StudyLines& lines,
                       const Interrupt& interrupt) {
  StudyConfig config = lines.study->config;
  config.name = name;
  config.user_attrs.clear();  // they may be more than one message holds
  PARZEN_ASSIGN_OR_RETURN(Study study, client.CreateStudy(config));
  const absl::StatusOr<Study::Added> added = FillStudy(&study, lines, interrupt);
  if (added.ok()) {
    if (context.json) {
      const Json json = {
          {"study", name}, {"made", true}, {"first_number", added->first_number}, {"count", added->count}, {"left_out", 0}};
      std::printf("%s\n", Dump(json).c_str());
    } else {
      std::printf("study %s is made: %lld trials\n", Printable(name).c_str(), static_cast<long long>(added->count));
    }
    return absl::OkStatus();
  }
  const absl::Status removed = client.DeleteStudy(name);
  if (!removed.ok()) {
    context.Note("the study " + name + " is incomplete and could not be removed: " + std::string(removed.message()));
  } else if (interrupt.signal() != 0) {
    return absl::CancelledError(EndedBy(interrupt.signal()) + ": the study " + name + " is not made");
  }
  absl::Status status(added.status().code(), WithLine(std::string(added.status().message()), lines.lines));
  added.status().ForEachPayload([&status](auto url, const absl::Cord& payload) { status.SetPayload(url, payload); });
  return status;
}

}  // namespace parzen::cli
