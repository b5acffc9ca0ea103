#include "server/placement/poll.h"

#include <chrono>
#include <memory>
#include <utility>

#include "base/mutex.h"

namespace parzen::placement {
namespace {

// One piece: reads, and where there is nothing waits for the watcher's word or for the time to be over.
class Poll : public std::enable_shared_from_this<Poll> {
 public:
  Poll(const Here& here, const PollCommand& command, engine::Done<engine::WatchBatch> done)
      : later_(here.later), may_wait_(command.wait_millis > 0), done_(std::move(done)) {
    batch_.revision = command.watch.after_revision;
  }

  void Start(engine::Service* service, PollCommand command) {
    if (command.wait_millis > 0) {
      {
        const MutexLock lock(&mutex_);
        self_ = shared_from_this();
      }
      later_->PostAfter(std::chrono::milliseconds(command.wait_millis), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->OnTimeOver();
      });
    }
    service->Watch(
        std::move(command.watch),
        [weak = weak_from_this()] {
          if (const auto self = weak.lock()) self->OnChanged();
        },
        [self = shared_from_this()](absl::StatusOr<std::unique_ptr<engine::Watcher>> watcher) {
          if (!watcher.ok()) return self->End(watcher.status());
          {
            const MutexLock lock(&self->mutex_);
            self->watcher_ = *std::move(watcher);
          }
          self->Read();
        });
  }

 private:
  void Read() {
    engine::Watcher* watcher = nullptr;
    {
      const MutexLock lock(&mutex_);
      changed_ = reading_;
      if (reading_ || done_ == nullptr) return;
      reading_ = true;
      watcher = watcher_.get();
    }
    watcher->Read([self = shared_from_this()](absl::StatusOr<engine::WatchBatch> batch) { self->OnRead(std::move(batch)); });
  }

  void OnRead(absl::StatusOr<engine::WatchBatch> batch) {
    bool ends = !batch.ok() || !IsEmpty(*batch);
    if (!ends) {
      const MutexLock lock(&mutex_);
      batch_.revision = batch->revision;
      reading_ = false;
      ends = !may_wait_;
      if (!ends && !changed_) return;
    }
    if (ends) return End(std::move(batch));
    Read();
  }

  void OnChanged() { Read(); }

  void OnTimeOver() {
    engine::WatchBatch batch;
    {
      const MutexLock lock(&mutex_);
      if (reading_ || watcher_ == nullptr) {
        may_wait_ = false;
        return;
      }
      batch = batch_;
    }
    End(std::move(batch));
  }

  void End(absl::StatusOr<engine::WatchBatch> batch) {
    engine::Done<engine::WatchBatch> done;
    std::shared_ptr<Poll> self;  // whoever calls has one too: it ends when that does, not while the watcher is calling
    {
      const MutexLock lock(&mutex_);
      done = std::exchange(done_, nullptr);
      self = std::move(self_);
    }
    if (done != nullptr) done(std::move(batch));
  }

  Later* const later_;
  Mutex mutex_;
  bool may_wait_ GUARDED_BY(mutex_);
  engine::Done<engine::WatchBatch> done_ GUARDED_BY(mutex_);  // null: ended
  std::unique_ptr<engine::Watcher> watcher_ GUARDED_BY(mutex_);
  engine::WatchBatch batch_ GUARDED_BY(mutex_);    // empty
  std::shared_ptr<Poll> self_ GUARDED_BY(mutex_);  // keeps it while it waits
  bool reading_ GUARDED_BY(mutex_) = false;
  bool changed_ GUARDED_BY(mutex_) = false;
};

}  // namespace

void PollHere(const Here& here, PollCommand command, engine::Done<engine::WatchBatch> done) {
  const auto poll = std::make_shared<Poll>(here, command, std::move(done));
  poll->Start(here.service, std::move(command));
}

}  // namespace parzen::placement
