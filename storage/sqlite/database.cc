#include "storage/sqlite/database.h"

#include <algorithm>
#include <utility>

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
  absl::StatusOr<std::unique_ptr<Connection>> connection = sqlite::Connect(target_, Role::kWriter);
  PARZEN_RETURN_IF_ERROR(connection.status());
  PARZEN_RETURN_IF_ERROR(Migrate(**connection, migrations));
  PARZEN_RETURN_IF_ERROR(NoteOpening(**connection));
  writer_ = *std::move(connection);
  return absl::OkStatus();
}

absl::Status Database::OpenFile(const SqliteOptions& options, std::span<const Migration> migrations) {
  absl::StatusOr<std::string> path = CanonicalPath(options.path);
  PARZEN_RETURN_IF_ERROR(path.status());
  target_.path = *std::move(path);
  target_.vfs = options.vfs;
  PARZEN_RETURN_IF_ERROR(CheckPlace(target_.path, options.allow_network_fs));
  const int newest = migrations.back().version;
  // Once before the lock, which would leave a lock file beside a file that is not ours; once under it, for what counts.
  PARZEN_RETURN_IF_ERROR(Inspect(target_.path, newest).status());
  absl::StatusOr<FileLock> lock = FileLock::Acquire(target_.path);
  PARZEN_RETURN_IF_ERROR(lock.status());
  lock_ = *std::move(lock);
  // A refused file keeps its seal, and is refused again.
  if (ParseSeal(lock_.former_text())) lock_.Leave(lock_.former_text());
  absl::StatusOr<Content> content = Inspect(target_.path, newest);
  PARZEN_RETURN_IF_ERROR(content.status());
  if (*content == Content::kNothing) PARZEN_RETURN_IF_ERROR(CreateFile(target_, migrations));
  PARZEN_RETURN_IF_ERROR(CheckAndUpgrade(options, target_, migrations, ParseSeal(lock_.former_text())));
  lock_.Leave("");
  full_check_bytes_ = options.full_check_bytes;
  absl::StatusOr<std::unique_ptr<Connection>> connection = sqlite::Connect(target_, Role::kWriter);
  PARZEN_RETURN_IF_ERROR(connection.status());
  PARZEN_RETURN_IF_ERROR(NoteOpening(**connection));
  writer_ = *std::move(connection);
  connection = Connect();
  PARZEN_RETURN_IF_ERROR(connection.status());
  anchor_ = *std::move(connection);
  PARZEN_RETURN_IF_ERROR(anchor_->QueryInt("SELECT count(*) FROM meta").status());
  PrepareLog(target_.path, std::min(int64_t{options.checkpoint_pages} * kLogFactor * kPageAndFrame, kMaxPreparedLog));
  return absl::OkStatus();
}

absl::Status Database::NoteOpening(Connection& connection) {
  PARZEN_RETURN_IF_ERROR(connection.Execute("UPDATE meta SET value = value + 1 WHERE key = 'opens'"));
  absl::StatusOr<int64_t> opens = connection.QueryInt("SELECT value FROM meta WHERE key = 'opens'");
  PARZEN_RETURN_IF_ERROR(opens.status());
  absl::StatusOr<std::string> file_id = connection.QueryText("SELECT value FROM meta WHERE key = 'file_id'");
  PARZEN_RETURN_IF_ERROR(file_id.status());
  opens_ = *opens;
  file_id_ = *std::move(file_id);
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
  if (writer_ != nullptr) sqlite3_wal_hook(writer_->handle(), hook, context);
}

absl::StatusOr<std::unique_ptr<Connection>> Database::Connect() { return sqlite::Connect(target_, Role::kReader); }

absl::StatusOr<Database::Lease> Database::Read() {
  if (in_memory_) {
    std::unique_lock<std::mutex> lock(memory_mutex_);
    return Lease(this, std::move(writer_), /*writes=*/true, std::move(lock));
  }
  {
    const std::lock_guard<std::mutex> guard(readers_mutex_);
    if (!readers_.empty()) {
      std::unique_ptr<Connection> reader = std::move(readers_.back());
      readers_.pop_back();
      return Lease(this, std::move(reader), /*writes=*/false, {});
    }
  }
  absl::StatusOr<std::unique_ptr<Connection>> reader = sqlite::Connect(target_, Role::kReader);
  PARZEN_RETURN_IF_ERROR(reader.status());
  return Lease(this, *std::move(reader), /*writes=*/false, {});
}

absl::StatusOr<Database::Lease> Database::Write() {
  std::unique_lock<std::mutex> lock;
  if (in_memory_) lock = std::unique_lock<std::mutex>(memory_mutex_);
  if (writer_ == nullptr) {
    absl::StatusOr<std::unique_ptr<Connection>> writer = sqlite::Connect(target_, Role::kWriter);
    PARZEN_RETURN_IF_ERROR(writer.status());
    if (commit_hook_ != nullptr) sqlite3_wal_hook((*writer)->handle(), commit_hook_, commit_hook_context_);
    writer_ = *std::move(writer);
  }
  return Lease(this, std::move(writer_), /*writes=*/true, std::move(lock));
}

void Database::Return(std::unique_ptr<Connection> connection, bool writes) {
  if (writes) {
    writer_ = std::move(connection);
    return;
  }
  const std::lock_guard<std::mutex> guard(readers_mutex_);
  if (readers_.size() < kIdleReaders) readers_.push_back(std::move(connection));
}

Storage::Size Database::Size() {
  if (!in_memory_) return {.database = SizeOf(target_.path), .wal = SizeOf(target_.path + "-wal")};
  absl::StatusOr<Lease> lease = Read();
  if (!lease.ok()) return {};
  const absl::StatusOr<int64_t> pages = (*lease)->QueryInt("PRAGMA page_count");
  const absl::StatusOr<int64_t> page_size = (*lease)->QueryInt("PRAGMA page_size");
  return {.database = pages.value_or(0) * page_size.value_or(0), .wal = 0};
}

}  // namespace parzen::storage::sqlite
