// A connection to PostgreSQL in libpq's pipeline mode: statements are queued, and one round trip runs them all. Used by one
// thread at a time.

#ifndef PARZEN_STORAGE_POSTGRES_CONNECTION_H_
#define PARZEN_STORAGE_POSTGRES_CONNECTION_H_

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/postgres/values.h"

namespace parzen::storage::postgres {

// Why a round trip failed.
enum class Failure {
  kNone,
  kConflict,    // a serialization failure or a deadlock: run it again
  kData,        // the statement's values are to blame: not the database
  kDatabase,    // the database is to blame, and the connection is there
  kConnection,  // the connection is lost; what was sent may have been done
};

// What a round trip brought: rows for each statement in order, up to the first that failed.
struct Answer {
  std::vector<Rows> rows;
  Failure failure = Failure::kNone;
  std::string sqlstate;  // of the failure, where the server said it
  absl::Status status;   // the failure by the codes of storage.h; the statement that failed is number rows.size()
  bool ok() const { return failure == Failure::kNone; }
};

class Connection {
 public:
  // Connects, and sets what every session needs.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& url);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Queues a statement. It is prepared at its first use and kept: `sql` must be a literal, or live as long as the connection,
  // since its address is the key.
  void Send(const char* sql, const Values& values = Values());
  // Sends what is queued, and waits until all of it is answered.
  Answer Run();

  // One statement on its own.
  absl::StatusOr<Rows> Query(const char* sql, const Values& values = Values());
  // Why the latest round trip failed, if it did.
  Failure last_failure() const { return last_failure_; }
  // Statements without parameters, separated by semicolons; a transaction of its own where none is open.
  absl::Status Execute(const std::string& sql);

  // Ends an open transaction, if the connection is there.
  void Rollback();
  // How long a server that says nothing is waited for; half a minute where it is not set.
  void set_answer_millis(int millis) { answer_millis_ = millis; }
  bool IsLost() const { return lost_ || PQstatus(connection_.get()) == CONNECTION_BAD; }
  // For tests: the process of the server that serves this connection.
  int backend() const { return PQbackendPID(connection_.get()); }

 private:
  struct Finisher {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  explicit Connection(PGconn* connection) : connection_(connection) {}
  absl::Status SetUp();
  void Fail(Answer* answer, const PGresult* result);
  // Sends and receives until everything has left: to wait for the one without the other would block both ends of a full
  // connection.
  bool Flush();
  // The next result; none where the connection is lost, or the server has stopped.
  Rows Next();
  // The results up to the synchronization point.
  void Collect(Answer* answer);

  std::unique_ptr<PGconn, Finisher> connection_;
  int answer_millis_ = 30'000;
  bool lost_ = false;
  Failure last_failure_ = Failure::kNone;
  absl::flat_hash_map<const char*, std::string> prepared_;  // name by SQL
  int64_t next_name_ = 0;
  // What is queued: for each, whether it prepares the statement (its key), or runs it (null).
  std::vector<const char*> queued_;
};

// INVALID_ARGUMENT where the URL cannot be read, or holds a secret.
absl::Status CheckUrl(const std::string& url);

// Whether the status is of the database's making, and not of what was asked for.
bool IsDatabaseFailure(const absl::Status& status);

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_CONNECTION_H_
