// Moves pages from the write-ahead log into the database, on a thread and a connection of its own, so that no commit waits for
// it.
//
// The log can start over only when a checkpoint has caught up with it, which never happens beside a writer that does not pause.
// So when the log has grown long although checkpoints ran, the last few pages are moved while the writer is held for that moment.
//
// The thread also looks once a second whether the files are still in their place (place.h).

#ifndef PARZEN_STORAGE_SQLITE_CHECKPOINTER_H_
#define PARZEN_STORAGE_SQLITE_CHECKPOINTER_H_

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include "base/mutex.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/gate.h"

namespace parzen::storage::sqlite {

class Checkpointer {
 public:
  // `warn` is told of checkpoints that failed; they are tried again.
  Checkpointer(Database* database, int pages, std::function<void(std::string_view)> warn);
  // Stops the thread. Truncate comes after it.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // For Database::SetCommitHook.
  static int OnCommit(void* self, sqlite3* db, const char* schema, int pages);

  // The writer's transactions go through it.
  Gate& gate() { return gate_; }

  // Stops the thread and empties the log; once the writer has stopped.
  void Finish();

 private:
  void Run();
  bool IsDue() const REQUIRES(mutex_) { return log_pages_ - tried_ >= pages_; }
  void Stop();
  // One checkpoint, or two with the second behind the gate. False where it failed.
  bool Checkpoint();
  struct Outcome {
    bool good = false;
    bool complete = false;  // every page of the log was moved
  };
  Outcome CheckpointOnce(int mode);
  Outcome Failed(std::string_view why);

  Database* const database_;
  const int pages_;
  const std::function<void(std::string_view)> warn_;
  std::unique_ptr<Connection> connection_;  // the thread's; null after a failure
  bool failing_ = false;                    // the latest failed, and that was told
  Gate gate_;

  Mutex mutex_;
  CondVar wake_;
  int log_pages_ GUARDED_BY(mutex_) = 0;  // in the log at the latest commit
  int tried_ GUARDED_BY(mutex_) = 0;      // log_pages_ at the latest checkpoint; 0 once the log has been started over
  bool stop_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_CHECKPOINTER_H_
