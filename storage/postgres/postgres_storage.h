// Storage in PostgreSQL (15 or newer), or in a database that speaks its protocol: what lets several servers share their studies.
//
// Any number of storages may be open on one database. A study belongs to the one that acquired it last: each transaction compares
// the study's epoch, under a lock on its row, before it writes, so that two owners can never both commit. What is committed is
// durable by the database's own promise (synchronous_commit is on, or remote_apply where the server says so).
//
// The SQL is plain: no advisory locks, no LISTEN/NOTIFY, no large objects. A transaction that the database refuses for the sake
// of serialization (SQLSTATE 40001, 40P01) is run again. Where the connection is lost in the middle of a COMMIT the outcome is
// open: the callback gets UNAVAILABLE, and whoever acquires the study again reads what is kept.

#ifndef PARZEN_STORAGE_POSTGRES_POSTGRES_STORAGE_H_
#define PARZEN_STORAGE_POSTGRES_POSTGRES_STORAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/storage.h"

namespace parzen::storage {

struct PostgresOptions {
  // postgresql://USER@HOST:PORT/DATABASE, with libpq's parameters (sslmode, target_session_attrs, ...; several hosts too). It
  // must hold no password: processes and logs show it. libpq finds that in the file that PGPASSFILE names, or in ~/.pgpass.
  std::string url;
  bool group_commit = true;  // false: one commit a transaction
  int readers = 4;           // connections for reading, at most
  // Told of each commit: how many transactions were in it, and its seconds. On the writer's thread: cheap.
  std::function<void(int64_t, double)> committed;
  std::function<void(std::string_view)> warn;  // told what is worth a log line
};

// Makes the tables, in a schema of their own called parzen, where they are not there, and brings older ones up to date.
// INVALID_ARGUMENT for a URL that libpq cannot read, or with a password in it; FAILED_PRECONDITION for tables of a newer Parzen,
// an older PostgreSQL, a user who may not make them, and where the server knows no such user, password or database; UNAVAILABLE
// for what may be over in a while: no server answers, it is starting or full, or can only read. Its figure is database_bytes.
absl::StatusOr<std::unique_ptr<Storage>> OpenPostgres(PostgresOptions options);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_POSTGRES_POSTGRES_STORAGE_H_
