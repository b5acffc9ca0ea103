#include "storage/sqlite/status.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/string_view.h"

namespace parzen::storage::sqlite {
namespace {

absl::StatusCode CanonicalCode(int code, int system_errno) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_IOERR:
      if (system_errno == ENOSPC || system_errno == EDQUOT) return absl::StatusCode::kResourceExhausted;
      return absl::StatusCode::kUnavailable;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::Status StatusFromCode(int code, int system_errno, std::string_view message, std::string_view doing) {
  std::string text = absl::StrCat(Abseil(doing), ": ", Abseil(message), " (SQLite code ", code);
  if ((code & 0xff) == SQLITE_IOERR && system_errno != 0) absl::StrAppend(&text, ", ", std::strerror(system_errno));
  text += ")";
  return absl::Status(CanonicalCode(code, system_errno), text);
}

absl::Status StatusFromConnection(sqlite3* db, std::string_view doing) {
  return StatusFromCode(sqlite3_extended_errcode(db), sqlite3_system_errno(db), sqlite3_errmsg(db), doing);
}

bool IsEnvironmentFailure(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable || status.code() == absl::StatusCode::kResourceExhausted ||
         status.code() == absl::StatusCode::kDataLoss;
}

}  // namespace parzen::storage::sqlite
