// Report: intermediate values of running trials.

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/once.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

// A piece of advice in the kept result: what earlier versions kept was stop_requested alone.
constexpr int64_t kStop = 1, kPrune = 2;

void Remember(const Advice& advice, ResultWriter* result) {
  result->Int((advice.stop_requested ? kStop : 0) | (advice.should_prune ? kPrune : 0));
  if (advice.should_prune) result->Text(advice.reason);
}

Advice Recall(ResultReader* reader) {
  const int64_t flags = reader->Int();
  Advice advice{.should_prune = (flags & kPrune) != 0, .stop_requested = (flags & kStop) != 0, .reason = {}};
  if (advice.should_prune) advice.reason = reader->Text();
  return advice;
}

// One value an objective, or the first one's alone.
absl::Status CheckValues(const StagedStudy& staged, const IntermediateReport& report) {
  const size_t objectives = staged.face().definition->directions.size(), values = report.more.size() + 1;
  if (values == 1 || values == objectives) return absl::OkStatus();
  return error::BadField("reports.values", absl::StrCat("trial ", report.trial.number, " reports ", values,
                                                        " values; the study has ", objectives, " objectives"));
}

// Room for all reports of each trial, so that all are taken or none.
absl::Status CheckRoom(const StagedStudy& staged, const std::vector<IntermediateReport>& reports) {
  absl::flat_hash_map<int64_t, std::vector<int64_t>> steps;
  for (const IntermediateReport& report : reports) steps[report.trial.number].push_back(report.step);
  for (const auto& [number, of_trial] : steps) PARZEN_RETURN_IF_ERROR(CheckRoomForReports(staged, number, of_trial));
  return absl::OkStatus();
}

absl::Status StageReports(const StudyPtr& study, const ReportCommand& command, Done<ReportAnswer> done, Answers* now) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  for (const IntermediateReport& report : command.reports) {
    PARZEN_RETURN_IF_ERROR(CheckRunning(staged, report.trial, "reports.trial"));
    PARZEN_RETURN_IF_ERROR(CheckValues(staged, report));
  }
  PARZEN_RETURN_IF_ERROR(CheckRoom(staged, command.reports));
  const auto batch = std::make_shared<Batch>();
  int64_t reported_at = study->Now();
  ReportAnswer answer;
  ResultWriter result;
  result.Int(static_cast<int64_t>(command.reports.size()));
  for (const IntermediateReport& report : command.reports) {
    storage::UpdateTrial update;
    update.number = report.trial.number;
    update.intermediates.push_back({report.step, report.value, reported_at++, report.more});  // in the order reported
    staged.Change(std::move(update), batch.get());
    PruneDecision decision = staged.Decide(report.trial.number, batch.get());
    const storage::TrialRecord& record = staged.Find(report.trial.number)->record;
    RenewLease(study, record);
    answer.advice.push_back({decision.prune, record.stop_requested, std::move(decision.reason)});
    Remember(answer.advice.back(), &result);
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
    answer.advice.push_back(Recall(&reader));
  }
  return answer;
}

}  // namespace

void Report(const StudyPtr& study, ReportCommand command, Done<ReportAnswer> done) {
  Once<ReportCommand, ReportAnswer>(study, std::move(command), std::move(done), RunReport, RecallReport);
}

}  // namespace parzen::engine::verbs
