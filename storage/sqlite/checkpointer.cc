#include "storage/sqlite/checkpointer.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/string_view.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

constexpr std::chrono::seconds kLookEvery(1);

}  // namespace

Checkpointer::Checkpointer(Database* database, int pages, std::function<void(std::string_view)> warn)
    : database_(database), pages_(std::max(pages, 1)), warn_(std::move(warn)) {
  // Here and now, while the files are in their place: what a log that is removed a moment later holds can only be saved through
  // a connection that has it open. The thread may begin at any time.
  if (auto connection = database_->Connect(); connection.ok()) connection_ = *std::move(connection);
  thread_ = std::thread([this] { Run(); });
}

Checkpointer::~Checkpointer() { Stop(); }

int Checkpointer::OnCommit(void* self, sqlite3*, const char*, int pages) {
  auto* checkpointer = static_cast<Checkpointer*>(self);
  const MutexLock lock(&checkpointer->mutex_);
  checkpointer->log_pages_ = pages;
  // A shorter log has been started over.
  if (pages < checkpointer->tried_) checkpointer->tried_ = 0;
  if (checkpointer->IsDue()) checkpointer->wake_.NotifyOne();
  return SQLITE_OK;
}

void Checkpointer::Run() {
  bool good = true;
  MutexLock lock(&mutex_);
  for (;;) {
    const auto again = std::chrono::steady_clock::now() + kLookEvery;
    bool in_time = true;
    while (!stop_ && !IsDue() && in_time) in_time = wake_.WaitUntil(&mutex_, again);
    if (stop_) return;
    const bool is_due = IsDue() || !good;
    lock.Unlock();
    // Also while nothing is written: whoever reads the log should hear of a file that is gone.
    const bool in_place = database_->CheckPlace().ok();
    // What a log that was removed still holds is brought into the database while that is possible.
    if (in_place ? is_due : database_->MayCheckpoint()) good = Checkpoint();
    lock.Lock();
  }
}

bool Checkpointer::Checkpoint() {
  Outcome outcome = CheckpointOnce(SQLITE_CHECKPOINT_PASSIVE);
  bool is_long;
  {
    const MutexLock lock(&mutex_);
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
    const MutexLock lock(&mutex_);
    tried_ = log_pages_;
  }
  if (!database_->MayCheckpoint()) return Failed("the database or its log is not what it was");
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
    const MutexLock lock(&mutex_);
    stop_ = true;
  }
  wake_.NotifyOne();
  if (thread_.joinable()) thread_.join();
}

void Checkpointer::Finish() {
  Stop();
  CheckpointOnce(SQLITE_CHECKPOINT_TRUNCATE);
  connection_.reset();
}

}  // namespace parzen::storage::sqlite
