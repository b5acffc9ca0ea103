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
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stop_ || log_pages_ - tried_ >= pages_; });
    if (stop_) return;
    lock.unlock();
    Checkpoint();
    lock.lock();
  }
}

void Checkpointer::Checkpoint() {
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
  if (outcome.good) return;
  std::unique_lock<std::mutex> lock(mutex_);
  wake_.wait_for(lock, kRetryAfter, [this] { return stop_; });
}

Checkpointer::Outcome Checkpointer::CheckpointOnce(int mode) {
  if (connection_ == nullptr) {
    absl::StatusOr<std::unique_ptr<Connection>> connection = database_->Connect();
    if (!connection.ok()) {
      if (warn_) warn_(absl::StrCat("no connection for a checkpoint: ", connection.status().message()));
      return {};
    }
    connection_ = *std::move(connection);
  }
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    tried_ = log_pages_;
  }
  int log = 0, moved = 0;
  if (sqlite3_wal_checkpoint_v2(connection_->handle(), "main", mode, &log, &moved) != SQLITE_OK) {
    if (warn_) warn_(absl::StrCat("a checkpoint failed: ", StatusFromConnection(connection_->handle(), "checkpoint").message()));
    connection_.reset();
    const std::lock_guard<std::mutex> guard(mutex_);
    tried_ = 0;
    return {};
  }
  return {.good = true, .complete = moved == log};
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
