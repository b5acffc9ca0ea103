#include "storage/sqlite/checkpointer.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

constexpr std::chrono::seconds kRetryAfter(1);

}  // namespace

Checkpointer::Checkpointer(Database* database, int pages, std::function<void(std::string_view)> warn)
    : database_(database), pages_(std::max(pages, 1)), warn_(std::move(warn)), thread_([this] { Run(); }) {}

Checkpointer::~Checkpointer() { Stop(); }

int Checkpointer::OnCommit(void* self, sqlite3*, const char*, int pages) {
  auto* checkpointer = static_cast<Checkpointer*>(self);
  const std::lock_guard<std::mutex> guard(checkpointer->mutex_);
  checkpointer->log_pages_ = pages;
  // A shorter log has been started over.
  if (pages < checkpointer->tried_) checkpointer->tried_ = 0;
  if (pages - checkpointer->tried_ >= checkpointer->pages_) checkpointer->wake_.notify_one();
  return SQLITE_OK;
}

void Checkpointer::Run() {
  bool good = true;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    const auto is_awake = [this] { return stop_ || log_pages_ - tried_ >= pages_; };
    // After a failure also when nothing is written: the cause may be gone.
    if (good) {
      wake_.wait(lock, is_awake);
    } else {
      wake_.wait_for(lock, kRetryAfter, is_awake);
    }
    if (stop_) return;
    lock.unlock();
    good = Checkpoint();
    lock.lock();
  }
}

bool Checkpointer::Checkpoint() {
  Outcome outcome = CheckpointOnce(SQLITE_CHECKPOINT_PASSIVE);
  bool is_long;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    is_long = log_pages_ >= kLogFactor * pages_;
  }
  if (outcome.good && !outcome.complete && is_long) {
    const Gate::Holding writer_waits(&gate_);
    outcome = CheckpointOnce(SQLITE_CHECKPOINT_PASSIVE);
  }
  return outcome.good;
}

Checkpointer::Outcome Checkpointer::CheckpointOnce(int mode) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    tried_ = log_pages_;
  }
  if (connection_ == nullptr) {
    absl::StatusOr<std::unique_ptr<Connection>> connection = database_->Connect();
    if (!connection.ok()) return Failed(Std(connection.status().message()));
    connection_ = *std::move(connection);
  }
  int log = 0, moved = 0;
  if (sqlite3_wal_checkpoint_v2(connection_->handle(), "main", mode, &log, &moved) != SQLITE_OK) {
    return Failed(Std(StatusFromConnection(connection_->handle(), "moving pages").message()));
  }
  if (failing_ && warn_) warn_("checkpoints succeed again");
  failing_ = false;
  return {.good = true, .complete = moved == log};
}

Checkpointer::Outcome Checkpointer::Failed(std::string_view why) {
  // Once, not every second.
  if (!failing_ && warn_) warn_(absl::StrCat("a checkpoint failed; the log grows until one succeeds: ", Abseil(why)));
  failing_ = true;
  connection_.reset();
  return {};
}

void Checkpointer::Stop() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Checkpointer::Finish() {
  Stop();
  CheckpointOnce(SQLITE_CHECKPOINT_TRUNCATE);
  connection_.reset();
}

}  // namespace parzen::storage::sqlite
