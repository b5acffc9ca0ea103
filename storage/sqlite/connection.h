// A connection to SQLite with its prepared statements. Used by one thread at a time.

#ifndef PARZEN_STORAGE_SQLITE_CONNECTION_H_
#define PARZEN_STORAGE_SQLITE_CONNECTION_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parzen::storage::sqlite {

// One run of a prepared statement: bind, step, read columns. Its destructor resets the statement for the next run. The first
// error of a bind or of the preparation is kept and returned by Step or Run.
//
// Texts and blobs are bound without a copy: they must live until the last Step.
class Query {
 public:
  Query(sqlite3* db, sqlite3_stmt* statement, int code) : db_(db), statement_(statement), code_(code) {}
  Query(Query&& other) noexcept : db_(other.db_), statement_(other.statement_), code_(other.code_) { other.statement_ = nullptr; }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  Query& operator=(Query&&) = delete;
  ~Query() {
    if (statement_ != nullptr) sqlite3_reset(statement_);
  }

  // Parameters are counted from 1, as in SQL's ?1.
  Query& Int(int index, int64_t value) { return Note(sqlite3_bind_int64(statement_, index, value)); }
  Query& Double(int index, double value) { return Note(sqlite3_bind_double(statement_, index, value)); }
  Query& Null(int index) { return Note(sqlite3_bind_null(statement_, index)); }
  Query& Text(int index, std::string_view value) {
    return Note(sqlite3_bind_text64(statement_, index, Data(value), value.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  // NULL for an empty text.
  Query& TextOrNull(int index, std::string_view value) { return value.empty() ? Null(index) : Text(index, value); }
  Query& Blob(int index, std::string_view value) {
    return Note(sqlite3_bind_blob64(statement_, index, Data(value), value.size(), SQLITE_STATIC));
  }

  // True where there is a row.
  absl::StatusOr<bool> Step();
  // For a statement that returns no row.
  absl::Status Run();
  sqlite3_stmt* statement() const { return statement_; }
  // Ready to be bound and stepped again.
  void Reset() { sqlite3_reset(statement_); }

  // Columns are counted from 0. Views are valid until the next Step or Reset.
  int64_t Int(int column) { return sqlite3_column_int64(statement_, column); }
  double Double(int column) { return sqlite3_column_double(statement_, column); }
  int Type(int column) { return sqlite3_column_type(statement_, column); }
  // A text or a blob; empty for NULL.
  std::string_view Bytes(int column) {
    const void* data = sqlite3_column_blob(statement_, column);
    return {static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  // SQLite takes a null pointer for NULL, and an empty view may have one.
  static const char* Data(std::string_view value) { return value.data() == nullptr ? "" : value.data(); }
  Query& Note(int code) {
    if (code != SQLITE_OK && code_ == SQLITE_OK) code_ = code;
    return *this;
  }

  sqlite3* db_;
  sqlite3_stmt* statement_;
  int code_;
};

class Connection {
 public:
  struct Target {
    std::string path;  // or ":memory:"
    std::string vfs;   // empty: the default
    int flags = SQLITE_OPEN_READWRITE;
  };

  // Opens the file as it is: no pragma is set, nothing is read yet.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Target& target);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // A run of a statement that is prepared at its first use and kept. `sql` must be a literal (or live as long as the connection):
  // its address is the key.
  Query Prepared(const char* sql);

  // Runs statements that return nothing of interest, separated by semicolons.
  absl::Status Execute(const std::string& sql);
  // The first column of the first row, or an error; for pragmas.
  absl::StatusOr<int64_t> QueryInt(const std::string& sql);
  absl::StatusOr<std::string> QueryText(const std::string& sql);

  // Undoes the open transaction, if there is one.
  void Rollback();

  int64_t Changes() const { return sqlite3_changes64(db_); }
  int64_t LastInsertId() const { return sqlite3_last_insert_rowid(db_); }
  sqlite3* handle() const { return db_; }

 private:
  explicit Connection(sqlite3* db) : db_(db) {}
  absl::Status Failure(std::string_view doing) const;

  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using StatementPtr = std::unique_ptr<sqlite3_stmt, Finalizer>;

  sqlite3* db_;
  absl::flat_hash_map<const char*, StatementPtr> statements_;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_CONNECTION_H_
