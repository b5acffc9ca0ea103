// Backups while others write, and the thorough check of a file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "storage/sqlite/backup_file.h"
#include "storage/sqlite/check_file.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/fault_vfs.h"
#include "tests/storage/temporary_directory.h"

namespace parzen::storage {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<SqliteStorage> Open(const std::string& path, const std::string& vfs = "", int checkpoint_pages = 20) {
  SqliteOptions options;
  options.path = path;
  options.allow_network_fs = true;
  options.vfs = vfs;
  options.checkpoint_pages = checkpoint_pages;
  absl::StatusOr<std::unique_ptr<SqliteStorage>> storage = OpenSqlite(std::move(options));
  EXPECT_TRUE(storage.ok()) << storage.status();
  return storage.ok() ? *std::move(storage) : nullptr;
}

int64_t MakeStudy(Storage& storage, int64_t trials) {
  storage.CreateStudy(SampleStudy("study", 7), std::nullopt, nullptr);
  const int64_t epoch = *storage.AcquireStudy(7);
  for (int64_t number = 0; number < trials; ++number) {
    TrialRecord trial = SampleTrial(number);
    RequestRecord request = SampleRequest(static_cast<uint8_t>(number), number + 1);
    request.trial = number;
    storage.Submit({7, epoch, {InsertTrial{std::move(trial)}, PutRequest{request}}}, nullptr);
  }
  storage.Flush();
  return epoch;
}

TEST(SqliteBackup, CopiesOneMomentWhileOthersWrite) {
  TemporaryDirectory directory;
  std::unique_ptr<SqliteStorage> storage = Open(directory / "studies.db");
  const int64_t epoch = MakeStudy(*storage, 20);
  std::atomic<bool> stop = false;
  std::atomic<int64_t> committed = 20;
  std::thread writer([&] {
    for (int64_t number = 20; !stop; ++number) {
      storage->Submit({7, epoch, {InsertTrial{SampleTrial(number)}, PutRequest{SampleRequest(1, number + 1)}}},
                      [&](const absl::Status& status) { committed += status.ok(); });
      storage->Flush();
    }
  });
  for (int i = 0; i < 5; ++i) {
    const int64_t before = committed;
    const std::string path = directory / absl::StrCat("backup", i, ".db");
    ASSERT_EQ(storage->Backup(path), absl::OkStatus());
    std::unique_ptr<Storage> copy = Open(path);
    ASSERT_NE(copy, nullptr);
    Loaded loaded;
    ASSERT_TRUE(copy->Load(7, &loaded).ok());
    EXPECT_GE(static_cast<int64_t>(loaded.rows.size()), before);
    EXPECT_EQ(loaded.requests.size(), loaded.rows.size());
    EXPECT_EQ(Show(copy->ReadTrials(7, std::vector<int64_t>{before - 1}, View::kFull)->at(0)), Show(SampleTrial(before - 1)));
    EXPECT_EQ(Show(*copy->GetStudy("study")), Show(SampleStudy("study", 7)));
  }
  stop = true;
  writer.join();
}

TEST(SqliteFigures, AreTheSizesOfTheFiles) {
  TemporaryDirectory directory;
  std::unique_ptr<SqliteStorage> storage = Open(directory / "studies.db");
  MakeStudy(*storage, 20);
  const std::vector<Figure> figures = storage->Figures();
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].name, "database_bytes");
  EXPECT_EQ(figures[1].name, "wal_bytes");
  EXPECT_EQ(figures[1].value, std::filesystem::file_size(directory / "studies.db-wal"));
}

TEST(SqliteBackup, ReplacesNothing) {
  TemporaryDirectory directory;
  std::unique_ptr<SqliteStorage> storage = Open(directory / "studies.db");
  MakeStudy(*storage, 2);
  std::ofstream(directory / "taken.db") << "somebody's";
  EXPECT_EQ(storage->Backup(directory / "taken.db").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(storage->Backup(directory / "studies.db").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(storage->Backup(directory / "missing/backup.db").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(storage->Backup("").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::filesystem::file_size(directory / "taken.db"), 10u);
}

TEST(SqliteBackup, AppearsWholeOrNotAtAll) {
  TemporaryDirectory directory;
  FaultVfs vfs;
  std::unique_ptr<SqliteStorage> storage = Open(directory / "studies.db", vfs.name(), /*checkpoint_pages=*/10000);
  MakeStudy(*storage, 20);
  bool failed = true;
  for (int64_t n = 0; failed; ++n) {
    const std::string path = directory / absl::StrCat("backup", n, ".db");
    vfs.Inject({.operation = FaultVfs::Operation::kWrite, .after = n, .times = 1, .code = SQLITE_FULL});
    const absl::Status status = storage->Backup(path);
    failed = vfs.Failed() > 0;
    vfs.Clear();
    EXPECT_EQ(status.code(), failed ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kOk) << n << ": " << status;
    EXPECT_EQ(std::filesystem::exists(path), !failed) << n;
    EXPECT_FALSE(std::filesystem::exists(path + ".partial")) << n;
  }
}

TEST(SqliteBackup, WhatIsInMemoryCanBeKept) {
  TemporaryDirectory directory;
  std::unique_ptr<SqliteStorage> storage = Open(":memory:");
  MakeStudy(*storage, 3);
  ASSERT_EQ(storage->Backup(directory / "kept.db"), absl::OkStatus());
  std::unique_ptr<Storage> kept = Open(directory / "kept.db");
  EXPECT_EQ(Show(kept->ReadTrials(7, std::vector<int64_t>{2}, View::kFull)->at(0)), Show(SampleTrial(2)));
}

// As another process does it, while the owner has the file open, after its end, and after it was killed.
TEST(SqliteBackup, AFileIsCopiedBesideItsOwner) {
  TemporaryDirectory directory;
  const std::string path = directory / "studies.db";
  std::unique_ptr<SqliteStorage> storage = Open(path);
  MakeStudy(*storage, 20);
  ASSERT_EQ(BackupSqliteFile(path, directory / "open.db"), absl::OkStatus());
  EXPECT_EQ(BackupSqliteFile(path, directory / "open.db").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(BackupSqliteFile(path, path).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(BackupSqliteFile(directory / "missing.db", directory / "b.db").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(BackupSqliteFile(path, directory / "missing/b.db").code(), absl::StatusCode::kFailedPrecondition);
  std::ofstream(directory / "text.db") << "somebody's";
  EXPECT_EQ(BackupSqliteFile(directory / "text.db", directory / "b.db").code(), absl::StatusCode::kFailedPrecondition);
  // The files as they are in the middle of its work: what a killed server leaves.
  for (const char* suffix : {"", "-wal"}) std::filesystem::copy_file(path + suffix, directory / "killed.db" + suffix);
  ASSERT_EQ(BackupSqliteFile(directory / "killed.db", directory / "killed-copy.db"), absl::OkStatus());
  EXPECT_GT(std::filesystem::file_size(directory / "killed.db-wal"), 0u);
  storage.reset();
  ASSERT_EQ(BackupSqliteFile(path, directory / "closed.db"), absl::OkStatus());
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  for (const char* copy : {"open.db", "killed-copy.db", "closed.db"}) {
    std::unique_ptr<Storage> kept = Open(directory / copy);
    ASSERT_NE(kept, nullptr) << copy;
    EXPECT_EQ(Show(kept->ReadTrials(7, std::vector<int64_t>{19}, View::kFull)->at(0)), Show(SampleTrial(19))) << copy;
  }
}

class SqliteCheck : public testing::Test {
 protected:
  SqliteCheck() {
    std::unique_ptr<SqliteStorage> storage = Open(path_);
    MakeStudy(*storage, 30);
  }
  absl::Status Edit(const std::string& sql) {
    absl::StatusOr<std::unique_ptr<sqlite::Connection>> connection =
        sqlite::Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READWRITE});
    if (!connection.ok()) return connection.status();
    return (*connection)->Execute("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;" + sql);
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_ / "studies.db";
};

TEST_F(SqliteCheck, AGoodFileHasNoFindings) {
  absl::StatusOr<FileReport> report = CheckSqliteFile(path_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->findings, IsEmpty());
  EXPECT_EQ(report->studies, 1);
  EXPECT_EQ(report->trials, 30);
  EXPECT_EQ(report->requests, 30);
  // Also while a server has it.
  std::unique_ptr<SqliteStorage> storage = Open(path_);
  report = CheckSqliteFile(path_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->findings, IsEmpty());
}

TEST_F(SqliteCheck, WhatIsWrongIsFound) {
  const struct {
    const char* edit;
    const char* finding;
  } cases[] = {
      {"DELETE FROM trials WHERE number = 3", "have a hole: study 1"},
      {"DELETE FROM trials WHERE number = 0", "have a hole: study 1"},
      {"UPDATE trials SET id = id + (5 << 32) WHERE number = 29", "trials have no study"},
      {"DELETE FROM studies", "a row refers to a row that is not there"},
      {"UPDATE sqlite_sequence SET seq = 0", "may be used again: study 1"},
      {"UPDATE studies SET state = 9", "its state is unknown: study 1"},
      {"UPDATE studies SET uid = 0", "its uid is 0"},
      {"UPDATE studies SET definition = '{'", "its definition is not JSON"},
      {"DELETE FROM distributions WHERE idx = 1", "its dists cannot be read"},
      {"UPDATE trials SET state = 7 WHERE number = 4", "unknown: trial 4 of study 1"},
      {"UPDATE trials SET state = 7 WHERE number = 4", "CHECK constraint failed in trials"},
      {"UPDATE trials SET params = '{' WHERE number = 4", "trial 4 of the study with id 1: its params"},
      {"UPDATE trials SET state = 3, \"values\" = NULL WHERE number = 5", "no value, or NaN: trial 5"},
      {"UPDATE trials SET state = 3, \"values\" = '[\"NaN\"]' WHERE number = 5", "no value, or NaN: trial 5"},
      {"UPDATE requests SET request_id = x'00' WHERE locator = 7", "no id of 16 bytes: locator 7"},
      {"UPDATE requests SET trial = 77 WHERE locator = 7", "a trial that is not there: locator 7"},
      {"UPDATE requests SET request_id = (SELECT request_id FROM requests WHERE locator = 8) WHERE locator = 7",
       "answered twice"},
  };
  std::filesystem::copy_file(path_, directory_ / "good.db");
  for (const auto& c : cases) {
    std::filesystem::copy_file(directory_ / "good.db", path_, std::filesystem::copy_options::overwrite_existing);
    ASSERT_EQ(Edit(c.edit), absl::OkStatus()) << c.edit;
    absl::StatusOr<FileReport> report = CheckSqliteFile(path_);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(absl::StrJoin(report->findings, "\n"), HasSubstr(c.finding)) << c.edit;
  }
}

TEST_F(SqliteCheck, ADamagedPageIsFound) {
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(5 * 4096);
  file << std::string(100, 'x');
  file.close();
  absl::StatusOr<FileReport> report = CheckSqliteFile(path_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->findings.empty());
}

TEST_F(SqliteCheck, AChangeSinceTheLastShutdownIsFound) {
  ASSERT_EQ(Edit("UPDATE studies SET created_at = created_at + 1"), absl::OkStatus());
  absl::StatusOr<FileReport> report = CheckSqliteFile(path_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->findings, testing::ElementsAre(HasSubstr("not those that the last shutdown left")));
}

TEST_F(SqliteCheck, WhatCannotBeCheckedIsSaid) {
  EXPECT_EQ(CheckSqliteFile(directory_ / "missing.db").status().code(), absl::StatusCode::kNotFound);
  std::ofstream(directory_ / "text.db")
      << "not a database, but long enough to have a header of one hundred bytes, or so it seems to me, at least";
  EXPECT_EQ(CheckSqliteFile(directory_ / "text.db").status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace parzen::storage
