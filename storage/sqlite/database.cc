#include "storage/sqlite/database.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"
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

// The log stays when the connection is closed, though it be the last.
void KeepLogOnClose(Connection& connection, bool keep) {
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

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
  PARZEN_RETURN_IF_ERROR(options.path == ":memory:" ? database->OpenMemory(migrations) : database->OpenFile(options, migrations));
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
  warn_ = options.warn;
  PARZEN_ASSIGN_OR_RETURN(target_.path, CanonicalPath(options.path));
  target_.vfs = options.vfs;
  PARZEN_RETURN_IF_ERROR(sqlite::CheckPlace(target_.path, options.allow_network_fs));
  const int newest = migrations.back().version;
  // Once before the lock, which would leave a lock file beside a file that is not ours; once under it, for what counts.
  PARZEN_RETURN_IF_ERROR(Inspect(target_.path, newest).status());
  std::optional<Seal> seal;
  {
    const MutexLock lock(&place_mutex_);
    PARZEN_ASSIGN_OR_RETURN(lock_, FileLock::Acquire(target_.path));
    seal = ParseSeal(lock_.former_text());
    // A refused file keeps its seal, and is refused again.
    if (seal) lock_.Leave(lock_.former_text());
  }
  PARZEN_ASSIGN_OR_RETURN(const Content content, Inspect(target_.path, newest));
  if (content == Content::kNothing) PARZEN_RETURN_IF_ERROR(CreateFile(target_, migrations));
  PARZEN_ASSIGN_OR_RETURN(place_, Place::Hold(target_.path, !IsOnNetwork(target_.path)));
  PARZEN_RETURN_IF_ERROR(CheckAndUpgrade(options, target_, migrations, seal));
  {
    const MutexLock lock(&place_mutex_);
    lock_.Leave("");
  }
  full_check_bytes_ = options.full_check_bytes;
  log_vfs_.emplace(target_.vfs);
  writer_target_ = target_;
  writer_target_.vfs = log_vfs_->name();
  {
    PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Connection> writer, sqlite::Connect(writer_target_, Role::kWriter));
    PARZEN_RETURN_IF_ERROR(NoteOpening(*writer));
    PARZEN_RETURN_IF_ERROR(WatchPlace(*writer));
    const MutexLock lock(&mutex_);
    writer_ = std::move(writer);
  }
  PARZEN_ASSIGN_OR_RETURN(anchor_, Connect());
  PARZEN_RETURN_IF_ERROR(anchor_->QueryInt("SELECT count(*) FROM meta").status());
  PrepareLog(target_.path, std::min(int64_t{options.checkpoint_pages} * kLogFactor * kPageAndFrame, kMaxPreparedLog));
  return absl::OkStatus();
}

Database::~Database() {
  if (in_memory_) return;
  const bool is_ours = place_ == nullptr || (CheckPlace().ok() && !log_spoiled_);
  const MutexLock lock(&mutex_);
  readers_.clear();
  // SQLite's last connection removes the log by its path, where another database's may lie by now.
  Connection* last = anchor_ != nullptr ? anchor_.get() : writer_.get();
  if (is_ours && last != nullptr) KeepLogOnClose(*last, false);
}

absl::Status Database::WatchPlace(Connection& connection) {
  KeepLogOnClose(connection, true);
  sqlite3_wal_hook(connection.handle(), &OnCommit, this);
  PARZEN_ASSIGN_OR_RETURN(const int64_t page_size, connection.QueryInt("PRAGMA page_size"));
  const MutexLock lock(&place_mutex_);
  PARZEN_RETURN_IF_ERROR(place_->HoldLog(page_size));
  // `meta` has just been written, and is not written again until the shutdown: by this page the file is known, once it is in it.
  int log = 0, moved = 0;
  if (sqlite3_wal_checkpoint_v2(connection.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &log, &moved) != SQLITE_OK ||
      log != moved) {
    return absl::OkStatus();
  }
  PARZEN_ASSIGN_OR_RETURN(const int64_t page, connection.QueryInt("SELECT rootpage FROM sqlite_schema WHERE name = 'meta'"));
  return place_->RememberPage(page);
}

int Database::OnCommit(void* self, sqlite3* db, const char* schema, int pages) {
  auto* database = static_cast<Database*>(self);
  database->frames_before_ = database->frames_;
  database->frames_ = pages;
  return database->commit_hook_ == nullptr ? SQLITE_OK
                                           : database->commit_hook_(database->commit_hook_context_, db, schema, pages);
}

absl::Status Database::LookAtPlace() {
  PARZEN_RETURN_IF_ERROR(log_damage_);
  PARZEN_RETURN_IF_ERROR(place_->Check());
  if (lock_.IsInPlace()) return absl::OkStatus();
  PARZEN_RETURN_IF_ERROR(lock_.Renew());
  if (warn_)
    warn_(absl::StrCat(target_.path, ".lock, which says that this server owns the database, was removed; it was made anew"));
  return absl::OkStatus();
}

absl::Status Database::TellPlace() {
  absl::Status status = LookAtPlace();
  if (status.ok() == is_lost_ && warn_) {
    warn_(status.ok() ? absl::StrCat("the files of ", target_.path, " are in their place again") : Std(status.message()));
  }
  is_lost_ = !status.ok();
  return status;
}

absl::Status Database::CheckPlace() {
  if (in_memory_) return absl::OkStatus();
  const MutexLock lock(&place_mutex_);
  return TellPlace();
}

absl::Status Database::CheckLog(int64_t probe) {
  if (in_memory_) return absl::OkStatus();
  const MutexLock lock(&place_mutex_);
  if (log_damage_.ok()) log_damage_ = place_->CheckLog(frames_, probe);
  if (!log_damage_.ok()) log_spoiled_ = true;
  return TellPlace();
}

// A log that has been started over has no frame of the commit before.
absl::Status Database::CheckCommit() {
  return CheckLog(frames_before_ > 0 && frames_before_ < frames_ ? frames_before_ : frames_.load());
}

absl::Status Database::CheckFailure() { return CheckLog(frames_); }

bool Database::MayCheckpoint() {
  const int64_t frames = frames_;
  const MutexLock lock(&place_mutex_);
  return !log_spoiled_ && place_->CheckDatabase().ok() && place_->CheckLog(frames, frames).ok();
}

absl::Status Database::NoteOpening(Connection& connection) {
  PARZEN_RETURN_IF_ERROR(connection.Execute("UPDATE meta SET value = value + 1 WHERE key = 'opens'"));
  PARZEN_ASSIGN_OR_RETURN(opens_, connection.QueryInt("SELECT value FROM meta WHERE key = 'opens'"));
  PARZEN_ASSIGN_OR_RETURN(file_id_, connection.QueryText("SELECT value FROM meta WHERE key = 'file_id'"));
  return absl::OkStatus();
}

void Database::PutSealToken() {
  if (!CheckPlace().ok()) return;
  {
    const MutexLock lock(&place_mutex_);
    place_->ForgetPage();
  }
  absl::StatusOr<Lease> lease = Write();
  if (!lease.ok()) return;
  absl::StatusOr<std::string> token = sqlite::PutSealToken(**lease);
  if (token.ok() && CheckCommit().ok()) seal_token_ = *std::move(token);
}

void Database::LeaveSeal() {
  // Somebody's sqlite3 shell may keep the log from being emptied.
  if (seal_token_.empty() || !CheckPlace().ok() || LogBytes() > 0 || DatabaseBytes() > full_check_bytes_) return;
  const absl::StatusOr<uint64_t> hash = HashFile(target_.path);
  const MutexLock lock(&place_mutex_);
  if (hash.ok()) lock_.Leave(SealText({seal_token_, *hash}));
}

void Database::SetCommitHook(CommitHook hook, void* context) {
  commit_hook_ = hook;
  commit_hook_context_ = context;
}

absl::StatusOr<std::unique_ptr<Connection>> Database::ConnectAs(Role role) {
  // Another file at the path must not even be opened: SQLite would take the log beside it for its own, and move it into that
  // file.
  PARZEN_RETURN_IF_ERROR(CheckPlace());
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                          sqlite::Connect(role == Role::kWriter ? writer_target_ : target_, role));
  KeepLogOnClose(*connection, true);
  PARZEN_RETURN_IF_ERROR(CheckPlace());
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> Database::Connect() { return ConnectAs(Role::kReader); }

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
    PARZEN_ASSIGN_OR_RETURN(writer, ConnectAs(Role::kWriter));
    sqlite3_wal_hook(writer->handle(), &OnCommit, this);
    frames_ = 0;
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
