#include "server/engine/service_impl.h"

#include <time.h>

#include <chrono>
#include <utility>

#include "server/engine/heartbeat.h"
#include "server/engine/list_studies.h"
#include "server/engine/request_clock.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/engine/study_watcher.h"
#include "server/engine/validation.h"

namespace parzen::engine {
namespace {

// Goes on during a suspend too, unlike the monotonic clock, and is never set.
int64_t BootMicros() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

ServiceOptions WithClocks(ServiceOptions options) {
  const auto micros = [](auto time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  };
  if (!options.wall_micros) options.wall_micros = [micros] { return int64_t{micros(std::chrono::system_clock::now())}; };
  if (!options.monotonic_micros)
    options.monotonic_micros = [micros] { return int64_t{micros(std::chrono::steady_clock::now())}; };
  if (!options.uptime_micros) options.uptime_micros = BootMicros;
  return options;
}

}  // namespace

std::unique_ptr<Service> Service::Create(storage::Storage* storage, ServiceOptions options) {
  return std::make_unique<ServiceImpl>(storage, WithClocks(std::move(options)));
}

ServiceImpl::ServiceImpl(storage::Storage* storage, ServiceOptions options)
    : StudyCalls(&studies_, &upkeep_),
      storage_(storage),
      options_(std::move(options)),
      compute_(std::make_shared<ComputePool>(options_.compute_threads)),
      readers_(std::make_unique<ThreadPool>(options_.reader_threads)),
      request_micros_(
          MakeRequestClock(storage_, options_.wall_micros(), options_.request_lifetime_micros, options_.monotonic_micros)),
      lease_timer_(options_.monotonic_micros, options_.uptime_micros, [this](uint64_t uid) { upkeep_.LeasesDue(uid); }),
      studies_(MakeContext(), options_.memory_bound),
      upkeep_(MakeContext(), &studies_),
      ids_(storage_, readers_.get()),
      requests_(storage_, readers_.get(), request_micros_, options_.request_lifetime_micros),
      creator_(storage_, readers_.get(), &studies_, &requests_, options_.wall_micros, options_.max_studies) {}

EngineContext ServiceImpl::MakeContext() {
  EngineContext context;
  context.storage = storage_;
  context.readers = readers_.get();
  context.compute = compute_.get();
  context.lease_timer = &lease_timer_;
  context.wall_micros = options_.wall_micros;
  context.monotonic_micros = options_.monotonic_micros;
  context.request_micros = request_micros_;
  context.request_lifetime_micros = options_.request_lifetime_micros;
  context.meter = options_.meter;
  context.leases_expired = options_.leases_expired;
  return context;
}

ServiceImpl::~ServiceImpl() {
  Shutdown(std::chrono::minutes(1));
  // The pools end before what their jobs use.
  compute_->End();
  storage_->Flush();
  readers_.reset();
  storage_->Flush();
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
  studies_.WithName(std::move(name), [done = std::move(done)](absl::StatusOr<StudyPtr> study) {
    if (!study.ok()) return done(study.status());
    done(verbs::GetStudy(*study));
  });
}

void ServiceImpl::ListStudies(ListStudiesCommand command, Done<ListStudiesAnswer> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  StudyLister::Start(storage_, readers_.get(), &studies_, std::move(command), std::move(done));
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
  studies_.WithName(command.study, [this, command, done = std::move(done)](absl::StatusOr<StudyPtr> study) {
    if (!study.ok()) return done(study.status());
    if (absl::Status meant = CheckUid(command, *study); !meant.ok()) return done(meant);
    verbs::DeleteStudy(*study, requests_.Kept(command.request, ""), done);
  });
}

void ServiceImpl::Heartbeat(HeartbeatCommand command, Done<HeartbeatAnswer> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  StartHeartbeat(&studies_, std::move(command), std::move(done));
}

void ServiceImpl::Watch(WatchCommand command, std::function<void()> changed, Done<std::unique_ptr<Watcher>> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  std::string name = command.study;
  studies_.WithName(std::move(name), [this, command = std::move(command), changed = std::move(changed),
                                      done = std::move(done)](absl::StatusOr<StudyPtr> study) {
    if (!study.ok()) return done(study.status());
    done(std::unique_ptr<Watcher>(std::make_unique<StudyWatcher>(&studies_, (*study)->identity().uid, command, changed)));
  });
}

void ServiceImpl::FindStudy(int64_t id, Done<StudyRef> done) {
  done = Admit(std::move(done));
  if (done != nullptr) ids_.Find(id, std::move(done));
}

void ServiceImpl::StudyName(uint64_t uid, Done<std::string> done) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  studies_.WithUid(uid, [done = std::move(done)](absl::StatusOr<StudyPtr> study) {
    if (!study.ok()) return done(study.status());
    done((*study)->identity().name);
  });
}

bool ServiceImpl::Shutdown(std::chrono::milliseconds grace) {
  RefuseAsks();
  upkeep_.Stop();
  const bool ended = gate()->Close(grace);
  lease_timer_.Stop();
  storage_->Flush();
  return ended;
}

}  // namespace parzen::engine
