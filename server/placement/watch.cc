#include "server/placement/watch.h"

#include <chrono>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "server/error/error.h"
#include "server/placement/operations.h"

namespace parzen::placement {
namespace {

using Batch = absl::StatusOr<engine::WatchBatch>;

constexpr std::chrono::milliseconds kWait{10'000};  // of one poll for something new

// Between reads it polls ahead: what comes is kept for the next Read, and `changed` told.
class Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(Router* router, engine::WatchCommand command, std::function<void()> changed)
      : router_(router),
        trace_parent_(TraceParentOf(CallScope::Current())),
        command_(std::move(command)),
        changed_(std::move(changed)) {}

  void Read(engine::Done<engine::WatchBatch> done) {
    std::optional<Batch> kept;
    {
      const MutexLock lock(&mutex_);
      kept = std::exchange(kept_, std::nullopt);
    }
    if (kept) return Answer(*std::move(kept), done);
    Poll(std::chrono::milliseconds(0),
         [self = shared_from_this(), done = std::move(done)](Batch batch) { self->Answer(std::move(batch), done); });
  }

  int64_t revision() const {
    const MutexLock lock(&mutex_);
    return command_.after_revision;
  }

  void End() {
    const MutexLock lock(&mutex_);
    ended_ = true;
  }

 private:
  void Poll(std::chrono::milliseconds wait, engine::Done<engine::WatchBatch> done) {
    PollCommand command;
    {
      const MutexLock lock(&mutex_);
      command.watch = command_;
    }
    command.wait_millis = wait.count();
    const auto call =
        std::make_shared<TypedCall<PollCommand, engine::WatchBatch>>(&operations::kPoll, std::move(command), std::move(done));
    call->context->trace_parent = trace_parent_;
    router_->Dispatch(call);
  }

  void Answer(Batch batch, const engine::Done<engine::WatchBatch>& done) {
    bool wait = false;
    {
      const MutexLock lock(&mutex_);
      // One that was there and is not found any more was deleted.
      if (absl::IsNotFound(batch.status()) && command_.resumed) batch = error::StudyDeleted(command_.study);
      if (batch.ok()) {
        command_.after_revision = batch->revision;
        command_.resumed = true;
        wait = !batch->more && !waiting_ && !ended_;
        waiting_ = waiting_ || wait;
      }
    }
    done(std::move(batch));
    if (wait) Wait();
  }

  void Wait() {
    Poll(kWait, [self = shared_from_this()](Batch batch) { self->OnWaited(std::move(batch)); });
  }

  void OnWaited(Batch batch) {
    const bool more_of_the_same = batch.ok() && IsEmpty(*batch);
    {
      const MutexLock lock(&mutex_);
      waiting_ = more_of_the_same && !ended_;
      if (ended_) return;
      if (!more_of_the_same) kept_ = std::move(batch);
    }
    if (more_of_the_same) return Wait();
    changed_();
  }

  static std::string TraceParentOf(const std::shared_ptr<CallContext>& context) {
    return context == nullptr ? std::string() : context->trace_parent;
  }

  Router* const router_;
  const std::string trace_parent_;
  mutable Mutex mutex_;
  engine::WatchCommand command_ GUARDED_BY(mutex_);  // after_revision moves
  std::optional<Batch> kept_ GUARDED_BY(mutex_);
  bool waiting_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  const std::function<void()> changed_;
};

class PlacedWatcher final : public engine::Watcher {
 public:
  explicit PlacedWatcher(std::shared_ptr<Reading> reading) : reading_(std::move(reading)) {}
  ~PlacedWatcher() override { reading_->End(); }
  void Read(engine::Done<engine::WatchBatch> done) override { reading_->Read(std::move(done)); }
  int64_t revision() const override { return reading_->revision(); }

 private:
  const std::shared_ptr<Reading> reading_;
};

}  // namespace

std::unique_ptr<engine::Watcher> MakeWatcher(Router* router, engine::WatchCommand command, std::function<void()> changed) {
  return std::make_unique<PlacedWatcher>(std::make_shared<Reading>(router, std::move(command), std::move(changed)));
}

}  // namespace parzen::placement
