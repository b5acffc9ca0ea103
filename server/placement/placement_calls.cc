// The calls of the service, each to its study's owner.

#include <algorithm>
#include <map>
#include <utility>

#include "server/error/error.h"
#include "server/placement/operations.h"
#include "server/placement/placement.h"
#include "server/placement/watch.h"

namespace parzen::placement {

using engine::Done;

template <typename Command, typename Answer>
void Placement::Route(const Operation<Command, Answer>& operation, Command command, Done<Answer> done) {
  ++under_way_;
  const auto call = std::make_shared<TypedCall<Command, Answer>>(&operation, std::move(command),
                                                                 [this, done = std::move(done)](absl::StatusOr<Answer> answer) {
                                                                   done(std::move(answer));
                                                                   --under_way_;
                                                                 });
  if (auto context = CallScope::Current()) call->context = std::move(context);
  router_.Dispatch(call);
}

template <typename Command>
void Placement::RouteStatus(const Operation<Command, std::monostate>& operation, Command command,
                            std::function<void(absl::Status)> done) {
  Route<Command, std::monostate>(
      operation, std::move(command),
      [done = std::move(done)](const absl::StatusOr<std::monostate>& answer) { done(answer.status()); });
}

// Used by placement.cc.
template void Placement::Route(const Operation<TouchCommand, std::string>& operation, TouchCommand command,
                               Done<std::string> done);

void Placement::CreateStudy(engine::CreateStudyCommand command, Done<engine::Study> done) {
  Route(operations::kCreateStudy, std::move(command), std::move(done));
}

void Placement::GetStudy(std::string name, Done<engine::Study> done) {
  Route(operations::kGetStudy, NameCommand{std::move(name)}, std::move(done));
}

// Reads the database, whoever owns what.
void Placement::ListStudies(engine::ListStudiesCommand command, Done<engine::ListStudiesAnswer> done) {
  local_->ListStudies(std::move(command), std::move(done));
}

void Placement::UpdateStudy(engine::UpdateStudyCommand command, Done<engine::Study> done) {
  Route(operations::kUpdateStudy, std::move(command), std::move(done));
}

void Placement::DeleteStudy(engine::DeleteStudyCommand command, std::function<void(absl::Status)> done) {
  RouteStatus(operations::kDeleteStudy, std::move(command), std::move(done));
}

void Placement::Ask(engine::AskCommand command, Done<engine::AskAnswer> done) {
  Route(operations::kAsk, std::move(command), std::move(done));
}

void Placement::Tell(engine::TellCommand command, Done<engine::TellAnswer> done) {
  Route(operations::kTell, std::move(command), std::move(done));
}

void Placement::Report(engine::ReportCommand command, Done<engine::ReportAnswer> done) {
  Route(operations::kReport, std::move(command), std::move(done));
}

namespace {

bool NeverWas(const absl::Status& status) { return absl::IsNotFound(status) || absl::IsInvalidArgument(status); }

// A heartbeat for several studies: one call each, and one answer from all. As with one study, trials that never were have lost
// their leases, unless all are of that kind.
class Gathering {
 public:
  Gathering(size_t trials, size_t calls, Done<engine::HeartbeatAnswer> done) : calls_left_(calls), done_(std::move(done)) {
    answer_.answers.assign(trials, engine::HeartbeatReply::kLeaseLost);
  }

  void Take(const std::vector<size_t>& places, const absl::StatusOr<engine::HeartbeatAnswer>& part) {
    absl::Status failure;
    {
      const MutexLock lock(&mutex_);
      if (part.ok() && part->answers.size() == places.size()) {
        any_was_ = true;
        for (size_t i = 0; i < places.size(); ++i) answer_.answers[places[i]] = part->answers[i];
      } else if (failure_.ok() || !NeverWas(part.status())) {
        failure_ = part.ok() ? absl::InternalError("a heartbeat's answer has another length") : part.status();
      }
      if (--calls_left_ > 0) return;
      failure = failure_;
    }
    if (!failure.ok() && (!any_was_ || !NeverWas(failure))) return done_(failure);
    done_(std::move(answer_));
  }

 private:
  Mutex mutex_;
  size_t calls_left_;
  bool any_was_ = false;
  absl::Status failure_;
  engine::HeartbeatAnswer answer_;
  const Done<engine::HeartbeatAnswer> done_;
};

}  // namespace

void Placement::Heartbeat(engine::HeartbeatCommand command, Done<engine::HeartbeatAnswer> done) {
  std::map<uint64_t, std::vector<size_t>> by_study;  // places in the call
  for (size_t i = 0; i < command.trials.size(); ++i) by_study[command.trials[i].study_uid].push_back(i);
  if (by_study.size() <= 1) return Route(operations::kHeartbeat, std::move(command), std::move(done));
  const auto gathering = std::make_shared<Gathering>(command.trials.size(), by_study.size(), std::move(done));
  const std::shared_ptr<CallContext> context = CallScope::Current();
  for (const auto& [uid, places] : by_study) {
    // Each part has its own, and none names an owner for all.
    const CallScope scope(context == nullptr ? nullptr : std::make_shared<CallContext>(*context));
    engine::HeartbeatCommand part{command.worker, {}};
    for (const size_t place : places) part.trials.push_back(command.trials[place]);
    Route<engine::HeartbeatCommand, engine::HeartbeatAnswer>(
        operations::kHeartbeat, std::move(part),
        [gathering, places = places](const absl::StatusOr<engine::HeartbeatAnswer>& answer) { gathering->Take(places, answer); });
  }
}

void Placement::StopTrial(engine::StopTrialCommand command, std::function<void(absl::Status)> done) {
  RouteStatus(operations::kStopTrial, std::move(command), std::move(done));
}

void Placement::Enqueue(engine::EnqueueCommand command, Done<engine::Trial> done) {
  Route(operations::kEnqueue, std::move(command), std::move(done));
}

void Placement::AddTrials(engine::AddTrialsCommand command, Done<engine::AddTrialsAnswer> done) {
  Route(operations::kAddTrials, std::move(command), std::move(done));
}

void Placement::Suggest(engine::SuggestCommand command, Done<engine::SuggestAnswer> done) {
  Route(operations::kSuggest, std::move(command), std::move(done));
}

void Placement::UpdateTrial(engine::UpdateTrialCommand command, Done<engine::Trial> done) {
  Route(operations::kUpdateTrial, std::move(command), std::move(done));
}

void Placement::BeginTrial(engine::BeginTrialCommand command, Done<engine::BeginTrialAnswer> done) {
  Route(operations::kBeginTrial, std::move(command), std::move(done));
}

void Placement::SetParameter(engine::SetParameterCommand command, Done<std::monostate> done) {
  Route(operations::kSetParameter, std::move(command), std::move(done));
}

void Placement::SetTrialState(engine::SetTrialStateCommand command, Done<bool> done) {
  Route(operations::kSetTrialState, std::move(command), std::move(done));
}

void Placement::AmendTrial(engine::AmendTrialCommand command, Done<std::monostate> done) {
  Route(operations::kAmendTrial, std::move(command), std::move(done));
}

void Placement::AdvanceTrial(engine::AdvanceTrialCommand command, Done<engine::AdvanceTrialAnswer> done) {
  Route(operations::kAdvanceTrial, std::move(command), std::move(done));
}

void Placement::Sample(engine::SampleCommand command, Done<JointPart> done) {
  Route(operations::kSample, std::move(command), std::move(done));
}

void Placement::ReadTrials(engine::ReadTrialsCommand command, Done<engine::ReadTrialsAnswer> done) {
  Route(operations::kReadTrials, std::move(command), std::move(done));
}

void Placement::GetTrial(engine::GetTrialCommand command, Done<engine::Trial> done) {
  Route(operations::kGetTrial, std::move(command), std::move(done));
}

void Placement::ListTrials(engine::ListTrialsCommand command, Done<engine::ListTrialsAnswer> done) {
  Route(operations::kListTrials, std::move(command), std::move(done));
}

void Placement::BestTrials(engine::BestTrialsCommand command, Done<engine::BestTrialsAnswer> done) {
  Route(operations::kBestTrials, std::move(command), std::move(done));
}

void Placement::RecommendTrials(engine::RecommendTrialsCommand command, Done<engine::RecommendTrialsAnswer> done) {
  Route(operations::kRecommendTrials, std::move(command), std::move(done));
}

void Placement::GetImportances(engine::GetImportancesCommand command, Done<engine::GetImportancesAnswer> done) {
  Route(operations::kGetImportances, std::move(command), std::move(done));
}

void Placement::ExplainTrial(engine::ExplainTrialCommand command, Done<engine::ExplainTrialAnswer> done) {
  Route(operations::kExplainTrial, std::move(command), std::move(done));
}

// Whether there is such a study is asked first: a watch of none is refused, not ended.
void Placement::Watch(engine::WatchCommand command, std::function<void()> changed, Done<std::unique_ptr<engine::Watcher>> done) {
  std::string name = command.study;
  GetStudy(std::move(name), [this, context = CallScope::Current(), command = std::move(command), changed = std::move(changed),
                             done = std::move(done)](const absl::StatusOr<engine::Study>& study) {
    if (!study.ok()) return done(study.status());
    const CallScope scope(context);
    done(MakeWatcher(&router_, command, changed));
  });
}

void Placement::StudyName(uint64_t uid, Done<std::string> done) {
  if (std::optional<std::string> name = router_.NameOf(uid)) return done(*std::move(name));
  ++under_way_;
  later_->Post([this, uid, done = std::move(done)] {
    const absl::StatusOr<storage::StudyRecord> record = storage_->GetStudyByUid(uid);
    if (record.ok()) {
      done(record->name);
    } else if (absl::IsNotFound(record.status())) {
      done(error::NoSuchStudy("with uid " + std::to_string(uid)));
    } else {
      done(error::FromStorage(record.status()));
    }
    --under_way_;
  });
}

}  // namespace parzen::placement
