#include "storage/sqlite/sqlite_storage.h"

#include <mutex>  // std::call_once
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/commit_queue.h"
#include "storage/sqlite/checkpointer.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/loader.h"
#include "storage/sqlite/opening.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/status.h"
#include "storage/sqlite/writer.h"

namespace parzen::storage {
namespace sqlite {
namespace {

class FileStorage final : public SqliteStorage {
 public:
  FileStorage(std::unique_ptr<Database> database, SqliteOptions options) : database_(std::move(database)) {
    if (!database_->in_memory()) {
      checkpointer_.emplace(database_.get(), options.checkpoint_pages, options.warn);
      database_->SetCommitHook(&Checkpointer::OnCommit, &*checkpointer_);
    }
    writer_.emplace(database_.get(), checkpointer_ ? &checkpointer_->gate() : nullptr);
    queue_.emplace(&*writer_, CommitQueue::Options{.group_commit = options.group_commit,
                                                   .committed = std::move(options.committed),
                                                   .warn = std::move(options.warn)});
  }

  ~FileStorage() override {
    queue_.reset();
    if (!checkpointer_) return;
    database_->PutSealToken();
    checkpointer_->Finish();
    database_->LeaveSeal();
  }

  void CreateStudy(StudyRecord study, std::optional<RequestRecord> request, Callback done) override {
    queue_->Submit(NewStudy{std::move(study), std::move(request)}, std::move(done));
  }
  absl::StatusOr<StudyRecord> GetStudy(std::string_view name) override {
    return Read([&](Connection& connection) { return ReadStudy(connection, name); });
  }
  absl::StatusOr<StudyRecord> GetStudyByUid(uint64_t uid) override {
    return Read([&](Connection& connection) { return ReadStudyByUid(connection, uid); });
  }
  absl::StatusOr<StudyRecord> GetStudyById(int64_t id) override {
    return Read([&](Connection& connection) { return ReadStudyById(connection, id); });
  }
  absl::StatusOr<std::vector<StudyRecord>> ListStudies(std::string_view after, std::string_view prefix, int limit) override {
    return Read([&](Connection& connection) { return ReadStudies(connection, after, prefix, limit); });
  }
  absl::StatusOr<int64_t> CountStudies() override {
    return Read([&](Connection& connection) { return ReadStudyCount(connection); });
  }
  absl::StatusOr<TrialTally> TallyTrials(uint64_t uid) override {
    return Read([&](Connection& connection) -> absl::StatusOr<TrialTally> {
      PARZEN_ASSIGN_OR_RETURN(const int64_t study, ReadStudyId(connection, uid));
      return ReadTrialTally(connection, study);
    });
  }
  absl::StatusOr<int64_t> LatestRequestExpiry() override {
    return Read([](Connection& connection) { return ReadLatestRequestExpiry(connection); });
  }
  absl::StatusOr<std::vector<uint64_t>> LeasedStudies() override {
    return Read([](Connection& connection) { return ReadLeasedStudies(connection); });
  }
  absl::StatusOr<int64_t> AcquireStudy(uint64_t uid) override { return queue_->Acquire(uid); }

  void Submit(Transaction transaction, Callback done) override { queue_->Submit(std::move(transaction), std::move(done)); }
  void SubmitRequest(RequestRecord request, Callback done) override { queue_->Submit(std::move(request), std::move(done)); }
  void ExpireRequests(int64_t now, Callback done) override { queue_->Expire(now, std::move(done)); }
  void Flush() override { queue_->Flush(); }

  absl::Status Load(uint64_t uid, LoadVisitor* visitor) override { return Loader(database_.get(), uid, visitor).Load(); }

  absl::StatusOr<std::vector<TrialRecord>> ReadTrials(uint64_t uid, std::span<const int64_t> numbers, View view) override {
    return Read([&](Connection& connection) -> absl::StatusOr<std::vector<TrialRecord>> {
      PARZEN_ASSIGN_OR_RETURN(const int64_t study, ReadStudyId(connection, uid));
      TrialReader reader(connection, study);
      std::vector<TrialRecord> trials;
      trials.reserve(numbers.size());
      for (const int64_t number : numbers) {
        PARZEN_ASSIGN_OR_RETURN(TrialRecord trial, reader.Read(number, view));
        trials.push_back(std::move(trial));
      }
      return trials;
    });
  }
  absl::StatusOr<RequestRecord> ReadRequest(uint64_t uid, int64_t locator) override {
    return Read([&](Connection& connection) -> absl::StatusOr<RequestRecord> {
      PARZEN_ASSIGN_OR_RETURN(const int64_t study, ReadStudyId(connection, uid));
      return ReadStudyRequest(connection, study, locator);
    });
  }
  absl::StatusOr<std::optional<RequestRecord>> FindRequest(const RequestId& id) override {
    return Read([&](Connection& connection) { return ReadServerRequest(connection, id); });
  }

  absl::Status Backup(const std::string& path) override {
    PARZEN_ASSIGN_OR_RETURN(const std::string to, CanonicalPath(path));
    if (to == database_->path() || Exists(to)) {
      return absl::AlreadyExistsError(absl::StrCat(to, " exists already; a backup does not replace a file"));
    }
    PARZEN_ASSIGN_OR_RETURN(Database::Lease lease, database_->Read());
    const absl::Status status = CopyInto(*lease, to, database_->vfs());
    if (IsEnvironmentFailure(status)) lease.Discard();
    return status;
  }

  std::string StorageId() const override { return database_->file_id(); }
  std::vector<Figure> Figures() const override {
    return {{"database_bytes", "Size of the database file.", static_cast<double>(database_->DatabaseBytes())},
            {"wal_bytes", "Size of the write-ahead log's file.", static_cast<double>(database_->LogBytes())}};
  }

 private:
  // Runs `read` on a connection, in one read transaction. A connection that met trouble is not used again.
  template <typename Function>
  auto Read(Function read) -> decltype(read(std::declval<Connection&>())) {
    PARZEN_ASSIGN_OR_RETURN(Database::Lease lease, database_->Read());
    auto result = [&]() -> decltype(read(*lease)) {
      const ReadTransaction transaction(*lease);
      PARZEN_RETURN_IF_ERROR(transaction.status());
      return read(*lease);
    }();
    if (IsEnvironmentFailure(result.status())) lease.Discard();
    return result;
  }

  const std::unique_ptr<Database> database_;
  std::optional<Checkpointer> checkpointer_;
  std::optional<Writer> writer_;
  std::optional<CommitQueue> queue_;
};

}  // namespace
}  // namespace sqlite

absl::StatusOr<std::unique_ptr<SqliteStorage>> OpenSqlite(SqliteOptions options) {
  // SQLite's count of the memory in use takes a lock at each allocation, and nobody reads it. Has no effect where SQLite runs
  // already.
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<sqlite::Database> database,
                          sqlite::Database::Open(options, sqlite::EmbeddedMigrations()));
  return std::make_unique<sqlite::FileStorage>(std::move(database), std::move(options));
}

}  // namespace parzen::storage
