#include "server/optimizer/watch.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/call_context.h"
#include "base/status_macros.h"
#include "server/error/error.h"
#include "server/log/trace_parent.h"
#include "server/optimizer/methods.h"
#include "server/optimizer/study_codec.h"
#include "server/optimizer/trial_codec.h"
#include "server/optimizer/watch_log.h"
#include "server/security/access.h"

namespace parzen::optimizer {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kCutOff(30);            // until a client that does not take its stream's end is cut off
constexpr std::chrono::milliseconds kReleaseAgain(5);  // until what holds a stream that has ended is looked for again
constexpr size_t kBusyTrials = 8;                      // a message that holds so many, or more, is that of a busy study

// One stream: starting -> reading -> writing -> reading ... -> idle -> resting -> reading ... -> finished. Idle, it waits for a
// change; resting, there is one, and the registry's keeper reads on when the time has come. At any moment one of them only will
// read on: whoever reads, the write in flight, the keeper, or the next change.
//
// The mutex is not held while the engine is called; it is held over Write and Finish of the carrier, which call nothing back from
// inside and must keep their order. Shared by the registry and the engine's callbacks, which may outlive the registry: they touch
// it with the mutex held and finished_ false only, since its end waits for the stream's. The registry's mutex comes after this
// one.
class WatchStream final : public rpc::StreamCarrier::Listener, public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(WatchRegistry* registry, std::unique_ptr<rpc::StreamCarrier> carrier, security::Caller caller, std::string study,
              bool full, int64_t after_revision)
      : registry_(registry),
        options_(registry->options_),
        carrier_(std::move(carrier)),
        caller_(std::move(caller)),
        study_(std::move(study)),
        full_(full),
        sent_revision_(after_revision),
        rest_(options_.rest) {}

  // First of all, once the registry knows the stream.
  void Listen() { carrier_->Listen(this); }

  void Start(engine::Service* service, engine::WatchCommand command) {
    const auto context = std::make_shared<CallContext>();
    context->trace_parent = carrier_->Header("traceparent");
    const CallScope scope(context);
    service->Watch(
        std::move(command),
        [weak = weak_from_this()] {
          if (const auto self = weak.lock()) self->OnChanged();
        },
        [self = shared_from_this(), context](absl::StatusOr<std::unique_ptr<engine::Watcher>> watcher) {
          self->OnStarted(std::move(watcher), context->answered_by);
        });
  }

  // Refused before it began: holds nothing of the engine.
  void Refuse(const absl::Status& status) {
    {
      const MutexLock lock(&mutex_);
      starting_ = false;
      if (finished_) return;  // the client has gone already, and what the carrier stands on with it
      refusing_ = true;
    }
    carrier_->BeforeFailing(status, [self = shared_from_this()](const absl::Status& known) {
      {
        const MutexLock lock(&self->mutex_);
        self->refusing_ = false;
      }
      self->End(known);
    });
  }

  // Ends the stream, once; what comes later is ignored. Neither does anything end a stream that is being refused, since the
  // carrier still looks at the call: the refusal does.
  void End(const absl::Status& status) {
    std::string header;  // read before the end, after which the call may be gone
    {
      const MutexLock lock(&mutex_);
      if (finished_ || refusing_) return;
      header = carrier_->Header("traceparent");
      finished_ = true;
      finished_at_ = Clock::now();
      carrier_->Finish(status);
    }
    const Clock::duration took = Clock::now() - start_;
    LogWatchEnd(status, took, log::ParseTraceParent(header), caller_.name(), study_);
    if (options_.meter != nullptr) options_.meter->Ended(kWatchStudy, status.code(), took);
  }

  // Called by the keeper from time to time.
  void CheckProgress() {
    std::optional<int64_t> slow_at;
    bool abandoned = false;
    absl::Status may;
    {
      const MutexLock lock(&mutex_);
      if (!finished_) may = MayStill();
      const Clock::time_point now = Clock::now();
      abandoned = !done_ && finished_ && carrier_->abandoned();
      if (!done_ && finished_ && now - finished_at_ > kCutOff) carrier_->CutOff();
      if (!finished_ && writing_ && now - write_start_ > options_.slow_after) slow_at = sent_revision_;
    }
    if (abandoned) OnOver();
    if (!may.ok()) return End(may);
    if (!slow_at) return;
    const std::string revision = std::to_string(*slow_at);
    End(error::MakeError(
        absl::StatusCode::kResourceExhausted,
        absl::StrCat("the watch took nothing for ", options_.slow_after.count() / 1000, " s; resume after revision ", revision),
        {"SLOW_CONSUMER", {{"revision", revision}}}));
  }

  // Lets the engine's watcher go. False where the engine is still being called: try again.
  bool Release() {
    std::unique_ptr<engine::Watcher> watcher;  // destroyed last, without the lock
    const MutexLock lock(&mutex_);
    if (starting_ || reads_begun_ > 0) return false;
    watcher = std::move(watcher_);
    return true;
  }

  void OnWritten(bool taken) override {
    bool read = false;
    {
      const MutexLock lock(&mutex_);
      writing_ = false;
      if (!finished_ && taken) {
        sent_revision_ = written_revision_;
        read = ReadsOn();
      }
    }
    if (!taken) return End(absl::CancelledError("the client has gone"));
    if (read) Read();
  }

  // Not while a read or a write is under way. Also called by the keeper, at the end of a rest.
  void Read() {
    engine::Watcher* watcher = nullptr;
    {
      const MutexLock lock(&mutex_);
      if (finished_) return;
      changed_ = false;
      ++reads_begun_;
      watcher = watcher_.get();
    }
    watcher->Read([self = shared_from_this()](absl::StatusOr<engine::WatchBatch> batch) { self->OnRead(std::move(batch)); });
    const MutexLock lock(&mutex_);
    --reads_begun_;
  }

  void OnGone() override { End(absl::CancelledError("the client has gone")); }
  void OnExpired() override { End(absl::DeadlineExceededError("the time that the client gave the watch is over")); }
  void OnOver() override {
    {
      const MutexLock lock(&mutex_);
      done_ = true;
    }
    registry_->Retire(this);
  }

 private:
  // Whether the token that it began with still says so.
  absl::Status MayStill() const REQUIRES(mutex_) {
    const security::TokenFile* tokens = options_.access == nullptr ? nullptr : options_.access->tokens();
    if (tokens == nullptr) return absl::OkStatus();
    PARZEN_ASSIGN_OR_RETURN(const auto principal, tokens->Authenticate(carrier_->origin().authorization));
    PARZEN_RETURN_IF_ERROR(security::CheckMethod(*principal, kWatchStudy));
    return security::CheckStudy(*principal, study_);
  }

  // `owner`: the server that has the study, where that is another one.
  void OnStarted(absl::StatusOr<std::unique_ptr<engine::Watcher>> watcher, const std::string& owner) {
    const absl::Status started = watcher.status();
    bool read = false;
    {
      const MutexLock lock(&mutex_);
      starting_ = false;
      if (started.ok()) watcher_ = *std::move(watcher);
      read = started.ok() && !finished_;
      if (read && !owner.empty()) carrier_->NameOwner(owner);
    }
    if (read) Read();
    if (!started.ok()) End(started);
  }

  void OnChanged() {
    bool read = false;
    {
      const MutexLock lock(&mutex_);
      changed_ = true;
      if (!idle_ || finished_) return;
      idle_ = false;
      read = IsRested();
    }
    if (read) Read();
  }

  // What was read is sent, or was nothing: whether the caller reads on at once. If not, the keeper or the next change does.
  bool ReadsOn() REQUIRES(mutex_) {
    if (more_) return true;
    if (changed_) return IsRested();
    idle_ = true;
    return false;
  }

  // There is something to read: whether the caller reads it now. If not, the keeper does when it is time.
  bool IsRested() REQUIRES(mutex_) {
    if (Clock::now() >= rested_at_) return true;
    registry_->Rest(weak_from_this(), rested_at_);
    return false;
  }

  void OnRead(absl::StatusOr<engine::WatchBatch> batch) {
    if (!batch.ok()) return End(batch.status());
    const bool empty = batch->trials.empty() && !batch->study.has_value();
    bool read = false;
    {
      const MutexLock lock(&mutex_);
      if (finished_) return;
      more_ = batch->more;
      rest_ =
          batch->trials.size() < kBusyTrials ? std::max(rest_ / 2, options_.rest) : std::min(rest_ * 2, options_.longest_rest);
      rested_at_ = Clock::now() + rest_;
      if (empty) read = ReadsOn();
    }
    if (!empty) return Write(*batch);
    if (read) Read();
  }

  void Write(const engine::WatchBatch& batch) {
    {
      google::protobuf::Arena arena;
      auto* response = google::protobuf::Arena::CreateMessage<v1::WatchStudyResponse>(&arena);
      EncodeTrials(batch.trials, full_, response->mutable_trials());
      response->set_revision(batch.revision);
      if (batch.study) Encode(*batch.study, response->mutable_study());
      if (absl::Status serialized = carrier_->Serialize(*response); !serialized.ok()) return End(serialized);
    }
    const MutexLock lock(&mutex_);
    if (finished_) return;
    writing_ = true;
    write_start_ = Clock::now();
    written_revision_ = batch.revision;
    carrier_->Write();
  }

  WatchRegistry* const registry_;
  const WatchOptions options_;
  const std::unique_ptr<rpc::StreamCarrier> carrier_;
  const security::Caller caller_;
  const std::string study_;
  const bool full_;
  const Clock::time_point start_ = Clock::now();

  Mutex mutex_;
  std::unique_ptr<engine::Watcher> watcher_ GUARDED_BY(mutex_);
  bool starting_ GUARDED_BY(mutex_) = true;   // Watch has not called back yet
  bool refusing_ GUARDED_BY(mutex_) = false;  // BeforeFailing was called, and has not called back yet
  int reads_begun_ GUARDED_BY(mutex_) = 0;    // calls of Watcher::Read that have not returned
  bool idle_ GUARDED_BY(mutex_) = false;      // the next change reads on
  bool changed_ GUARDED_BY(mutex_) = false;   // there is something that the last read has not seen
  bool more_ GUARDED_BY(mutex_) = false;      // the last batch was not all
  bool writing_ GUARDED_BY(mutex_) = false;
  bool finished_ GUARDED_BY(mutex_) = false;  // Finish was called, or is about to be
  bool done_ GUARDED_BY(mutex_) = false;
  int64_t written_revision_ GUARDED_BY(mutex_) = 0;  // of the write in flight
  int64_t sent_revision_ GUARDED_BY(mutex_);         // of the last write that ended
  Clock::time_point write_start_ GUARDED_BY(mutex_), finished_at_ GUARDED_BY(mutex_);
  std::chrono::milliseconds rest_ GUARDED_BY(mutex_);  // after the last read
  Clock::time_point rested_at_ GUARDED_BY(mutex_);     // nothing is read before, unless the last batch was not all
};

WatchRegistry::WatchRegistry(const WatchOptions& options) : options_(options), keeper_([this] { LookAfter(); }) {}

WatchRegistry::~WatchRegistry() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  keeper_.join();
}

void WatchRegistry::Start(engine::Service* service, absl::StatusOr<engine::WatchCommand> command, security::Caller caller,
                          std::unique_ptr<rpc::StreamCarrier> carrier) {
  const bool full = command.ok() && command->view == engine::View::kFull;
  const auto stream =
      std::make_shared<WatchStream>(this, std::move(carrier), std::move(caller), command.ok() ? command->study : std::string(),
                                    full, command.ok() ? command->after_revision : 0);
  absl::Status status = command.status();
  status.Update(Add(stream));
  stream->Listen();
  if (!status.ok()) return stream->Refuse(status);
  stream->Start(service, *std::move(command));
}

void WatchRegistry::CloseAll(const absl::Status& status) {
  std::vector<std::shared_ptr<WatchStream>> open;
  {
    const MutexLock lock(&mutex_);
    closed_ = status;
    for (const auto& [key, stream] : streams_) open.push_back(stream);
  }
  for (const auto& stream : open) stream->End(status);
}

int WatchRegistry::open() const {
  const MutexLock lock(&mutex_);
  return static_cast<int>(streams_.size());
}

absl::Status WatchRegistry::Add(std::shared_ptr<WatchStream> stream) {
  absl::Status status;
  {
    const MutexLock lock(&mutex_);
    status = closed_;
    if (status.ok() && static_cast<int>(streams_.size()) >= options_.max_streams) {
      status = error::OverLimit("LIMIT_WATCHES",
                                absl::StrCat("the server keeps at most ", options_.max_streams, " watches at a time"));
    }
    streams_.emplace(stream.get(), stream);  // a refused one too: until its transport is done with it
  }
  wake_.NotifyAll();
  return status;
}

void WatchRegistry::Retire(WatchStream* stream) {
  // Woken under the lock: who waits for the last stream may end the registry at once.
  const MutexLock lock(&mutex_);
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  retired_.push_back(std::move(found->second));
  streams_.erase(found);
  wake_.NotifyAll();
}

void WatchRegistry::Rest(std::weak_ptr<WatchStream> stream, Clock::time_point until) {
  const MutexLock lock(&mutex_);
  const bool first = resting_.empty() || until < resting_.begin()->first;
  resting_.emplace(until, std::move(stream));
  if (first) wake_.NotifyAll();
}

std::vector<std::weak_ptr<WatchStream>> WatchRegistry::TakeRested(Clock::time_point now) {
  std::vector<std::weak_ptr<WatchStream>> rested;
  const auto end = resting_.upper_bound(now);
  for (auto resting = resting_.begin(); resting != end; ++resting) rested.push_back(std::move(resting->second));
  resting_.erase(resting_.begin(), end);
  return rested;
}

bool WatchRegistry::WaitForWork(Clock::time_point next_check) {
  while (!stopping_ && retired_.empty() && streams_.empty()) wake_.Wait(&mutex_);
  if (retired_.empty() && streams_.empty()) return false;
  const size_t waiting = retired_.size();  // those that could not be released yet
  const Clock::time_point latest = waiting > 0 ? Clock::now() + kReleaseAgain : next_check;
  for (bool in_time = true; in_time && retired_.size() <= waiting;) {
    in_time = wake_.WaitUntil(&mutex_, resting_.empty() ? latest : std::min(latest, resting_.begin()->first));
  }
  return true;
}

void WatchRegistry::LookAfter() {
  const auto tick = std::clamp(options_.slow_after / 10, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
  Clock::time_point next_check = Clock::now() + tick;
  MutexLock lock(&mutex_);
  while (WaitForWork(next_check)) {
    const Clock::time_point now = Clock::now();
    std::vector<std::weak_ptr<WatchStream>> rested = TakeRested(now);
    std::vector<std::shared_ptr<WatchStream>> open, ended = std::move(retired_);
    retired_.clear();
    if (now >= next_check) {
      open.reserve(streams_.size());
      for (const auto& [key, stream] : streams_) open.push_back(stream);
      next_check = now + tick;
    }
    lock.Unlock();
    for (const auto& resting : rested) {
      if (const auto stream = resting.lock()) stream->Read();
    }
    for (const auto& stream : open) stream->CheckProgress();
    open.clear();  // outside of the lock, should one of them be the last to hold a stream
    std::erase_if(ended, [](const auto& stream) { return stream->Release(); });
    lock.Lock();
    retired_.insert(retired_.end(), std::make_move_iterator(ended.begin()), std::make_move_iterator(ended.end()));
  }
}

}  // namespace parzen::optimizer
