#include "server/engine/service_impl.h"

#include <chrono>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/list_studies.h"
#include "server/engine/request_clock.h"
#include "server/engine/study_watcher.h"
#include "server/engine/validation.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

constexpr uint64_t kAllStudies = 0;               // no study's uid
constexpr int64_t kLeaseRetryMicros = 1'000'000;  // until storage that failed is tried again
constexpr int64_t kHousekeepingMicros = int64_t{60} * 1'000'000;

ServiceOptions WithClocks(ServiceOptions options) {
  const auto micros = [](auto time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  };
  if (!options.wall_micros) options.wall_micros = [micros] { return int64_t{micros(std::chrono::system_clock::now())}; };
  if (!options.monotonic_micros)
    options.monotonic_micros = [micros] { return int64_t{micros(std::chrono::steady_clock::now())}; };
  return options;
}

}  // namespace

std::unique_ptr<Service> Service::Create(storage::Storage* storage, ServiceOptions options) {
  return std::make_unique<ServiceImpl>(storage, WithClocks(std::move(options)));
}

ServiceImpl::ServiceImpl(storage::Storage* storage, ServiceOptions options)
    : storage_(storage),
      options_(std::move(options)),
      compute_(std::make_unique<ComputePool>(options_.compute_threads)),
      readers_(std::make_unique<ThreadPool>(options_.reader_threads)),
      request_micros_(
          MakeRequestClock(storage_, options_.wall_micros(), options_.request_lifetime_micros, options_.monotonic_micros)),
      lease_timer_(options_.monotonic_micros, [this](uint64_t uid) { LeasesDue(uid); }),
      studies_({storage_, readers_.get(), compute_.get(), &lease_timer_, options_.wall_micros, options_.monotonic_micros,
                request_micros_, options_.request_lifetime_micros, nullptr, options_.meter, options_.leases_expired},
               options_.memory_bound),
      requests_(storage_, readers_.get(), request_micros_, options_.request_lifetime_micros),
      creator_(storage_, readers_.get(), &studies_, &requests_, options_.wall_micros, options_.max_studies) {
  lease_timer_.WakeAt(kAllStudies, options_.monotonic_micros());
}

ServiceImpl::~ServiceImpl() {
  Shutdown(std::chrono::minutes(1));
  // The pools end before what their jobs use.
  compute_.reset();
  storage_->Flush();
  readers_.reset();
  storage_->Flush();
}

template <typename Answer>
Done<Answer> ServiceImpl::Admit(Done<Answer> done) {
  bool refused = false;
  {
    const std::lock_guard lock(calls_mutex_);
    refused = refused_;
    if (!refused) ++calls_;
  }
  if (refused) {
    done(error::ShuttingDown());
    return nullptr;
  }
  Housekeep();
  return [this, done = std::move(done)](absl::StatusOr<Answer> answer) {
    done(std::move(answer));
    Ended();
  };
}

void ServiceImpl::Ended() {
  const std::lock_guard lock(calls_mutex_);
  if (--calls_ == 0) no_calls_.notify_all();
}

void ServiceImpl::Housekeep() {
  const int64_t now = options_.monotonic_micros();
  int64_t last = housekept_at_.load(std::memory_order_relaxed);
  if (last == 0) {  // the first call only starts the clock
    housekept_at_.compare_exchange_strong(last, now);
    return;
  }
  if (now - last < kHousekeepingMicros || !housekept_at_.compare_exchange_strong(last, now)) return;
  readers_->Post([this] {
    const int64_t by_requests = request_micros_();
    studies_.ExpireRequests(by_requests);
    studies_.Evict();
    storage_->ExpireRequests(by_requests, [](const absl::Status&) {});
  });
}

void ServiceImpl::LeasesDue(uint64_t uid) {
  if (uid != kAllStudies) return LoadLeased({uid});
  readers_->Post([this] {
    absl::StatusOr<std::vector<uint64_t>> uids = storage_->LeasedStudies();
    if (uids.ok()) return LoadLeased(*std::move(uids));
    lease_timer_.WakeAt(kAllStudies, options_.monotonic_micros() + kLeaseRetryMicros);
  });
}

// One after the other: other calls' loads take their turns.
void ServiceImpl::LoadLeased(std::vector<uint64_t> uids) {
  if (uids.empty() || shutting_down_.load()) return;
  const uint64_t uid = uids.back();
  uids.pop_back();
  studies_.WithUid(uid, [this, uid, uids = std::move(uids)](const absl::StatusOr<EnginePtr>& engine) {
    if (engine.ok()) {
      (*engine)->ExpireLeases();
    } else if (!absl::IsNotFound(engine.status())) {
      lease_timer_.WakeAt(uid, options_.monotonic_micros() + kLeaseRetryMicros);
    }
    LoadLeased(uids);
  });
}

// Whether the study that has the command's name is the one that is meant.
template <typename Command>
absl::Status CheckUid(const Command& command, const StudyEngine& engine) {
  if constexpr (requires { command.study_uid; }) {
    if (command.study_uid != 0 && command.study_uid != engine.uid()) {
      return error::NoSuchStudy(absl::StrCat("\"", command.study, "\" with uid ", command.study_uid));
    }
  }
  return absl::OkStatus();
}

template <typename Command, typename Answer>
void ServiceImpl::ByName(const std::string& study, Command command, Done<Answer> done,
                         void (StudyEngine::*call)(Command, Done<Answer>)) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if constexpr (!std::is_same_v<Command, GetTrialCommand> && !std::is_same_v<Command, ExplainTrialCommand>) {
    if (absl::Status status = Validate(command); !status.ok()) return done(status);
  }
  studies_.WithName(study, [call, command = std::move(command), done = std::move(done)](absl::StatusOr<EnginePtr> engine) {
    if (!engine.ok()) return done(engine.status());
    if (absl::Status meant = CheckUid(command, **engine); !meant.ok()) return done(meant);
    (**engine.*call)(command, done);
  });
}

template <typename Command, typename Answer>
void ServiceImpl::ByHandle(const TrialHandle& trial, Command command, Done<Answer> done,
                           void (StudyEngine::*call)(Command, Done<Answer>)) {
  const uint64_t uid = trial.study_uid;
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  studies_.WithUid(uid, [call, command = std::move(command), done = std::move(done)](absl::StatusOr<EnginePtr> engine) {
    if (!engine.ok()) return done(engine.status());
    (**engine.*call)(command, done);
  });
}

void ServiceImpl::CreateStudy(CreateStudyCommand command, Done<Study> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  creator_.Create(std::move(command), std::move(done));
}

void ServiceImpl::GetStudy(std::string name, Done<Study> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  studies_.WithName(std::move(name), [done = std::move(done)](absl::StatusOr<EnginePtr> engine) {
    if (!engine.ok()) return done(engine.status());
    done((*engine)->Describe());
  });
}

void ServiceImpl::ListStudies(ListStudiesCommand command, Done<ListStudiesAnswer> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  StudyLister::Start(storage_, readers_.get(), &studies_, std::move(command), std::move(done));
}

void ServiceImpl::UpdateStudy(UpdateStudyCommand command, Done<Study> done) {
  const std::string study = command.study;
  ByName(study, std::move(command), std::move(done), &StudyEngine::UpdateStudy);
}

void ServiceImpl::DeleteStudy(DeleteStudyCommand command, std::function<void(absl::Status)> done) {
  Done<std::monostate> admitted =
      Admit<std::monostate>([done = std::move(done)](const absl::StatusOr<std::monostate>& answer) { done(answer.status()); });
  if (admitted == nullptr) return;
  const RequestKey key = command.request;
  requests_.Once<std::monostate>(
      key, std::move(admitted), [this, command](Done<std::monostate> answer) { RunDelete(command, std::move(answer)); },
      [](const std::string&, const Done<std::monostate>& answer) { answer(std::monostate()); });
}

void ServiceImpl::RunDelete(const DeleteStudyCommand& command, Done<std::monostate> done) {
  studies_.WithName(command.study, [this, command, done = std::move(done)](absl::StatusOr<EnginePtr> engine) {
    if (!engine.ok()) return done(engine.status());
    if (absl::Status meant = CheckUid(command, **engine); !meant.ok()) return done(meant);
    (*engine)->DeleteStudy(requests_.Kept(command.request, ""), done);
  });
}

void ServiceImpl::Ask(AskCommand command, Done<AskAnswer> done) {
  if (shutting_down_.load()) return done(error::ShuttingDown());
  const std::string study = command.study;
  ByName(study, std::move(command), std::move(done), &StudyEngine::Ask);
}

void ServiceImpl::Tell(TellCommand command, Done<TellAnswer> done) {
  const TrialHandle trial = command.outcomes.empty() ? TrialHandle() : command.outcomes.front().trial;
  ByHandle(trial, std::move(command), std::move(done), &StudyEngine::Tell);
}

void ServiceImpl::Report(ReportCommand command, Done<ReportAnswer> done) {
  const TrialHandle trial = command.reports.empty() ? TrialHandle() : command.reports.front().trial;
  ByHandle(trial, std::move(command), std::move(done), &StudyEngine::Report);
}

void ServiceImpl::Heartbeat(HeartbeatCommand command, Done<HeartbeatAnswer> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  StartHeartbeat(&studies_, std::move(command), std::move(done));
}

void ServiceImpl::StopTrial(StopTrialCommand command, std::function<void(absl::Status)> done) {
  const TrialHandle trial = command.trial;
  ByHandle<StopTrialCommand, std::monostate>(
      trial, std::move(command),
      [done = std::move(done)](const absl::StatusOr<std::monostate>& answer) { done(answer.status()); }, &StudyEngine::StopTrial);
}

void ServiceImpl::Enqueue(EnqueueCommand command, Done<Trial> done) {
  const std::string study = command.study;
  ByName(study, std::move(command), std::move(done), &StudyEngine::Enqueue);
}

void ServiceImpl::AddTrials(AddTrialsCommand command, Done<AddTrialsAnswer> done) {
  const std::string study = command.study;
  ByName(study, std::move(command), std::move(done), &StudyEngine::AddTrials);
}

void ServiceImpl::Suggest(SuggestCommand command, Done<SuggestAnswer> done) {
  const TrialHandle trial = command.trial;
  ByHandle(trial, std::move(command), std::move(done), &StudyEngine::Suggest);
}

void ServiceImpl::UpdateTrial(UpdateTrialCommand command, Done<Trial> done) {
  const TrialHandle trial = command.trial;
  ByHandle(trial, std::move(command), std::move(done), &StudyEngine::UpdateTrial);
}

void ServiceImpl::GetTrial(GetTrialCommand command, Done<Trial> done) {
  const std::string study = command.study;
  ByName(study, std::move(command), std::move(done), &StudyEngine::GetTrial);
}

void ServiceImpl::ListTrials(ListTrialsCommand command, Done<ListTrialsAnswer> done) {
  const std::string study = command.study;
  ByName(study, std::move(command), std::move(done), &StudyEngine::ListTrials);
}

void ServiceImpl::BestTrials(BestTrialsCommand command, Done<BestTrialsAnswer> done) {
  const std::string study = command.study;
  ByName(study, std::move(command), std::move(done), &StudyEngine::BestTrials);
}

void ServiceImpl::ExplainTrial(ExplainTrialCommand command, Done<ExplainTrialAnswer> done) {
  const std::string study = command.study;
  ByName(study, std::move(command), std::move(done), &StudyEngine::ExplainTrial);
}

void ServiceImpl::Watch(WatchCommand command, std::function<void()> changed, Done<std::unique_ptr<Watcher>> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  const std::string study = command.study;
  studies_.WithName(study, [this, command = std::move(command), changed = std::move(changed),
                            done = std::move(done)](absl::StatusOr<EnginePtr> engine) {
    if (!engine.ok()) return done(engine.status());
    done(std::unique_ptr<Watcher>(std::make_unique<StudyWatcher>(&studies_, (*engine)->uid(), command, changed)));
  });
}

void ServiceImpl::StudyName(uint64_t uid, Done<std::string> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  studies_.WithUid(uid, [done = std::move(done)](absl::StatusOr<EnginePtr> engine) {
    if (!engine.ok()) return done(engine.status());
    done((*engine)->name());
  });
}

bool ServiceImpl::Shutdown(std::chrono::milliseconds grace) {
  shutting_down_ = true;
  bool ended = false;
  {
    std::unique_lock lock(calls_mutex_);
    ended = no_calls_.wait_for(lock, grace, [this] { return calls_ == 0; });
    refused_ = true;
  }
  lease_timer_.Stop();
  storage_->Flush();
  return ended;
}

}  // namespace parzen::engine
