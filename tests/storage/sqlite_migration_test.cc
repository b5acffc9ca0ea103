// Upgrades of older files, refusals of newer ones.

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/schema.h"
#include "tests/storage/sqlite_file.h"

namespace parzen::storage {
namespace {

using sqlite::Connection;
using sqlite::Migration;
using testing::ElementsAre;
using testing::HasSubstr;

class SqliteMigration : public SqliteFile {
 protected:
  // The real schema and `second`.
  static std::vector<Migration> With(const char* second) {
    std::vector<Migration> migrations(sqlite::EmbeddedMigrations().begin(), sqlite::EmbeddedMigrations().end());
    migrations.push_back({static_cast<int>(migrations.size()) + 1, "next", second});
    return migrations;
  }
  absl::Status OpenWith(const std::vector<Migration>& migrations) {
    return sqlite::Database::Open(Options(), migrations).status();
  }
  int64_t Version(const std::string& path) {
    auto connection = Connection::Open({.path = path, .vfs = "", .flags = SQLITE_OPEN_READWRITE});
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *(*connection)->QueryInt("PRAGMA user_version");
  }
  const int64_t now_ = sqlite::EmbeddedMigrations().back().version;
  const std::string backup_ = absl::StrCat(path_, ".v", now_, "-20251231T235959Z.bak");
};

TEST_F(SqliteMigration, MigrationsAreNumberedWithoutHoles) {
  int expected = 1;
  for (const Migration& migration : sqlite::EmbeddedMigrations()) {
    EXPECT_EQ(migration.version, expected++);
    EXPECT_FALSE(migration.sql.empty());
  }
}

TEST_F(SqliteMigration, AnOlderFileIsUpgradedAfterABackup) {
  MakeFile(5);
  const std::vector<Migration> migrations = With("ALTER TABLE studies ADD COLUMN note TEXT; UPDATE studies SET note = name;");
  ASSERT_EQ(OpenWith(migrations), absl::OkStatus());
  EXPECT_EQ(Version(path_), now_ + 1);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr(backup_)));
  auto connection = Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READWRITE});
  EXPECT_EQ(*(*connection)->QueryText("SELECT note FROM studies"), "study");

  // The backup is a whole database of the older version, which this program can open.
  ASSERT_TRUE(std::filesystem::exists(backup_));
  EXPECT_EQ(Version(backup_), now_);
  path_ = backup_;
  std::unique_ptr<Storage> storage = Open();
  ASSERT_NE(storage, nullptr);
  EXPECT_EQ(Show(storage->ReadTrials(7, std::vector<int64_t>{4}, View::kFull)->at(0)), Show(SampleTrial(4)));
}

TEST_F(SqliteMigration, ABackupReplacesNoOther) {
  MakeFile(1);
  WriteFile(backup_, "somebody's");
  ASSERT_EQ(OpenWith(With("CREATE TABLE more (x)")), absl::OkStatus());
  EXPECT_EQ(ReadFile(backup_), "somebody's");
  EXPECT_EQ(Version(absl::StrCat(path_, ".v", now_, "-20251231T235959Z-2.bak")), now_);
}

TEST_F(SqliteMigration, AnUpgradeHappensWholeOrNotAtAll) {
  MakeFile(5);
  const absl::Status status =
      OpenWith(With("ALTER TABLE studies ADD COLUMN note TEXT; DELETE FROM requests; CREATE TABLE studies (x)"));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("migration next"));
  EXPECT_EQ(Version(path_), now_);
  std::unique_ptr<Storage> storage = Open();
  Loaded loaded;
  ASSERT_TRUE(storage->Load(7, &loaded).ok());
  EXPECT_EQ(loaded.requests.size(), 5u);
}

TEST_F(SqliteMigration, AnUpgradeWithoutABackupDoesNotHappen) {
  MakeFile(1);
  // The name of the backup's unfinished copy is taken by a directory.
  std::filesystem::create_directory(backup_ + ".partial");
  const absl::Status status = OpenWith(With("CREATE TABLE more (x)"));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("a backup could not be made"));
  EXPECT_EQ(Version(path_), now_);
}

TEST_F(SqliteMigration, ANewerFileIsNotTouched) {
  MakeFile(1);
  ASSERT_EQ(OpenWith(With("CREATE TABLE more (x)")), absl::OkStatus());
  const absl::Status status = ExpectRefusedUntouched(absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("schema has version ", now_ + 1)));
}

// The header may be older than the log, where a server was killed right after an upgrade.
TEST_F(SqliteMigration, ANewerVersionThatIsOnlyInTheLogIsSeen) {
  MakeFile(1);
  auto connection = Connection::Open({.path = path_, .vfs = "", .flags = SQLITE_OPEN_READWRITE});
  ASSERT_TRUE(connection.ok());
  ASSERT_EQ((*connection)->Execute(absl::StrCat("PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = ", now_ + 1)),
            absl::OkStatus());
  std::filesystem::copy_file(path_, directory_ / "killed.db");
  std::filesystem::copy_file(path_ + "-wal", directory_ / "killed.db-wal");
  path_ = directory_ / "killed.db";
  const std::string log = ReadFile(path_ + "-wal");
  ASSERT_FALSE(log.empty());
  EXPECT_THAT(std::string(ExpectRefusedUntouched(absl::StatusCode::kFailedPrecondition).message()), HasSubstr("newer Parzen"));
  EXPECT_TRUE(log == ReadFile(path_ + "-wal")) << "the log was changed";
}

}  // namespace
}  // namespace parzen::storage
