// The files of an open database are removed, replaced, moved or cut under it: nothing is acknowledged that others would not find.

#include <unistd.h>

#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "storage/sqlite/check_file.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/file_lock.h"
#include "tests/storage/sqlite_file.h"

namespace parzen::storage {
namespace {

using testing::HasSubstr;

class SqlitePlace : public SqliteFile {
 protected:
  // A server that has recorded two trials, with `checkpoint_pages` before a checkpoint.
  void Start(int checkpoint_pages = 100000) {
    SqliteOptions options = Options();
    options.checkpoint_pages = checkpoint_pages;
    options.warn = [this](std::string_view text) {
      const std::lock_guard<std::mutex> guard(mutex_);
      log_.emplace_back(text);
    };
    absl::StatusOr<std::unique_ptr<SqliteStorage>> storage = OpenSqlite(std::move(options));
    ASSERT_TRUE(storage.ok()) << storage.status();
    storage_ = *std::move(storage);
    storage_->CreateStudy(SampleStudy("study", 7), std::nullopt, nullptr);
    epoch_ = *storage_->AcquireStudy(7);
    ASSERT_EQ(Add(), absl::OkStatus());
    ASSERT_EQ(Add(), absl::OkStatus());
  }
  // Adds the next trial; what is acknowledged counts.
  absl::Status Add() {
    std::promise<absl::Status> done;
    storage_->Submit({7,
                      epoch_,
                      {InsertTrial{SampleTrial(acknowledged_)},
                       PutRequest{SampleRequest(static_cast<uint8_t>(acknowledged_), acknowledged_ + 1)}}},
                     [&](absl::Status status) { done.set_value(std::move(status)); });
    absl::Status status = done.get_future().get();
    if (status.ok()) ++acknowledged_;
    return status;
  }
  // Every write is refused, saying so, and the log says it too.
  void ExpectRefusal(const std::string& text) {
    for (int i = 0; i < 3; ++i) {
      const absl::Status status = Add();
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
      EXPECT_THAT(std::string(status.message()), testing::AllOf(HasSubstr(path_), HasSubstr(text))) << i;
    }
    absl::Status made, expired, kept;
    storage_->CreateStudy(SampleStudy("other", 8), std::nullopt, [&](absl::Status status) { made = std::move(status); });
    storage_->SubmitRequest(SampleRequest(5, 0), [&](absl::Status status) { kept = std::move(status); });
    storage_->ExpireRequests(1, [&](absl::Status status) { expired = std::move(status); });
    storage_->Flush();
    for (const absl::Status& status : {made, expired, kept, storage_->AcquireStudy(7).status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    }
    EXPECT_THAT(Log(), HasSubstr(text));
  }
  std::string Log() {
    const std::lock_guard<std::mutex> guard(mutex_);
    return absl::StrJoin(log_, "\n");
  }
  void WaitForLog(const std::string& text) {
    for (int i = 0; i < 6000 && Log().find(text) == std::string::npos; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_THAT(Log(), HasSubstr(text));
  }
  // The file has what was acknowledged, and one more trial at most: that whose commit was made before anybody noticed.
  void ExpectAcknowledged(const std::string& path) {
    path_ = path;
    const std::unique_ptr<SqliteStorage> again = Open();
    ASSERT_NE(again, nullptr);
    Loaded loaded;
    ASSERT_TRUE(again->Load(7, &loaded).ok());
    EXPECT_GE(static_cast<int64_t>(loaded.rows.size()), acknowledged_);
    EXPECT_LE(static_cast<int64_t>(loaded.rows.size()), acknowledged_ + 1);
    EXPECT_EQ(loaded.requests.size(), loaded.rows.size());
  }
  // A good database of somebody else's, and its bytes.
  std::string MakeOther(const std::string& name) {
    const std::string mine = path_;
    path_ = directory_ / name;
    MakeFile(40);
    path_ = mine;
    return ReadFile(directory_ / name);
  }

  int64_t epoch_ = 0, acknowledged_ = 0;
  std::mutex mutex_;
  std::vector<std::string> log_;            // under mutex_
  std::unique_ptr<SqliteStorage> storage_;  // ended first: it writes to the log
};

TEST_F(SqlitePlace, TheDatabaseIsRemoved) {
  Start();
  std::filesystem::remove(path_);
  ExpectRefusal("is no longer there");
  storage_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SqlitePlace, AllItsFilesAreRemovedAndASecondServerStarts) {
  Start();
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path_ + suffix);
  const std::unique_ptr<SqliteStorage> second = Open();
  ASSERT_NE(second, nullptr);
  second->CreateStudy(SampleStudy("second", 9), std::nullopt, nullptr);
  second->Flush();
  ExpectRefusal("was replaced");
  // The first one's end leaves what is the second one's.
  storage_.reset();
  EXPECT_TRUE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_TRUE(second->GetStudy("second").ok());
}

TEST_F(SqlitePlace, TheDatabaseIsReplacedByAnother) {
  Start();
  const std::string other = MakeOther("other.db");
  std::filesystem::rename(path_, directory_ / "mine.db");
  std::filesystem::copy_file(directory_ / "other.db", path_);
  ExpectRefusal("was replaced");
  // Not even a reader takes the other file for this one.
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; ++i) {
    readers.emplace_back([&] {
      const absl::StatusOr<TrialTally> tally = storage_->TallyTrials(7);
      if (tally.ok()) {
        EXPECT_LT(tally->by_state[1] + tally->by_state[2], 40);
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  storage_.reset();
  EXPECT_TRUE(ReadFile(path_) == other) << "the file in its place was changed";
  // Put back together, it is whole.
  std::filesystem::remove(path_);
  std::filesystem::rename(directory_ / "mine.db", path_);
  ExpectAcknowledged(path_);
}

TEST_F(SqlitePlace, AnotherDatabaseIsCopiedOverIt) {
  const std::string other = MakeOther("other.db");
  Start(/*checkpoint_pages=*/1);
  // As cp does: the same inode, with other bytes. No shorter than what was there, so that its size does not tell.
  WriteFile(path_, other + std::string(1 << 20, '\0'));
  ExpectRefusal("was overwritten by another program");
}

TEST_F(SqlitePlace, TheDatabaseIsCut) {
  for (const int64_t left : {int64_t{0}, int64_t{8192}}) {
    path_ = directory_ / absl::StrCat("cut", left, ".db");
    acknowledged_ = 0;
    Start();
    std::filesystem::resize_file(path_, static_cast<uintmax_t>(left));
    ExpectRefusal(absl::StrCat(" bytes to ", left, " under the running server"));
    storage_.reset();
  }
}

// What it holds is in the open file still, and comes into the database.
TEST_F(SqlitePlace, TheLogIsRemoved) {
  Start();
  std::filesystem::remove(path_ + "-wal");
  ExpectRefusal("-wal is no longer there");
  storage_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  std::filesystem::remove(path_ + "-shm");
  ExpectAcknowledged(path_);
  EXPECT_THAT(CheckSqliteFile(path_)->findings, testing::IsEmpty());
}

// Also where the server is killed afterwards: a copy of the directory, taken a while later, is what it would leave.
TEST_F(SqlitePlace, WhatARemovedLogHeldIsSavedAtOnce) {
  Start();
  std::filesystem::remove(path_ + "-wal");
  WaitForLog("-wal is no longer there");
  std::filesystem::create_directory(directory_ / "killed");
  const std::string copy = directory_ / "killed/studies.db";
  int64_t trials = 0;
  for (int i = 0; i < 6000 && trials < acknowledged_; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::filesystem::copy_file(path_, copy, std::filesystem::copy_options::overwrite_existing);
    const absl::StatusOr<FileReport> report = CheckSqliteFile(copy);
    if (report.ok() && report->findings.empty()) trials = report->trials;
  }
  EXPECT_EQ(trials, acknowledged_);
}

TEST_F(SqlitePlace, TheIndexOfTheLogIsRemoved) {
  Start();
  std::filesystem::remove(path_ + "-shm");
  ExpectRefusal("-shm is no longer there");
  storage_.reset();
  std::filesystem::remove(path_ + "-wal");
  ExpectAcknowledged(path_);
}

// SQLite writes on behind the gap without an error.
TEST_F(SqlitePlace, TheLogIsCut) {
  for (const double part : {0.0, 0.001, 0.6}) {
    path_ = directory_ / absl::StrCat("log", part, ".db");
    acknowledged_ = 0;
    Start();
    // The frames that were written; the file was filled with zeros behind them.
    const std::string log = ReadFile(path_ + "-wal");
    const auto end = static_cast<double>(log.find_last_not_of('\0'));
    std::filesystem::resize_file(path_ + "-wal", static_cast<uintmax_t>(part * end));
    ExpectRefusal("was cut or overwritten");
    const std::string database = ReadFile(path_);
    storage_.reset();
    EXPECT_TRUE(ReadFile(path_) == database) << part << ": zeros were moved into the database";
  }
}

TEST_F(SqlitePlace, ItsDirectoryIsMovedAwayAndBack) {
  std::filesystem::create_directory(directory_ / "place");
  path_ = directory_ / "place/studies.db";
  Start();
  std::filesystem::rename(directory_ / "place", directory_ / "elsewhere");
  ExpectRefusal("is no longer there");
  // Nobody can take it there, either.
  const std::string here = path_;
  path_ = directory_ / "elsewhere/studies.db";
  EXPECT_EQ(TryOpen().status().code(), absl::StatusCode::kFailedPrecondition);
  path_ = here;
  std::filesystem::rename(directory_ / "elsewhere", directory_ / "place");
  WaitForLog("in their place again");
  // As a server does: the study is taken anew, and what the open commit left is seen.
  epoch_ = *storage_->AcquireStudy(7);
  Loaded loaded;
  ASSERT_TRUE(storage_->Load(7, &loaded).ok());
  EXPECT_GE(static_cast<int64_t>(loaded.rows.size()), acknowledged_);
  acknowledged_ = static_cast<int64_t>(loaded.rows.size());
  EXPECT_EQ(Add(), absl::OkStatus());
  storage_.reset();
  ExpectAcknowledged(path_);
}

// A study whose deletion was committed without being acknowledged is not there when the files are back.
TEST_F(SqlitePlace, AnOpenDeletionIsLookedUp) {
  Start();
  std::filesystem::rename(path_, directory_ / "away.db");
  absl::Status deleted;
  storage_->Submit({7, epoch_, {DeleteStudy{}}}, [&](absl::Status status) { deleted = std::move(status); });
  storage_->Flush();
  EXPECT_EQ(deleted.code(), absl::StatusCode::kUnavailable) << deleted;
  std::filesystem::rename(directory_ / "away.db", path_);
  EXPECT_EQ(storage_->AcquireStudy(7).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SqlitePlace, TheLockFileIsRemoved) {
  Start();
  std::filesystem::remove(path_ + ".lock");
  // Before anybody has noticed: the database itself is locked too.
  const absl::Status second = TryOpen().status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition) << second;
  EXPECT_THAT(std::string(second.message()), HasSubstr("in use by another server"));
  std::filesystem::remove(path_ + ".lock");
  WaitForLog(".lock, which says that this server owns the database, was removed; it was made anew");
  EXPECT_THAT(ReadFile(path_ + ".lock"), HasSubstr(absl::StrCat(getpid())));
  EXPECT_EQ(TryOpen().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Add(), absl::OkStatus());
  storage_.reset();
  ExpectAcknowledged(path_);
}

// A server that knows nothing of the second lock has taken the new lock file.
TEST_F(SqlitePlace, AnotherHoldsTheNewLockFile) {
  Start();
  absl::StatusOr<sqlite::FileLock> other;
  do {  // more than once where the storage is quicker
    std::filesystem::remove(path_ + ".lock");
    other = sqlite::FileLock::Acquire(path_);
  } while (!other.ok());
  const absl::Status status = Add();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot be locked anew"));
}

// What is no fault: a shell that reads, and one that empties the log.
TEST_F(SqlitePlace, AShellDisturbsNothing) {
  Start();
  auto shell = sqlite::Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READWRITE});
  ASSERT_TRUE(shell.ok()) << shell.status();
  EXPECT_EQ(*(*shell)->QueryInt("SELECT count(*) FROM trials"), 2);
  EXPECT_EQ(Add(), absl::OkStatus());
  ASSERT_EQ((*shell)->Execute("PRAGMA wal_checkpoint(TRUNCATE)"), absl::OkStatus());
  EXPECT_EQ(Add(), absl::OkStatus());
  EXPECT_EQ(Add(), absl::OkStatus());
  shell->reset();
  EXPECT_EQ(Add(), absl::OkStatus());
  EXPECT_EQ(Log(), "");
  storage_.reset();
  ExpectAcknowledged(path_);
}

}  // namespace
}  // namespace parzen::storage
