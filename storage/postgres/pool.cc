#include "storage/postgres/pool.h"

namespace parzen::storage::postgres {

absl::StatusOr<Pool::Lease> Pool::Take() {
  Lease lease(this, nullptr);
  {
    const MutexLock lock(&mutex_);
    while (free_ == 0) returned_.Wait(&mutex_);
    --free_;
    // A server that was restarted has ended them all: those that are known to be lost are dropped.
    while (!idle_.empty() && lease.connection == nullptr) {
      if (!idle_.back()->IsLost()) lease.connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (lease.connection == nullptr) {
    PARZEN_ASSIGN_OR_RETURN(lease.connection, Connection::Open(url_));
  }
  return lease;
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  const MutexLock lock(&mutex_);
  ++free_;
  if (connection != nullptr && !connection->IsLost()) {
    idle_.push_back(std::move(connection));
  } else if (connection != nullptr) {
    // The others were opened before it was lost, and may be as dead.
    idle_.clear();
  }
  returned_.NotifyOne();
}

}  // namespace parzen::storage::postgres
