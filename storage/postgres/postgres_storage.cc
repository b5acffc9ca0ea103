#include "storage/postgres/postgres_storage.h"

#include <libpq-fe.h>

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"
#include "storage/commit_queue.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/loader.h"
#include "storage/postgres/pool.h"
#include "storage/postgres/reader.h"
#include "storage/postgres/refusal.h"
#include "storage/postgres/replicas.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/writer.h"

namespace parzen::storage {
namespace postgres {
namespace {

class PostgresStorage final : public Storage {
 public:
  PostgresStorage(PostgresOptions options, std::unique_ptr<Connection> connection, std::string storage_id)
      : storage_id_(std::move(storage_id)),
        pool_(options.url, options.readers),
        replicas_(options.url, &self_, &marks_),
        writer_(options.url, std::move(connection), &self_, &marks_) {
    queue_.emplace(&writer_, CommitQueue::Options{.group_commit = options.group_commit,
                                                  .committed = std::move(options.committed),
                                                  .warn = std::move(options.warn)});
  }

  void CreateStudy(StudyRecord study, std::optional<RequestRecord> request, Callback done) override {
    queue_->Submit(NewStudy{std::move(study), std::move(request)}, std::move(done));
  }
  absl::StatusOr<StudyRecord> GetStudy(std::string_view name) override {
    return pool_.Read([&](Connection& connection) { return ReadStudy(connection, name); });
  }
  absl::StatusOr<StudyRecord> GetStudyByUid(uint64_t uid) override {
    return pool_.Read([&](Connection& connection) { return ReadStudyByUid(connection, uid); });
  }
  absl::StatusOr<StudyRecord> GetStudyById(int64_t id) override {
    return pool_.Read([&](Connection& connection) { return ReadStudyById(connection, id); });
  }
  absl::StatusOr<std::vector<StudyRecord>> ListStudies(std::string_view after, std::string_view prefix, int limit) override {
    return pool_.Read([&](Connection& connection) { return ReadStudies(connection, after, prefix, limit); });
  }
  absl::StatusOr<int64_t> CountStudies() override {
    return pool_.Read([](Connection& connection) { return ReadStudyCount(connection); });
  }
  absl::StatusOr<TrialTally> TallyTrials(uint64_t uid) override {
    return pool_.Read([&](Connection& connection) -> absl::StatusOr<TrialTally> {
      PARZEN_ASSIGN_OR_RETURN(const int64_t study, ReadStudyId(connection, uid));
      return ReadTrialTally(connection, study);
    });
  }
  absl::StatusOr<std::vector<uint64_t>> LeasedStudies() override {
    return pool_.Read([](Connection& connection) { return ReadLeasedStudies(connection); });
  }
  absl::StatusOr<int64_t> AcquireStudy(uint64_t uid) override { return queue_->Acquire(uid); }

  void Submit(Transaction transaction, Callback done) override { queue_->Submit(std::move(transaction), std::move(done)); }
  void SubmitRequest(RequestRecord request, Callback done) override { queue_->Submit(std::move(request), std::move(done)); }
  void ExpireRequests(int64_t now, Callback done) override { queue_->Expire(now, std::move(done)); }
  void Flush() override { queue_->Flush(); }

  absl::Status Load(uint64_t uid, LoadVisitor* visitor) override { return Loader(&pool_, uid, visitor).Load(); }
  absl::StatusOr<std::vector<TrialRecord>> ReadTrials(uint64_t uid, std::span<const int64_t> numbers, View view) override {
    return pool_.Read([&](Connection& connection) -> absl::StatusOr<std::vector<TrialRecord>> {
      PARZEN_ASSIGN_OR_RETURN(const int64_t study, ReadStudyId(connection, uid));
      return postgres::ReadTrials(connection, study, numbers, view);
    });
  }
  absl::StatusOr<RequestRecord> ReadRequest(uint64_t uid, int64_t locator) override {
    return pool_.Read([&](Connection& connection) -> absl::StatusOr<RequestRecord> {
      PARZEN_ASSIGN_OR_RETURN(const int64_t study, ReadStudyId(connection, uid));
      return ReadStudyRequest(connection, study, locator);
    });
  }
  absl::StatusOr<int64_t> LatestRequestExpiry() override {
    return pool_.Read([](Connection& connection) { return ReadLatestRequestExpiry(connection); });
  }
  absl::StatusOr<std::optional<RequestRecord>> FindRequest(const RequestId& id) override {
    return pool_.Read([&](Connection& connection) { return ReadServerRequest(connection, id); });
  }

  std::string StorageId() const override { return storage_id_; }
  Replicas* replicas() override { return &replicas_; }
  std::vector<Figure> Figures() const override {
    const absl::StatusOr<Rows> size =
        pool_.Read([](Connection& connection) { return connection.Query("SELECT pg_database_size(current_database())"); });
    if (!size.ok()) return {};
    return {{"database_bytes", "Size of the database.", static_cast<double>(size->Int(0, 0))}};
  }

 private:
  const std::string storage_id_;
  mutable Pool pool_;
  Self self_;
  Marks marks_;
  PostgresReplicas replicas_;
  Writer writer_;
  std::optional<CommitQueue> queue_;
};

}  // namespace
}  // namespace postgres

absl::StatusOr<std::unique_ptr<Storage>> OpenPostgres(PostgresOptions options) {
  using postgres::Connection;
  PARZEN_RETURN_IF_ERROR(postgres::CheckUrl(options.url));
  absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options.url);
  if (!opened.ok()) return postgres::Explain(options.url, opened.status());
  std::unique_ptr<Connection> connection = *std::move(opened);
  PARZEN_RETURN_IF_ERROR(postgres::Migrate(*connection, postgres::EmbeddedMigrations()));
  PARZEN_ASSIGN_OR_RETURN(const postgres::Rows rows, connection->Query("SELECT value FROM meta WHERE key = 'storage_id'"));
  if (rows.size() != 1) return absl::DataLossError("the table parzen.meta has no storage_id");
  return std::make_unique<postgres::PostgresStorage>(std::move(options), std::move(connection), rows.Text(0, 0));
}

}  // namespace parzen::storage
