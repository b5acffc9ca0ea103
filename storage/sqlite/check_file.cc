#include "storage/sqlite/check_file.h"

#include <cmath>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"
#include "storage/encoding/columns.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/opening.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/seal.h"
#include "storage/sqlite/status.h"
#include "storage/sqlite/study_registry.h"

namespace parzen::storage {
namespace sqlite {
namespace {

constexpr size_t kMaxFindings = 200;

// A query whose every row is something wrong; its first column, with `prefix`, is the finding.
struct Rule {
  const char* prefix;
  const char* sql;
};

constexpr Rule kRules[] = {
    {"", "PRAGMA integrity_check(100)"},
    {"a row refers to a row that is not there, in table ", "PRAGMA foreign_key_check"},
    {"trials have no study: their ids begin at ",
     "SELECT min(id) FROM trials WHERE id >> 32 NOT IN (SELECT id FROM studies) GROUP BY id >> 32"},
    {"the numbers of its trials have a hole: study ",
     "SELECT s.id FROM studies s JOIN trials t ON t.id >= s.id << 32 AND t.id < (s.id + 1) << 32 WHERE s.name IS NOT NULL"
     " GROUP BY s.id HAVING count(*) <> max(t.id) - (s.id << 32) + 1"},
    {"the id of a study may be used again: study ",
     "SELECT id FROM studies WHERE id > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'studies'), 0)"},
    {"its uid is 0: study ", "SELECT id FROM studies WHERE uid = 0"},
    {"its state is unknown: study ", "SELECT id FROM studies WHERE state NOT IN (1, 2, 3)"},
    {"its definition is not JSON: study ", "SELECT id FROM studies WHERE NOT json_valid(definition)"},
    {"the indexes of its distributions have a hole: study ",
     "SELECT study_id FROM distributions GROUP BY study_id HAVING count(*) <> max(idx) + 1"},
    {"its state or failure is unknown: trial ",
     "SELECT number || ' of study ' || study_id FROM trials WHERE state NOT IN (1, 2, 3, 4, 5) OR failure NOT IN (0, 1, 2, 3)"},
    {"a request of a study has no id of 16 bytes: locator ",
     "SELECT locator || ' of study ' || study_id FROM requests WHERE typeof(request_id) <> 'blob' OR length(request_id) <> 16"},
    {"a request refers to a trial that is not there: locator ",
     "SELECT locator || ' of study ' || study_id FROM requests WHERE trial >= 0"
     " AND NOT EXISTS (SELECT 1 FROM trials t WHERE t.id = (study_id << 32) + trial)"
     " AND study_id IN (SELECT id FROM studies WHERE name IS NOT NULL)"},
    {"a request id was answered twice: study ",
     "SELECT study_id || ', locators ' || group_concat(locator) FROM requests GROUP BY study_id, request_id HAVING count(*) > 1"},
};

class FileCheck {
 public:
  FileCheck(Connection& connection, const std::string& path) : connection_(connection), path_(path) {}

  absl::StatusOr<FileReport> Run() {
    // One state of the file, also while a server writes.
    const ReadTransaction transaction(connection_);
    PARZEN_RETURN_IF_ERROR(transaction.status());
    for (const auto& [count, sql] : {std::pair{&report_.schema_version, "PRAGMA user_version"},
                                     {&report_.studies, "SELECT count(*) FROM studies WHERE name IS NOT NULL"},
                                     {&report_.trials, "SELECT count(*) FROM trials"},
                                     {&report_.requests, "SELECT count(*) FROM requests"}}) {
      PARZEN_RETURN_IF_ERROR(Damage(Count(sql, count)));
    }
    for (const Rule& rule : kRules) PARZEN_RETURN_IF_ERROR(Damage(Apply(rule)));
    PARZEN_RETURN_IF_ERROR(Damage(ReadTrials()));
    PARZEN_RETURN_IF_ERROR(Damage(CheckSeal()));
    return std::move(report_);
  }

 private:
  void Find(std::string finding) {
    if (report_.findings.size() < kMaxFindings) report_.findings.push_back(std::move(finding));
  }

  // Damage that stops a query is a finding, too.
  absl::Status Damage(const absl::Status& status) {
    if (status.code() != absl::StatusCode::kDataLoss) return status;
    Find(std::string(status.message()));
    return absl::OkStatus();
  }

  absl::Status Count(const char* sql, int64_t* count) {
    absl::StatusOr<int64_t> result = connection_.QueryInt(sql);
    if (result.ok()) *count = *result;
    return result.status();
  }

  absl::Status Apply(const Rule& rule) {
    Query query = connection_.Prepared(rule.sql);
    absl::StatusOr<bool> row = query.Step();
    for (; row.ok() && *row; row = query.Step()) {
      if (const std::string_view text = query.Bytes(0); text != "ok") Find(absl::StrCat(rule.prefix, Abseil(text)));
    }
    return row.status();
  }

  absl::Status ReadTrials() {
    Query query = connection_.Prepared("SELECT id FROM studies WHERE name IS NOT NULL");
    absl::StatusOr<bool> row = query.Step();
    for (; row.ok() && *row; row = query.Step()) PARZEN_RETURN_IF_ERROR(ReadTrialsOf(query.Int(0)));
    return row.status();
  }

  // Every trial can be read, and its values fit its state.
  absl::Status ReadTrialsOf(int64_t study) {
    TrialReader reader(connection_, study);
    Query query = connection_.Prepared("SELECT id FROM trials WHERE id >= ?1 AND id < ?2");
    query.Int(1, FirstTrialId(study)).Int(2, FirstTrialId(study + 1));
    absl::StatusOr<bool> row = query.Step();
    for (; row.ok() && *row && report_.findings.size() < kMaxFindings; row = query.Step()) {
      const int64_t number = query.Int(0) - FirstTrialId(study);
      absl::StatusOr<TrialRecord> trial = reader.Read(number, View::kFull);
      PARZEN_RETURN_IF_ERROR(Damage(trial.status()));
      if (!trial.ok() || trial->state != TrialState::kComplete) continue;
      bool is_told = !trial->values.empty();
      for (const double value : trial->values) is_told = is_told && !std::isnan(value);
      if (!is_told) Find(absl::StrCat("a complete trial has no value, or NaN: trial ", number, " of study ", study));
    }
    return row.status();
  }

  absl::Status CheckSeal() {
    std::ifstream lock(path_ + ".lock");
    std::string text;
    std::getline(lock, text);
    const std::optional<Seal> seal = ParseSeal(text);
    if (!seal || SizeOf(path_ + "-wal") > 0) return absl::OkStatus();
    PARZEN_ASSIGN_OR_RETURN(const bool is_broken, IsBroken(*seal, connection_, path_));
    if (is_broken) Find("the bytes of the file are not those that the last shutdown left");
    return absl::OkStatus();
  }

  Connection& connection_;
  const std::string& path_;
  FileReport report_;
};

}  // namespace
}  // namespace sqlite

absl::StatusOr<FileReport> CheckSqliteFile(const std::string& path, const std::string& vfs) {
  PARZEN_ASSIGN_OR_RETURN(const std::unique_ptr<sqlite::Connection> connection, sqlite::OpenBeside(path, vfs));
  PARZEN_ASSIGN_OR_RETURN(const std::string canonical, sqlite::CanonicalPath(path));
  return sqlite::FileCheck(*connection, canonical).Run();
}

}  // namespace parzen::storage
