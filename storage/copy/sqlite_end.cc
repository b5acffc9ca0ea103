#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/copy/end.h"
#include "storage/encoding/columns.h"
#include "storage/known_study.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/opening.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/trial_writer.h"

namespace parzen::storage::copy {
namespace {

using sqlite::Connection;
using sqlite::Query;

bool IsIntermediates(const Table& table) { return std::string_view(table.name) == "intermediates"; }

// A query's row, as the table has it.
Row RowOf(const Table& table, Query& query) {
  Row row;
  row.reserve(table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const int column = static_cast<int>(i);
    if (table.columns[i].type == Type::kInt) {
      row.emplace_back(query.Int(column));
    } else {
      row.emplace_back(std::string(query.Bytes(column)));
    }
  }
  return row;
}

absl::StatusOr<Row> IntermediateOf(Query& query) {
  Intermediate value;
  if (!sqlite::DecodeIntermediate(query, 1, 2, 3, &value)) {
    const int64_t id = query.Int(0);
    return sqlite::DamagedTrial(id / FirstTrialId(1), id % FirstTrialId(1), "intermediate values");
  }
  std::string more;
  EncodeDoubles(value.more, &more);
  return Row{query.Int(0), value.step, value.value, value.reported_at, std::move(more)};
}

class SqliteEnd : public End {
 public:
  explicit SqliteEnd(std::unique_ptr<Connection> source) : source_(std::move(source)), connection_(source_.get()) {}
  SqliteEnd(std::unique_ptr<sqlite::Database> database, sqlite::Database::Lease lease)
      : database_(std::move(database)), lease_(std::move(lease)), connection_(&**lease_) {}
  ~SqliteEnd() override { connection_->Rollback(); }

  absl::Status SetUp() {
    // A read transaction: what is written by a server beside it is not seen.
    if (source_ != nullptr) PARZEN_RETURN_IF_ERROR(connection_->Execute("BEGIN"));
    PARZEN_ASSIGN_OR_RETURN(storage_id_, connection_->QueryText("SELECT value FROM meta WHERE key = 'file_id'"));
    return absl::OkStatus();
  }

  std::string StorageId() const override { return storage_id_; }

  absl::StatusOr<std::vector<StudyKey>> Studies() override {
    std::vector<StudyKey> studies;
    Query query = connection_->Prepared("SELECT id, uid, name FROM studies WHERE name IS NOT NULL ORDER BY id");
    for (;;) {
      PARZEN_ASSIGN_OR_RETURN(const bool row, query.Step());
      if (!row) return studies;
      studies.push_back({query.Int(0), static_cast<uint64_t>(query.Int(1)), std::string(query.Bytes(2))});
    }
  }

  absl::StatusOr<int64_t> LastStudyId() override {
    return connection_->QueryInt("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'studies'), 0)");
  }

  absl::Status Read(const Table& table, int64_t study, const RowVisitor& visit) override {
    Query query = connection_->Prepared(Sql(reads_, table, &SqliteEnd::ReadSql));
    const bool of_trials = table.part == Part::kTrials;
    if (table.part != Part::kServer) query.Int(1, of_trials ? FirstTrialId(study) : study);
    if (of_trials) query.Int(2, FirstTrialId(study + 1));
    for (;;) {
      PARZEN_ASSIGN_OR_RETURN(const bool more, query.Step());
      if (!more) return absl::OkStatus();
      if (IsIntermediates(table)) {
        PARZEN_ASSIGN_OR_RETURN(const Row row, IntermediateOf(query));
        PARZEN_RETURN_IF_ERROR(visit(row));
      } else {
        PARZEN_RETURN_IF_ERROR(visit(RowOf(table, query)));
      }
    }
  }

  // The lock of the file is held: no server can have it.
  absl::Status CheckUnserved() override { return absl::OkStatus(); }
  absl::Status Begin() override { return connection_->Execute("BEGIN IMMEDIATE"); }

  absl::Status Insert(const Table& table, const Row& row) override {
    if (IsIntermediates(table)) {
      Intermediate value{
          .step = std::get<int64_t>(row[1]), .value = std::get<double>(row[2]), .reported_at = std::get<int64_t>(row[3])};
      const std::string& more = std::get<std::string>(row[4]);
      if (!more.empty() && !DecodeDoubles(more, &value.more)) {
        return absl::DataLossError(absl::StrCat("the further intermediate values '", more, "' are damaged"));
      }
      return sqlite::PutIntermediate(*connection_, std::get<int64_t>(row[0]), value);
    }
    Query query = connection_->Prepared(Sql(inserts_, table, &SqliteEnd::InsertSql));
    for (size_t i = 0; i < row.size(); ++i) {
      const int parameter = static_cast<int>(i) + 1;
      switch (table.columns[i].type) {
        case Type::kInt:
          query.Int(parameter, std::get<int64_t>(row[i]));
          break;
        case Type::kDouble:
          query.Double(parameter, std::get<double>(row[i]));
          break;
        case Type::kText:
          query.Text(parameter, std::get<std::string>(row[i]));
          break;
        case Type::kTextOrNull:
          query.TextOrNull(parameter, std::get<std::string>(row[i]));
          break;
        case Type::kBlob:
          query.Blob(parameter, std::get<std::string>(row[i]));
          break;
      }
    }
    return query.Run();
  }

  absl::Status RaiseLastStudyId(int64_t id) override {
    PARZEN_ASSIGN_OR_RETURN(const int64_t last, LastStudyId());
    if (last >= id) return absl::OkStatus();
    return connection_->Execute(absl::StrCat(
        "DELETE FROM sqlite_sequence WHERE name = 'studies'; INSERT INTO sqlite_sequence VALUES ('studies', ", id, ")"));
  }

  absl::Status Commit() override { return connection_->Execute("COMMIT"); }
  void Rollback() override { connection_->Rollback(); }

 private:
  using Statements = absl::flat_hash_map<const Table*, std::unique_ptr<std::string>>;

  static std::string ReadSql(const Table& table) {
    const bool intermediates = IsIntermediates(table);
    const std::string columns = intermediates ? "trial_id, step, value, reported_at" : ColumnNames(table);
    const std::string which = table.part == Part::kServer ? ""
                              : table.part == Part::kTrials
                                  ? absl::StrCat(" WHERE ", table.key, " >= ?1 AND ", table.key, " < ?2")
                                  : absl::StrCat(" WHERE ", table.key, " = ?1");
    return absl::StrCat("SELECT ", columns, " FROM ", table.name, which, " ORDER BY ", table.order);
  }

  static std::string InsertSql(const Table& table) {
    std::string places;
    for (size_t i = 1; i <= table.columns.size(); ++i) absl::StrAppend(&places, i == 1 ? "?" : ", ?", i);
    const char* const verb = table.part == Part::kServer ? "INSERT OR IGNORE INTO " : "INSERT INTO ";
    return absl::StrCat(verb, table.name, " (", ColumnNames(table), ") VALUES (", places, ")");
  }

  // Statements are kept by the addresses of their texts.
  static const char* Sql(Statements& known, const Table& table, std::string (*make)(const Table&)) {
    std::unique_ptr<std::string>& sql = known[&table];
    if (sql == nullptr) sql = std::make_unique<std::string>(make(table));
    return sql->c_str();
  }

  Statements reads_, inserts_;
  std::unique_ptr<sqlite::Database> database_;
  std::optional<sqlite::Database::Lease> lease_;
  std::unique_ptr<Connection> source_;
  Connection* const connection_;
  std::string storage_id_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<End>> OpenSqliteEnd(const std::string& path, Role role) {
  std::unique_ptr<SqliteEnd> end;
  if (role == Role::kSource) {
    PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, sqlite::OpenBeside(path, ""));
    end = std::make_unique<SqliteEnd>(std::move(connection));
  } else {
    PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<sqlite::Database> database,
                            sqlite::Database::Open({.path = path}, sqlite::EmbeddedMigrations()));
    PARZEN_ASSIGN_OR_RETURN(sqlite::Database::Lease lease, database->Write());
    end = std::make_unique<SqliteEnd>(std::move(database), std::move(lease));
  }
  PARZEN_RETURN_IF_ERROR(end->SetUp());
  return end;
}

}  // namespace parzen::storage::copy
