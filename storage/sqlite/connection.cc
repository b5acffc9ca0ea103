#include "storage/sqlite/connection.h"

#include "absl/strings/str_cat.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {

absl::StatusOr<bool> Query::Step() {
  if (code_ != SQLITE_OK) {
    const bool latest = sqlite3_extended_errcode(db_) == code_;
    return StatusFromCode(code_, sqlite3_system_errno(db_), latest ? sqlite3_errmsg(db_) : sqlite3_errstr(code_),
                          "preparing a statement");
  }
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return StatusFromConnection(db_, "running a statement");
}

absl::Status Query::Run() {
  absl::StatusOr<bool> row = Step();
  return row.ok() ? absl::OkStatus() : row.status();
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Target& target) {
  sqlite3* db = nullptr;
  // Each connection is used by one thread at a time, so SQLite's own mutex is left out.
  const int flags = target.flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(target.path.c_str(), &db, flags, target.vfs.empty() ? nullptr : target.vfs.c_str());
  if (code != SQLITE_OK) {
    absl::Status status = StatusFromCode(code, db == nullptr ? 0 : sqlite3_system_errno(db),
                                         db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db), "opening " + target.path);
    sqlite3_close(db);
    return status;
  }
  return std::unique_ptr<Connection>(new Connection(db));
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close(db_);
}

Query Connection::Prepared(const char* sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return Query(db_, nullptr, code);
    found = statements_.emplace(sql, StatementPtr(statement)).first;
  }
  return Query(db_, found->second.get(), SQLITE_OK);
}

absl::Status Connection::Failure(std::string_view doing) const { return StatusFromConnection(db_, doing); }

absl::Status Connection::Execute(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return absl::OkStatus();
  return Failure(std::string_view(sql).substr(0, 60));
}

absl::StatusOr<std::string> Connection::QueryText(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) return Failure(sql);
  const StatementPtr statement(raw);
  const int code = sqlite3_step(statement.get());
  if (code != SQLITE_ROW) return code == SQLITE_DONE ? absl::NotFoundError(absl::StrCat(sql, ": no row")) : Failure(sql);
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
  std::string result = text == nullptr ? "" : std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement.get(), 0)));
  // To the end: a pragma that changes the file commits behind its row, and may fail there.
  int rest = SQLITE_ROW;
  while (rest == SQLITE_ROW) rest = sqlite3_step(statement.get());
  if (rest != SQLITE_DONE) return Failure(sql);
  return result;
}

absl::StatusOr<int64_t> Connection::QueryInt(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) return Failure(sql);
  const StatementPtr statement(raw);
  const int code = sqlite3_step(statement.get());
  if (code != SQLITE_ROW) return code == SQLITE_DONE ? absl::NotFoundError(absl::StrCat(sql, ": no row")) : Failure(sql);
  return sqlite3_column_int64(statement.get(), 0);
}

void Connection::Rollback() {
  if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace parzen::storage::sqlite
