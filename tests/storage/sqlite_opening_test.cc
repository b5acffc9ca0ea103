// What OpenSqlite promises about a file that is already there.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "tests/storage/sqlite_file.h"

namespace parzen::storage {
namespace {

using sqlite::Connection;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

using SqliteOpening = SqliteFile;

TEST_F(SqliteOpening, AClosedFileHasNoLogBesideIt) {
  MakeFile(3);
  EXPECT_THAT(Names(), UnorderedElementsAre("studies.db", "studies.db.lock"));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(SqliteOpening, AnEmptyFileIsMadeADatabase) {
  WriteFile(path_, "");
  MakeFile(1);
}

TEST_F(SqliteOpening, WhatIsNoParzenDatabaseIsNotTouched) {
  std::string other(4096, '\0');
  other.replace(0, 16, std::string("SQLite format 3\0", 16));
  for (const std::string& content : {std::string("hello, this is a text\n"), std::string("x"), std::string(5000, '\0'), other,
                                     std::string("SQLite format 3\0", 16)}) {
    WriteFile(path_, content);
    EXPECT_THAT(std::string(ExpectRefusedUntouched(absl::StatusCode::kFailedPrecondition).message()),
                HasSubstr("left untouched"));
    EXPECT_THAT(Names(), ElementsAre("studies.db"));
  }
}

TEST_F(SqliteOpening, AnotherProgramsDatabaseIsNotTouched) {
  for (const char* sql : {"CREATE TABLE trials (id INTEGER PRIMARY KEY)", "PRAGMA application_id = 1234; CREATE TABLE x (y)",
                          "PRAGMA user_version = 1; PRAGMA journal_mode = WAL; CREATE TABLE meta (key, value)"}) {
    std::filesystem::remove(path_);
    {
      auto connection = Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE});
      ASSERT_TRUE(connection.ok()) << connection.status();
      ASSERT_EQ((*connection)->Execute(sql), absl::OkStatus());
    }
    EXPECT_THAT(std::string(ExpectRefusedUntouched(absl::StatusCode::kFailedPrecondition).message()),
                HasSubstr("another program"));
    EXPECT_THAT(Names(), ElementsAre("studies.db"));
  }
}

TEST_F(SqliteOpening, PlacesThatCannotBeUsed) {
  path_ = directory_ / "missing/studies.db";
  EXPECT_EQ(TryOpen().status().code(), absl::StatusCode::kFailedPrecondition);
  path_ = directory_.path();
  EXPECT_EQ(TryOpen().status().code(), absl::StatusCode::kFailedPrecondition);
  path_ = directory_.path() + "/";
  EXPECT_FALSE(TryOpen().ok());
  path_ = directory_.path() + "/new/";
  EXPECT_FALSE(TryOpen().ok());
  path_ = "";
  EXPECT_EQ(TryOpen().status().code(), absl::StatusCode::kInvalidArgument);
  path_ = directory_ / std::string("a\0b", 3);
  EXPECT_EQ(TryOpen().status().code(), absl::StatusCode::kInvalidArgument);
  path_ = directory_ / "link";
  std::filesystem::create_symlink(directory_ / "nowhere", path_);
  EXPECT_EQ(TryOpen().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SqliteOpening, APathThatLooksLikeAUriIsAFile) {
  const std::filesystem::path here = std::filesystem::current_path();
  std::filesystem::current_path(directory_.path());
  path_ = "file:x.db?mode=memory";
  EXPECT_TRUE(TryOpen().ok());
  EXPECT_TRUE(std::filesystem::exists(directory_ / path_));
  std::filesystem::current_path(here);
}

TEST_F(SqliteOpening, ASecondOwnerIsRefusedAndTheShellIsNot) {
  std::unique_ptr<Storage> storage = Open();
  storage->CreateStudy(SampleStudy("mine", 1), std::nullopt, nullptr);
  storage->Flush();
  const absl::Status second = TryOpen().status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.message()), HasSubstr(absl::StrCat("in use by another server (process ", getpid(), ")")));
  // The same file by another name.
  std::filesystem::create_symlink(path_, directory_ / "alias.db");
  const std::string path = path_;
  path_ = directory_ / "alias.db";
  EXPECT_EQ(TryOpen().status().code(), absl::StatusCode::kFailedPrecondition);
  path_ = path;
  auto shell = Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READONLY});
  ASSERT_TRUE(shell.ok()) << shell.status();
  EXPECT_EQ(*(*shell)->QueryText("SELECT name FROM studies"), "mine");
  shell->reset();
  storage.reset();
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(SqliteOpening, NetworkFileSystemsAreKnown) {
  EXPECT_EQ(sqlite::NetworkFileSystem(0x6969), "NFS");
  EXPECT_EQ(sqlite::NetworkFileSystem(0xff534d42), "CIFS");
  EXPECT_EQ(sqlite::NetworkFileSystem(0xef53), std::nullopt) << "ext4";
  EXPECT_EQ(sqlite::NetworkFileSystem(0x58465342), std::nullopt) << "XFS";
  EXPECT_EQ(sqlite::NetworkFileSystem(0x9123683e), std::nullopt) << "Btrfs";
  EXPECT_EQ(sqlite::NetworkFileSystem(0x794c7630), std::nullopt) << "overlayfs";
  EXPECT_EQ(sqlite::NetworkFileSystem(0x01021994), std::nullopt) << "tmpfs";
}

// In a child without privileges, which may not write what belongs to others.
TEST_F(SqliteOpening, WhatCannotBeWrittenIsRefused) {
  MakeFile(1);
  const auto open_unprivileged = [&]() -> std::string {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    const pid_t child = fork();
    if (child == 0) {
      if (geteuid() == 0 && setuid(65534) != 0) _exit(1);
      const std::string text = TryOpen().status().ToString();
      [[maybe_unused]] const ssize_t ignored = write(ends[1], text.data(), text.size());
      _exit(0);
    }
    close(ends[1]);
    std::string text(4096, '\0');
    const ssize_t size = read(ends[0], text.data(), text.size());
    close(ends[0]);
    waitpid(child, nullptr, 0);
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return text;
  };
  ASSERT_EQ(chmod(directory_.path().c_str(), 0777), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0444), 0);
  EXPECT_THAT(open_unprivileged(), testing::AllOf(HasSubstr("FAILED_PRECONDITION"), HasSubstr("cannot be written")));
  ASSERT_EQ(chmod(path_.c_str(), 0666), 0);
  ASSERT_EQ(chmod(directory_.path().c_str(), 0555), 0);
  EXPECT_THAT(open_unprivileged(), testing::AllOf(HasSubstr("FAILED_PRECONDITION"), HasSubstr("the directory")));
  ASSERT_EQ(chmod(directory_.path().c_str(), 0755), 0);
}

TEST_F(SqliteOpening, ALogWithoutItsDatabaseIsNotReplayed) {
  WriteFile(path_ + "-wal", "left behind");
  const absl::Status status = TryOpen().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("-wal"));
  EXPECT_EQ(ReadFile(path_ + "-wal"), "left behind");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SqliteOpening, ATruncatedFileIsRefusedWithAdvice) {
  MakeFile(300);
  const std::string whole = ReadFile(path_);
  for (const size_t size : {whole.size() - 1, whole.size() - 4096, whole.size() / 2, size_t{4096}, size_t{4095}, size_t{1000}}) {
    WriteFile(path_, whole.substr(0, size));
    const absl::Status status = ExpectRefusedUntouched(absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), testing::AllOf(HasSubstr("is damaged"), HasSubstr("Restore a backup"))) << size;
  }
  WriteFile(path_, whole);
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(SqliteOpening, ADamagedPageIsRefusedWithAdvice) {
  MakeFile(300);
  const std::string whole = ReadFile(path_);
  ASSERT_GT(whole.size(), size_t{40 * 4096});
  for (const size_t page : {1, 2, 20, 30}) {
    std::string damaged = whole;
    for (size_t i = page * 4096; i < page * 4096 + 64; ++i) damaged[i] = static_cast<char>(damaged[i] ^ 0x5a);
    WriteFile(path_, damaged);
    const absl::Status status = ExpectRefusedUntouched(absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), testing::AllOf(HasSubstr("Restore a backup"), Not(HasSubstr("\n")))) << page;
  }
}

std::vector<size_t> RandomBits(size_t bytes, int count) {
  std::mt19937 random(7);
  std::uniform_int_distribution<size_t> bits(0, bytes * 8 - 1);
  std::vector<size_t> chosen;
  for (int i = 0; i < count; ++i) chosen.push_back(bits(random));
  return chosen;
}

std::string WithBitFlipped(std::string bytes, size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  return bytes;
}

// After a shutdown in good order any flipped bit is found, and found again.
TEST_F(SqliteOpening, AFlippedBitIsRefused) {
  MakeFile(40);
  const std::string whole = ReadFile(path_);
  for (const size_t bit : RandomBits(whole.size(), 100)) {
    SCOPED_TRACE(absl::StrCat("bit ", bit));
    WriteFile(path_, WithBitFlipped(whole, bit));
    for (int again = 0; again < 2; ++again) {
      const absl::Status status = TryOpen().status();
      // In the first 100 bytes are also the marks by which a database and its program are known.
      EXPECT_TRUE(absl::IsDataLoss(status) || (bit < 800 && absl::IsFailedPrecondition(status))) << status;
      EXPECT_TRUE(WithBitFlipped(whole, bit) == ReadFile(path_)) << "a refused file was changed";
    }
  }
  WriteFile(path_, whole);
  EXPECT_TRUE(TryOpen().ok());
}

// After a kill a flipped bit inside a value that stays well-formed cannot be found. Whatever it is, the answer is a status.
TEST_F(SqliteOpening, AFlippedBitWithoutASealIsRefusedOrHarmless) {
  MakeFile(40);
  const std::string whole = ReadFile(path_);
  int refused = 0;
  for (const size_t bit : RandomBits(whole.size(), 200)) {
    SCOPED_TRACE(absl::StrCat("bit ", bit));
    std::filesystem::remove(path_ + ".lock");
    const std::string flipped = WithBitFlipped(whole, bit);
    WriteFile(path_, flipped);
    absl::StatusOr<std::unique_ptr<Storage>> storage = TryOpen();
    if (!storage.ok()) {
      ++refused;
      EXPECT_TRUE(flipped == ReadFile(path_)) << "a refused file was changed";
      continue;
    }
    Loaded loaded;
    const absl::Status status = (*storage)->Load(7, &loaded);
    EXPECT_TRUE(status.ok() || absl::IsDataLoss(status) || absl::IsNotFound(status)) << status;
    if (status.ok()) {
      EXPECT_EQ(loaded.rows.size(), 40u);
    }
  }
  EXPECT_GT(refused, 10);
}

TEST_F(SqliteOpening, AnEditedFileIsRefusedUntilItsOwnerSaysSo) {
  MakeFile(3);
  {
    auto connection = Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READWRITE});
    ASSERT_TRUE(connection.ok());
    EXPECT_EQ(*(*connection)->QueryText("SELECT name FROM studies"), "study");
  }
  EXPECT_TRUE(TryOpen().ok()) << "it was only read";
  {
    auto connection = Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READWRITE});
    ASSERT_TRUE(connection.ok());
    ASSERT_EQ((*connection)->Execute("UPDATE studies SET name = 'edited'"), absl::OkStatus());
  }
  const absl::Status status = ExpectRefusedUntouched(absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("remove " + path_ + ".lock"));
  std::filesystem::remove(path_ + ".lock");
  EXPECT_TRUE(Open()->GetStudy("edited").ok());
}

// What is put in the file's place has another token, also an older state of the file itself.
TEST_F(SqliteOpening, ARestoredBackupIsAccepted) {
  MakeFile(3);
  const std::string older = ReadFile(path_);
  {
    const std::unique_ptr<SqliteStorage> storage = Open();
    ASSERT_EQ(storage->Backup(directory_ / "backup.db"), absl::OkStatus());
  }
  for (const std::string& content : {ReadFile(directory_ / "backup.db"), older}) {
    WriteFile(path_, content);
    EXPECT_TRUE(Open()->GetStudy("study").ok());
  }
}

// A file too large for the whole check is still checked by its size.
TEST_F(SqliteOpening, ALargeTruncatedFileIsRefused) {
  MakeFile(300);
  const std::string whole = ReadFile(path_);
  WriteFile(path_, whole.substr(0, whole.size() - 4096));
  SqliteOptions options = Options();
  options.full_check_bytes = 1000;
  EXPECT_EQ(OpenSqlite(options).status().code(), absl::StatusCode::kDataLoss);
  WriteFile(path_, whole);
  EXPECT_TRUE(OpenSqlite(options).ok());
}

// A row that SQLite takes for good and that no writer here has written.
TEST_F(SqliteOpening, ARowThatCannotBeReadIsDataLoss) {
  MakeFile(2);
  for (const char* edit :
       {"UPDATE trials SET params = '{\"lr\":' WHERE number = 1", "UPDATE trials SET dists = '[0,1]' WHERE number = 1",
        "UPDATE trials SET dists = '[99]' WHERE number = 1", "UPDATE trials SET \"values\" = '[1,x]' WHERE number = 1",
        "UPDATE trials SET internal = NULL WHERE number = 1", "UPDATE trials SET params = '{}' WHERE number = 1",
        "UPDATE trials SET dists = json_set(dists, '$[13]', 99) WHERE number = 1"}) {
    const std::string whole = ReadFile(path_);
    {
      auto connection = Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READWRITE});
      ASSERT_TRUE(connection.ok());
      ASSERT_EQ((*connection)->Execute(edit), absl::OkStatus()) << edit;
    }
    std::filesystem::remove(path_ + ".lock");
    std::unique_ptr<Storage> storage = Open();
    Loaded loaded;
    EXPECT_EQ(storage->Load(7, &loaded).code(), absl::StatusCode::kDataLoss) << edit;
    const absl::Status read = storage->ReadTrials(7, std::vector<int64_t>{1}, View::kBasic).status();
    EXPECT_EQ(read.code(), absl::StatusCode::kDataLoss) << edit;
    EXPECT_THAT(std::string(read.message()), HasSubstr("trial 1")) << edit;
    EXPECT_TRUE(storage->ReadTrials(7, std::vector<int64_t>{0}, View::kBasic).ok()) << edit;
    storage.reset();
    WriteFile(path_, whole);
  }
}

// What a deleted study leaves is removed in the background, also by a later server.
TEST_F(SqliteOpening, TheRowsOfADeletedStudyAreRemoved) {
  MakeFile(1500);
  {
    std::unique_ptr<Storage> storage = Open();
    storage->Submit({7, *storage->AcquireStudy(7), {DeleteStudy{}}}, nullptr);
  }
  std::unique_ptr<Storage> storage = Open();
  auto shell = Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READONLY});
  ASSERT_TRUE(shell.ok());
  const auto rows = [&] {
    return *(*shell)->QueryInt(
        "SELECT (SELECT count(*) FROM trials) + (SELECT count(*) FROM intermediates) + (SELECT count(*) FROM trial_attrs)"
        " + (SELECT count(*) FROM requests) + (SELECT count(*) FROM distributions) + (SELECT count(*) FROM studies)"
        " + (SELECT count(*) FROM study_attrs) + (SELECT count(*) FROM sampler_states)");
  };
  while (rows() > 0) storage->Flush();
  EXPECT_EQ(*(*shell)->QueryInt("SELECT seq FROM sqlite_sequence WHERE name = 'studies'"), 1) << "its id is not used again";
}

// A checkpoint never catches up with a writer that does not pause; the log is started over all the same.
TEST_F(SqliteOpening, TheLogIsStartedOverUnderALoadThatNeverPauses) {
  std::unique_ptr<Storage> storage = Open();
  storage->CreateStudy(SampleStudy("study", 7), std::nullopt, nullptr);
  const int64_t epoch = *storage->AcquireStudy(7);
  // Bytes 12 to 15 of the log: how often it was started over (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
  const auto restarts = [&] {
    std::ifstream log(path_ + "-wal", std::ios::binary);
    unsigned char header[16] = {};
    log.read(reinterpret_cast<char*>(header), sizeof header);
    return header[12] << 24 | header[13] << 16 | header[14] << 8 | header[15];
  };
  const int before = restarts();
  // Each commit's callback submits the next, so there is always one waiting.
  std::atomic<bool> stop = false;
  std::atomic<int64_t> committed = 0;
  std::function<void(int64_t)> insert = [&](int64_t number) {
    storage->Submit({7, epoch, {InsertTrial{PlainTrial(number)}}}, [&, number](const absl::Status& status) {
      committed += status.ok();
      if (!stop) insert(number + 1);
    });
  };
  insert(0);
  while (restarts() < before + 3 && committed < 1000000) std::this_thread::yield();
  stop = true;
  storage->Flush();
  storage->Flush();
  EXPECT_GE(restarts(), before + 3);
}

}  // namespace
}  // namespace parzen::storage
