// Report: intermediate values of running trials.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {
namespace {

// Sorted by step; a step told again is replaced.
void Insert(const storage::Intermediate& value, std::vector<storage::Intermediate>* values) {
  const auto at = std::lower_bound(values->begin(), values->end(), value.step,
                                   [](const storage::Intermediate& entry, int64_t step) { return entry.step < step; });
  if (at != values->end() && at->step == value.step) {
    *at = value;
  } else {
    values->insert(at, value);
  }
}

}  // namespace

absl::Status StudyEngine::CheckRunning(const TrialHandle& handle, std::string_view field) {
  if (absl::Status status = CheckNumber(handle.number); !status.ok()) return status;
  const LiveTrial* live = FindLive(handle.number);
  const int32_t attempt = live == nullptr ? index_[handle.number].attempt : live->record.attempt;
  if (handle.attempt < attempt) {
    return error::MakeError(
        absl::StatusCode::kAborted,
        absl::StrCat("trial ", handle.number, " has passed from attempt ", handle.attempt, " to attempt ", attempt),
        {"LEASE_LOST", {}});
  }
  if (live == nullptr || live->ended()) {
    return error::Precondition("TRIAL_FINISHED",
                               absl::StrCat("trial ", handle.number, " has ended; only a running trial is accepted"));
  }
  if (handle.attempt > attempt) {
    return error::BadField(std::string(field) + ".attempt",
                           absl::StrCat("is ", handle.attempt, "; trial ", handle.number, " has had attempts 0 to ", attempt));
  }
  if (live->record.state == TrialState::kWaiting) {
    return error::Precondition("TRIAL_NOT_RUNNING",
                               absl::StrCat("trial ", handle.number, " is WAITING: it has not been asked for yet"));
  }
  return absl::OkStatus();
}

void StudyEngine::RunReport(const ReportCommand& command, Done<ReportAnswer> done) {
  std::unique_lock lock(mutex_);
  absl::Status status = Check();
  for (const IntermediateReport& report : command.reports) {
    if (status.ok()) status = CheckRunning(report.trial, "reports.trial");
  }
  if (!status.ok()) {
    lock.unlock();
    return done(status);
  }
  auto batch = std::make_shared<Batch>();
  const int64_t now = Now();
  for (const IntermediateReport& report : command.reports) {
    const storage::Intermediate value{report.step, report.value, now};
    storage::TrialRecord& record = FindLive(report.trial.number)->record;
    Insert(value, &record.intermediates);
    record.revision = StageRevision(record.number, record.state, batch.get());
    storage::UpdateTrial update;
    update.number = record.number;
    update.revision = record.revision;
    update.intermediates.push_back(value);
    batch->changes.emplace_back(std::move(update));
  }
  ReportAnswer answer;
  ResultWriter result;
  result.Int(static_cast<int64_t>(command.reports.size()));
  for (const IntermediateReport& report : command.reports) {
    const storage::TrialRecord& record = FindLive(report.trial.number)->record;
    RenewLease(record);
    answer.advice.push_back({.should_prune = false, .stop_requested = record.stop_requested});
    result.Int(int64_t{record.stop_requested});
  }
  batch->done.push_back([answer = std::move(answer), done = std::move(done)](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    done(answer);
  });
  QueueAndRelease(std::move(lock), std::move(batch), command.request, result.Take(), -1);
}

absl::StatusOr<ReportAnswer> StudyEngine::RecallReport(const ReportCommand& command, std::string_view result) {
  ResultReader reader(result);
  reader.Int();
  ReportAnswer answer;
  for (size_t i = 0; i < command.reports.size(); ++i) {
    answer.advice.push_back({.should_prune = false, .stop_requested = reader.Int() != 0});
  }
  return answer;
}

}  // namespace parzen::engine
