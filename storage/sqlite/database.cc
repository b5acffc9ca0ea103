#include "storage/sqlite/database.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/opening.h"
#include "storage/sqlite/seal.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

// More idle readers than this are closed.
constexpr size_t kIdleReaders = 8;

// Bytes that a page takes in the log.
constexpr int64_t kPageAndFrame = 4096 + 24;
constexpr int64_t kMaxPreparedLog = int64_t{1} << 25;

}  // namespace

Database::Lease::~Lease() {
  if (connection_ == nullptr) return;
  connection_->Rollback();
  database_->Return(std::move(connection_), writes_);
}

void Database::Lease::Discard() {
  // A database in memory is gone with its connection; and it has no I/O that could fail.
  if (database_->in_memory_ || connection_ == nullptr) return;
  connection_->Rollback();
  connection_.reset();
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const SqliteOptions& options, std::span<const Migration> migrations) {
  std::unique_ptr<Database> database(new Database);
  absl::Status status = options.path == ":memory:" ? database->OpenMemory(migrations) : database->OpenFile(options, migrations);
  if (!status.ok()) return status;
  return database;
}

absl::Status Database::OpenMemory(std::span<const Migration> migrations) {
  in_memory_ = true;
  target_.path = ":memory:";
  target_.flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, sqlite::Connect(target_, Role::kWriter));
  PARZEN_RETURN_IF_ERROR(Migrate(*connection, migrations));
  PARZEN_RETURN_IF_ERROR(NoteOpening(*connection));
  const MutexLock lock(&mutex_);
  writer_ = std::move(connection);
  return absl::OkStatus();
}

absl::Status Database::OpenFile(const SqliteOptions& options, std::span<const Migration> migrations) {
  PARZEN_ASSIGN_OR_RETURN(target_.path, CanonicalPath(options.path));
  target_.vfs = options.vfs;
  PARZEN_RETURN_IF_ERROR(CheckPlace(target_.path, options.allow_network_fs));
  const int newest = migrations.back().version;
  // Once before the lock, which would leave a lock file beside a file that is not ours; once under it, for what counts.
  PARZEN_RETURN_IF_ERROR(Inspect(target_.path, newest).status());
  PARZEN_ASSIGN_OR_RETURN(lock_, FileLock::Acquire(target_.path));
  // A refused file keeps its seal, and is refused again.
  if (ParseSeal(lock_.former_text())) lock_.Leave(lock_.former_text());
  PARZEN_ASSIGN_OR_RETURN(const Content content, Inspect(target_.path, newest));
  if (content == Content::kNothing) PARZEN_RETURN_IF_ERROR(CreateFile(target_, migrations));
  PARZEN_RETURN_IF_ERROR(CheckAndUpgrade(options, target_, migrations, ParseSeal(lock_.former_text())));
  lock_.Leave("");
  full_check_bytes_ = options.full_check_bytes;
  {
    PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Connection> writer, sqlite::Connect(target_, Role::kWriter));
    PARZEN_RETURN_IF_ERROR(NoteOpening(*writer));
    const MutexLock lock(&mutex_);
    writer_ = std::move(writer);
  }
  PARZEN_ASSIGN_OR_RETURN(anchor_, Connect());
  PARZEN_RETURN_IF_ERROR(anchor_->QueryInt("SELECT count(*) FROM meta").status());
  PrepareLog(target_.path, std::min(int64_t{options.checkpoint_pages} * kLogFactor * kPageAndFrame, kMaxPreparedLog));
  return absl::OkStatus();
}

absl::Status Database::NoteOpening(Connection& connection) {
  PARZEN_RETURN_IF_ERROR(connection.Execute("UPDATE meta SET value = value + 1 WHERE key = 'opens'"));
  PARZEN_ASSIGN_OR_RETURN(opens_, connection.QueryInt("SELECT value FROM meta WHERE key = 'opens'"));
  PARZEN_ASSIGN_OR_RETURN(file_id_, connection.QueryText("SELECT value FROM meta WHERE key = 'file_id'"));
  return absl::OkStatus();
}

void Database::PutSealToken() {
  absl::StatusOr<Lease> lease = Write();
  if (!lease.ok()) return;
  absl::StatusOr<std::string> token = sqlite::PutSealToken(**lease);
  if (token.ok()) seal_token_ = *std::move(token);
}

void Database::LeaveSeal() {
  // Somebody's sqlite3 shell may keep the log from being emptied.
  if (seal_token_.empty() || SizeOf(target_.path + "-wal") > 0 || SizeOf(target_.path) > full_check_bytes_) return;
  if (const absl::StatusOr<uint64_t> hash = HashFile(target_.path); hash.ok()) lock_.Leave(SealText({seal_token_, *hash}));
}

void Database::SetCommitHook(CommitHook hook, void* context) {
  commit_hook_ = hook;
  commit_hook_context_ = context;
  const MutexLock lock(&mutex_);
  if (writer_ != nullptr) sqlite3_wal_hook(writer_->handle(), hook, context);
}

absl::StatusOr<std::unique_ptr<Connection>> Database::Connect() { return sqlite::Connect(target_, Role::kReader); }

Database::Lease Database::TakeTheOnly() {
  const MutexLock lock(&mutex_);
  while (writer_ == nullptr) returned_.Wait(&mutex_);
  return Lease(this, std::move(writer_), /*writes=*/true);
}

absl::StatusOr<Database::Lease> Database::Read() {
  if (in_memory_) return TakeTheOnly();
  {
    const MutexLock lock(&mutex_);
    if (!readers_.empty()) {
      std::unique_ptr<Connection> reader = std::move(readers_.back());
      readers_.pop_back();
      return Lease(this, std::move(reader), /*writes=*/false);
    }
  }
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Connection> reader, Connect());
  return Lease(this, std::move(reader), /*writes=*/false);
}

absl::StatusOr<Database::Lease> Database::Write() {
  if (in_memory_) return TakeTheOnly();
  std::unique_ptr<Connection> writer;
  {
    const MutexLock lock(&mutex_);
    writer = std::move(writer_);
  }
  if (writer == nullptr) {
    PARZEN_ASSIGN_OR_RETURN(writer, sqlite::Connect(target_, Role::kWriter));
    if (commit_hook_ != nullptr) sqlite3_wal_hook(writer->handle(), commit_hook_, commit_hook_context_);
  }
  return Lease(this, std::move(writer), /*writes=*/true);
}

void Database::Return(std::unique_ptr<Connection> connection, bool writes) {
  const MutexLock lock(&mutex_);
  if (writes) {
    writer_ = std::move(connection);
    returned_.NotifyOne();
  } else if (readers_.size() < kIdleReaders) {
    readers_.push_back(std::move(connection));
  }
}

int64_t Database::DatabaseBytes() {
  if (!in_memory_) return SizeOf(target_.path);
  absl::StatusOr<Lease> lease = Read();
  if (!lease.ok()) return 0;
  return (*lease)->QueryInt("PRAGMA page_count").value_or(0) * (*lease)->QueryInt("PRAGMA page_size").value_or(0);
}

int64_t Database::LogBytes() const { return in_memory_ ? 0 : SizeOf(target_.path + "-wal"); }

}  // namespace parzen::storage::sqlite
