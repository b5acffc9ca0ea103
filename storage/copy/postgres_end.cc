#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/copy/end.h"
#include "storage/known_study.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/schema.h"

namespace parzen::storage::copy {
namespace {

using postgres::Connection;
using postgres::Rows;
using postgres::Values;

// Rows a round trip, or as many as have so many bytes.
constexpr int kRowsInFlight = 1000;
constexpr size_t kBytesInFlight = 4 << 20;
constexpr int64_t kTrialsAPage = 200;
constexpr int64_t kRequestsAPage = 1000;

constexpr char kLastTrial[] = "SELECT coalesce((SELECT id FROM trials WHERE id < $1 ORDER BY id DESC LIMIT 1), 0)";

Row RowOf(const Table& table, const Rows& rows, int at) {
  Row row;
  row.reserve(table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const int column = static_cast<int>(i);
    switch (table.columns[i].type) {
      case Type::kInt:
        row.emplace_back(rows.Int(at, column));
        break;
      case Type::kDouble:
        row.emplace_back(rows.Double(at, column));
        break;
      case Type::kText:
      case Type::kTextOrNull:
        row.emplace_back(rows.Text(at, column));
        break;
      case Type::kBlob:
        row.emplace_back(std::string(rows.Blob(at, column)));
        break;
    }
  }
  return row;
}

Values ValuesOf(const Table& table, const Row& row) {
  Values values;
  for (size_t i = 0; i < row.size(); ++i) {
    switch (table.columns[i].type) {
      case Type::kInt:
        values.Int(std::get<int64_t>(row[i]));
        break;
      case Type::kDouble:
        values.Double(std::get<double>(row[i]));
        break;
      case Type::kText:
        values.Text(std::get<std::string>(row[i]));
        break;
      case Type::kTextOrNull:
        values.TextOrNull(std::get<std::string>(row[i]));
        break;
      case Type::kBlob:
        values.Blob(std::get<std::string>(row[i]));
        break;
    }
  }
  return values;
}

size_t BytesOf(const Row& row) {
  size_t bytes = 0;
  for (const auto& cell : row) {
    const auto* text = std::get_if<std::string>(&cell);
    bytes += text == nullptr ? 8 : text->size();
  }
  return bytes;
}

class PostgresEnd : public End {
 public:
  explicit PostgresEnd(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~PostgresEnd() override { connection_->Rollback(); }

  absl::Status SetUp(Role role) {
    // The other end may take its time.
    PARZEN_RETURN_IF_ERROR(connection_->Execute("SET idle_in_transaction_session_timeout = 0"));
    if (role == Role::kTarget) {
      PARZEN_RETURN_IF_ERROR(CheckUnserved());
      PARZEN_RETURN_IF_ERROR(postgres::Migrate(*connection_, postgres::EmbeddedMigrations()));
    } else {
      PARZEN_ASSIGN_OR_RETURN(const Rows there, connection_->Query("SELECT to_regclass('parzen.schema_version') IS NOT NULL AND"
                                                                   " to_regclass('parzen.trials') IS NOT NULL"));
      if (there.Blob(0, 0) != std::string_view("\1", 1)) {
        return absl::NotFoundError("there are no studies of Parzen in this database");
      }
      PARZEN_ASSIGN_OR_RETURN(const Rows version, connection_->Query("SELECT version FROM schema_version"));
      if (version.size() != 1 || version.Int(0, 0) != postgres::EmbeddedMigrations().back().version) {
        return absl::FailedPreconditionError(
            "the tables of Parzen in this database are of another version than this program's; let a server of this version open "
            "it");
      }
      PARZEN_RETURN_IF_ERROR(connection_->Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    }
    PARZEN_ASSIGN_OR_RETURN(const Rows id, connection_->Query("SELECT value FROM meta WHERE key = 'storage_id'"));
    if (id.size() != 1) return absl::DataLossError("the table parzen.meta has no storage_id");
    storage_id_ = id.Text(0, 0);
    return absl::OkStatus();
  }

  std::string StorageId() const override { return storage_id_; }

  absl::StatusOr<std::vector<StudyKey>> Studies() override {
    PARZEN_ASSIGN_OR_RETURN(const Rows rows,
                            connection_->Query("SELECT id, uid, name FROM studies WHERE name IS NOT NULL ORDER BY id"));
    std::vector<StudyKey> studies;
    for (int row = 0; row < rows.size(); ++row) {
      studies.push_back({rows.Int(row, 0), static_cast<uint64_t>(rows.Int(row, 1)), rows.Text(row, 2)});
    }
    return studies;
  }

  absl::StatusOr<int64_t> LastStudyId() override {
    PARZEN_ASSIGN_OR_RETURN(const Rows rows,
                            connection_->Query("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM studies_id_seq"));
    return rows.Int(0, 0);
  }

  absl::Status Read(const Table& table, int64_t study, const RowVisitor& visit) override {
    const char* const sql = Sql(reads_, table, &PostgresEnd::ReadSql);
    const auto page = [&](const Values& values) -> absl::StatusOr<Rows> {
      PARZEN_ASSIGN_OR_RETURN(Rows rows, connection_->Query(sql, values));
      for (int row = 0; row < rows.size(); ++row) PARZEN_RETURN_IF_ERROR(visit(RowOf(table, rows, row)));
      return rows;
    };
    if (table.part == Part::kServer) return page(Values()).status();
    if (table.part == Part::kStudy) return page(Values().Int(study)).status();
    if (table.part == Part::kTrials) {
      PARZEN_ASSIGN_OR_RETURN(const Rows last, connection_->Query(kLastTrial, Values().Int(FirstTrialId(study + 1))));
      for (int64_t id = FirstTrialId(study); id <= last.Int(0, 0); id += kTrialsAPage) {
        PARZEN_RETURN_IF_ERROR(page(Values().Int(id).Int(id + kTrialsAPage)).status());
      }
      return absl::OkStatus();
    }
    // Requests: the second column is the locator, which is greater than 0.
    for (int64_t locator = 0;;) {
      PARZEN_ASSIGN_OR_RETURN(const Rows rows, page(Values().Int(study).Int(locator).Int(kRequestsAPage)));
      if (rows.size() < kRequestsAPage) return absl::OkStatus();
      locator = rows.Int(rows.size() - 1, 1);
    }
  }

  // The server lists a connection for a moment after its client has gone: who has just ended a server may copy at once.
  absl::Status CheckUnserved() override {
    constexpr int kLooks = 40;
    constexpr std::chrono::milliseconds kPause(50);
    for (int look = 1;; ++look) {
      PARZEN_ASSIGN_OR_RETURN(const Rows others,
                              connection_->Query("SELECT count(*) FROM pg_catalog.pg_stat_activity"
                                                 " WHERE datname = pg_catalog.current_database() AND application_name = 'parzend'"
                                                 " AND pid <> pg_catalog.pg_backend_pid()"));
      if (others.Int(0, 0) == 0) return absl::OkStatus();
      if (look == kLooks) {
        return absl::FailedPreconditionError(
            absl::StrCat("a server or another copy is at work on the target (", others.Int(0, 0), " connections); end it first"));
      }
      std::this_thread::sleep_for(kPause);
    }
  }

  absl::Status Begin() override {
    rows_ = 0;
    bytes_ = 0;
    return connection_->Execute("BEGIN");
  }

  absl::Status Insert(const Table& table, const Row& row) override {
    connection_->Send(Sql(inserts_, table, &PostgresEnd::InsertSql), ValuesOf(table, row));
    if (table.part == Part::kStudy && std::string_view(table.name) == "studies") {
      connection_->Send("INSERT INTO study_owners VALUES ($1, 0)", Values().Int(std::get<int64_t>(row[0])));
    }
    bytes_ += BytesOf(row);
    return ++rows_ < kRowsInFlight && bytes_ < kBytesInFlight ? absl::OkStatus() : RunAll();
  }

  absl::Status RaiseLastStudyId(int64_t id) override {
    PARZEN_ASSIGN_OR_RETURN(const int64_t last, LastStudyId());
    if (last >= id) return absl::OkStatus();
    return connection_->Query("SELECT setval('studies_id_seq', $1)", Values().Int(id)).status();
  }

  absl::Status Commit() override {
    PARZEN_RETURN_IF_ERROR(RunAll());
    return connection_->Execute("COMMIT");
  }
  void Rollback() override { connection_->Rollback(); }

 private:
  using Statements = absl::flat_hash_map<const Table*, std::unique_ptr<std::string>>;

  absl::Status RunAll() {
    rows_ = 0;
    bytes_ = 0;
    return connection_->Run().status;
  }

  static std::string ReadSql(const Table& table) {
    std::string which;
    if (table.part == Part::kStudy) which = absl::StrCat(" WHERE ", table.key, " = $1");
    if (table.part == Part::kTrials) which = absl::StrCat(" WHERE ", table.key, " >= $1 AND ", table.key, " < $2");
    if (table.part == Part::kRequests) which = absl::StrCat(" WHERE ", table.key, " = $1 AND locator > $2");
    const char* const limit = table.part == Part::kRequests ? " LIMIT $3" : "";
    return absl::StrCat("SELECT ", ColumnNames(table), " FROM ", table.name, which, " ORDER BY ", table.order, limit);
  }

  static std::string InsertSql(const Table& table) {
    std::string places;
    for (size_t i = 1; i <= table.columns.size(); ++i) absl::StrAppend(&places, i == 1 ? "$" : ", $", i);
    return absl::StrCat("INSERT INTO ", table.name, " (", ColumnNames(table), ") OVERRIDING SYSTEM VALUE VALUES (", places, ")",
                        table.part == Part::kServer ? " ON CONFLICT DO NOTHING" : "");
  }

  // Statements are kept by the addresses of their texts.
  static const char* Sql(Statements& known, const Table& table, std::string (*make)(const Table&)) {
    std::unique_ptr<std::string>& sql = known[&table];
    if (sql == nullptr) sql = std::make_unique<std::string>(make(table));
    return sql->c_str();
  }

  Statements reads_, inserts_;
  std::unique_ptr<Connection> connection_;
  std::string storage_id_;
  int rows_ = 0;  // that are sent, and not answered yet
  size_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<End>> OpenPostgresEnd(const std::string& url, Role role) {
  PARZEN_RETURN_IF_ERROR(postgres::CheckUrl(url));
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(url));
  auto end = std::make_unique<PostgresEnd>(std::move(connection));
  PARZEN_RETURN_IF_ERROR(end->SetUp(role));
  return end;
}

}  // namespace parzen::storage::copy
