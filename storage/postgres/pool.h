// The connections for reading: opened when they are needed, at most so many at once, kept when they are idle.

#ifndef PARZEN_STORAGE_POSTGRES_POOL_H_
#define PARZEN_STORAGE_POSTGRES_POOL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "storage/postgres/connection.h"

namespace parzen::storage::postgres {

class Pool {
 public:
  Pool(std::string url, int size) : url_(std::move(url)), free_(size > 0 ? size : 1) {}

  // Runs `read` with a connection, in one read-only transaction that sees one state of the database. Where a connection was lost
  // that had been idle, `read` runs again with a new one; it may run twice in any case. Waits for a connection where all are in
  // use.
  template <typename Function>
  auto Read(Function read) -> decltype(read(std::declval<Connection&>())) {
    for (bool is_retry = false;; is_retry = true) {
      PARZEN_ASSIGN_OR_RETURN(Lease lease, Take());
      auto result = [&]() -> decltype(read(*lease.connection)) {
        PARZEN_RETURN_IF_ERROR(lease.connection->Query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").status());
        return read(*lease.connection);
      }();
      lease.connection->Rollback();
      if (result.ok() || is_retry) return result;
      if (!lease.connection->IsLost() && lease.connection->last_failure() != Failure::kConflict) return result;
    }
  }

 private:
  // A connection, and the right to have one.
  struct Lease {
    Pool* pool;
    std::unique_ptr<Connection> connection;
    Lease(Pool* p, std::unique_ptr<Connection> c) : pool(p), connection(std::move(c)) {}
    Lease(Lease&& other) noexcept : pool(std::exchange(other.pool, nullptr)), connection(std::move(other.connection)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool != nullptr) pool->Return(std::move(connection));
    }
  };
  absl::StatusOr<Lease> Take();
  void Return(std::unique_ptr<Connection> connection);

  const std::string url_;
  Mutex mutex_;
  CondVar returned_;
  int free_ GUARDED_BY(mutex_);  // connections that may still be taken
  std::vector<std::unique_ptr<Connection>> idle_ GUARDED_BY(mutex_);
};

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_POOL_H_
