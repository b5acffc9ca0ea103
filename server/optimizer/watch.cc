#include "server/optimizer/watch.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/call_context.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/log/log.h"
#include "server/log/trace_parent.h"
#include "server/optimizer/methods.h"
#include "server/optimizer/study_codec.h"
#include "server/optimizer/trial_codec.h"

namespace parzen::optimizer {

using error::CutUtf8;

using Clock = std::chrono::steady_clock;

// From the end of a stream until its connection is cut off where the client does not take the end.
constexpr std::chrono::seconds kCutOff(30);

// One stream: starting -> reading -> writing -> reading ... -> idle -> reading ... -> finished. The mutex is not held while
// the engine is called; it is held over Write and Finish of the carrier, which call nothing back from inside and must keep their
// order. Shared by the registry and the engine's callbacks.
class WatchStream final : public rpc::StreamCarrier::Listener, public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(WatchRegistry* registry, std::unique_ptr<rpc::StreamCarrier> carrier, security::Caller caller, std::string study,
              bool full, int64_t after_revision)
      : registry_(registry),
        meter_(registry->options_.meter),
        carrier_(std::move(carrier)),
        caller_(std::move(caller)),
        study_(std::move(study)),
        full_(full),
        sent_revision_(after_revision) {}

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
        [self = shared_from_this()](absl::StatusOr<std::unique_ptr<engine::Watcher>> watcher) {
          self->OnStarted(std::move(watcher));
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
    std::string trace_id, span_id;
    {
      const MutexLock lock(&mutex_);
      if (finished_ || refusing_) return;
      const log::TraceParent trace = log::ParseTraceParent(carrier_->Header("traceparent"));
      trace_id = trace.trace_id;
      span_id = trace.span_id;
      finished_ = true;
      finished_at_ = Clock::now();
      carrier_->Finish(status);
    }
    LogEnd(status, trace_id, span_id);
    if (meter_ != nullptr) meter_->Ended(kWatchStudy, status.code(), Clock::now() - start_);
  }

  // Called by the keeper from time to time.
  void CheckProgress(std::chrono::milliseconds slow_after) {
    std::optional<int64_t> slow_at;
    bool abandoned = false;
    {
      const MutexLock lock(&mutex_);
      const Clock::time_point now = Clock::now();
      abandoned = !done_ && finished_ && carrier_->abandoned();
      if (!done_ && finished_ && now - finished_at_ > kCutOff) carrier_->CutOff();
      if (!finished_ && writing_ && now - write_start_ > slow_after) slow_at = sent_revision_;
    }
    if (abandoned) OnOver();
    if (!slow_at) return;
    const std::string revision = std::to_string(*slow_at);
    End(error::MakeError(
        absl::StatusCode::kResourceExhausted,
        absl::StrCat("the watch took nothing for ", slow_after.count() / 1000, " s; resume after revision ", revision),
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
        read = more_ || changed_;
        idle_ = !read;
      }
    }
    if (!taken) return End(absl::CancelledError("the client has gone"));
    if (read) Read();
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
  void OnStarted(absl::StatusOr<std::unique_ptr<engine::Watcher>> watcher) {
    const absl::Status started = watcher.status();
    bool read = false;
    {
      const MutexLock lock(&mutex_);
      starting_ = false;
      if (started.ok()) watcher_ = *std::move(watcher);
      read = started.ok() && !finished_;
    }
    if (read) Read();
    if (!started.ok()) End(started);
  }

  void OnChanged() {
    {
      const MutexLock lock(&mutex_);
      changed_ = true;
      if (!idle_ || finished_) return;
      idle_ = false;
    }
    Read();
  }

  // Not while a read or a write is under way.
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

  void OnRead(absl::StatusOr<engine::WatchBatch> batch) {
    if (!batch.ok()) return End(batch.status());
    const bool empty = batch->trials.empty() && !batch->study.has_value();
    bool read = false;
    {
      const MutexLock lock(&mutex_);
      if (finished_) return;
      more_ = batch->more;
      if (empty) {
        read = more_ || changed_;
        idle_ = !read;
      }
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

  void LogEnd(const absl::Status& status, std::string_view trace_id, std::string_view span_id) const {
    const std::chrono::duration<double, std::milli> took = Clock::now() - start_;
    const bool quiet = status.code() == absl::StatusCode::kCancelled;
    const log::Level level = quiet ? log::Level::kDebug : log::Level::kInfo;
    if (!log::Enabled(level)) return;
    const std::string code = absl::StatusCodeToString(status.code());
    const std::string_view message(status.message().data(), status.message().size());
    log::Write(level, "rpc",
               {{"method", kWatchStudy.label},
                {"code", code},
                {"ms", took.count()},
                {"trace_id", trace_id},
                {"span_id", span_id},
                {"principal", caller_.name()},
                {"study", CutUtf8(study_, 256)},
                {"message", CutUtf8(message, 512)}});
  }

  WatchRegistry* const registry_;
  rpc::CallMeter* const meter_;
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
  bool idle_ GUARDED_BY(mutex_) = false;      // waits for a change
  bool changed_ GUARDED_BY(mutex_) = false;   // there is something that the last read has not seen
  bool more_ GUARDED_BY(mutex_) = false;      // the last batch was not all
  bool writing_ GUARDED_BY(mutex_) = false;
  bool finished_ GUARDED_BY(mutex_) = false;  // Finish was called, or is about to be
  bool done_ GUARDED_BY(mutex_) = false;
  int64_t written_revision_ GUARDED_BY(mutex_) = 0;  // of the write in flight
  int64_t sent_revision_ GUARDED_BY(mutex_);         // of the last write that ended
  Clock::time_point write_start_ GUARDED_BY(mutex_), finished_at_ GUARDED_BY(mutex_);
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

bool WatchRegistry::WaitForWork(std::chrono::milliseconds tick) {
  while (!stopping_ && retired_.empty() && streams_.empty()) wake_.Wait(&mutex_);
  if (retired_.empty() && streams_.empty()) return false;
  const size_t waiting = retired_.size();  // those that could not be released yet
  const auto end = Clock::now() + (waiting > 0 ? std::chrono::milliseconds(5) : tick);
  while (retired_.size() <= waiting && wake_.WaitUntil(&mutex_, end)) {
  }
  return true;
}

void WatchRegistry::LookAfter() {
  const auto tick = std::clamp(options_.slow_after / 10, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
  MutexLock lock(&mutex_);
  while (WaitForWork(tick)) {
    std::vector<std::shared_ptr<WatchStream>> open, ended = std::move(retired_);
    retired_.clear();
    open.reserve(streams_.size());
    for (const auto& [key, stream] : streams_) open.push_back(stream);
    lock.Unlock();
    for (const auto& stream : open) stream->CheckProgress(options_.slow_after);
    std::erase_if(ended, [](const auto& stream) { return stream->Release(); });
    lock.Lock();
    retired_.insert(retired_.end(), std::make_move_iterator(ended.begin()), std::make_move_iterator(ended.end()));
  }
}

}  // namespace parzen::optimizer
