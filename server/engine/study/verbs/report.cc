// Report: intermediate values of running trials.

#include <utility>

#include "base/status_macros.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/once.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

// As it is kept: 1 stop_requested, 2 should_prune.
int64_t Bits(const Advice& advice) { return (advice.stop_requested ? 1 : 0) | (advice.should_prune ? 2 : 0); }
Advice AdviceOf(int64_t bits) { return {.should_prune = (bits & 2) != 0, .stop_requested = (bits & 1) != 0}; }

absl::Status StageReports(const StudyPtr& study, const ReportCommand& command, Done<ReportAnswer> done, Answers* now) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  for (const IntermediateReport& report : command.reports) {
    PARZEN_RETURN_IF_ERROR(CheckRunning(staged, report.trial, "reports.trial"));
  }
  const auto batch = std::make_shared<Batch>();
  const int64_t reported_at = study->Now();
  for (const IntermediateReport& report : command.reports) {
    storage::UpdateTrial update;
    update.number = report.trial.number;
    update.intermediates.push_back({report.step, report.value, reported_at});
    staged.Change(std::move(update), batch.get());
  }
  ReportAnswer answer;
  ResultWriter result;
  result.Int(static_cast<int64_t>(command.reports.size()));
  for (const IntermediateReport& report : command.reports) {
    const storage::TrialRecord& record = staged.Find(report.trial.number)->record;
    RenewLease(study, record);
    answer.advice.push_back({.should_prune = false, .stop_requested = record.stop_requested});
    result.Int(Bits(answer.advice.back()));
  }
  batch->done.push_back(AnswerWith(std::move(answer), std::move(done)));
  *now = study->Queue(batch, command.request, result.Take(), -1);
  return absl::OkStatus();
}

void RunReport(const StudyPtr& study, const ReportCommand& command, Done<ReportAnswer> done) {
  Answers now;
  if (absl::Status status = StageReports(study, command, done, &now); !status.ok()) return done(status);
  AnswerNow(now);
}

absl::StatusOr<ReportAnswer> RecallReport(const StudyPtr&, const ReportCommand& command, std::string_view result) {
  ResultReader reader(result);
  reader.Int();  // how many
  ReportAnswer answer;
  for (size_t i = 0; i < command.reports.size(); ++i) {
    answer.advice.push_back(AdviceOf(reader.Int()));
  }
  return answer;
}

}  // namespace

void Report(const StudyPtr& study, ReportCommand command, Done<ReportAnswer> done) {
  Once<ReportCommand, ReportAnswer>(study, std::move(command), std::move(done), RunReport, RecallReport);
}

}  // namespace parzen::engine::verbs
