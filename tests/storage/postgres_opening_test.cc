// What OpenPostgres takes and refuses.

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/postgres_storage.h"
#include "storage/postgres/schema.h"
#include "tests/storage/contract.h"
#include "tests/storage/postgres_server.h"

namespace parzen::storage {
namespace {

using testing::HasSubstr;
using testing::Not;

class PostgresOpening : public testing::Test {
 protected:
  PostgresOpening() { server().Run("DROP SCHEMA IF EXISTS parzen CASCADE"); }
  static PostgresServer& server() { return PostgresServer::Shared(); }
  static absl::StatusOr<std::unique_ptr<Storage>> Open(std::string url) {
    PostgresOptions options;
    options.url = std::move(url);
    return OpenPostgres(std::move(options));
  }
  static void ExpectRefusal(const std::string& url, absl::StatusCode code, const std::string& text) {
    const absl::Status status = Open(url).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(text));
  }
};

TEST_F(PostgresOpening, APasswordIsNeitherTakenInTheUrlNorRepeated) {
  for (const char* url :
       {"postgresql://guarded:topsecret@127.0.0.1/postgres", "postgresql://127.0.0.1/postgres?password=topsecret",
        "postgresql://127.0.0.1/postgres?sslpassword=topsecret", "postgresql://u:topsecret@[::1/postgres",
        "postgresql://u@h/postgres?topsecret=1"}) {
    const absl::Status status = Open(url).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("topsecret"))) << url;
  }
}

TEST_F(PostgresOpening, APasswordComesFromTheFileThatPgpassfileNames) {
  TemporaryDirectory directory;
  const std::string file = directory / "pgpass";
  std::ofstream(file) << "*:*:*:guarded:wrong\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  setenv("PGPASSFILE", file.c_str(), 1);
  const absl::Status wrong = Open(server().Url("guarded")).status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kFailedPrecondition) << wrong;
  EXPECT_THAT(std::string(wrong.message()), testing::AllOf(HasSubstr("password authentication failed"), Not(HasSubstr("wrong"))));
  std::ofstream(file) << "*:*:*:guarded:secret\n";
  EXPECT_TRUE(Open(server().Url("guarded")).ok());
  std::ofstream(file) << "*:*:*:another:secret\n";
  ExpectRefusal(server().Url("guarded"), absl::StatusCode::kFailedPrecondition, "no password supplied");
  unsetenv("PGPASSFILE");
}

// What may be over in a while is UNAVAILABLE, what no waiting mends is not.
TEST_F(PostgresOpening, NoServerAnswers) {
  ExpectRefusal("postgresql://parzen@127.0.0.1:1/postgres", absl::StatusCode::kUnavailable, "cannot connect to PostgreSQL");
}

TEST_F(PostgresOpening, TheServerKnowsNoSuchDatabaseOrUser) {
  ExpectRefusal(absl::StrCat("postgresql://parzen@127.0.0.1:", server().port(), "/nothing"),
                absl::StatusCode::kFailedPrecondition, "\"nothing\" does not exist");
  ExpectRefusal(server().Url("nobody"), absl::StatusCode::kFailedPrecondition, "\"nobody\" does not exist");
}

TEST_F(PostgresOpening, AServerThatIsFullMayHaveRoomLater) {
  server().Run("DROP ROLE IF EXISTS crowd");
  server().Run("CREATE ROLE crowd LOGIN CONNECTION LIMIT 0");
  ExpectRefusal(server().Url("crowd"), absl::StatusCode::kUnavailable, "too many connections");
}

TEST_F(PostgresOpening, TablesOfANewerParzenAreLeftAsTheyAre) {
  {
    ASSERT_TRUE(Open(server().Url()).ok());
  }
  server().Run("UPDATE parzen.schema_version SET version = 99");
  ExpectRefusal(server().Url(), absl::StatusCode::kFailedPrecondition, "made by a newer Parzen: they have version 99");
}

TEST_F(PostgresOpening, OneWhoMayNotMakeTablesIsTold) {
  server().Run("DROP ROLE IF EXISTS modest");
  server().Run("CREATE ROLE modest LOGIN");
  ExpectRefusal(server().Url("modest"), absl::StatusCode::kFailedPrecondition, "the tables of Parzen cannot be made");
}

TEST_F(PostgresOpening, ServersThatStartAtOnceMakeTheTablesOnce) {
  std::vector<std::thread> threads;
  std::vector<std::string> ids(6);
  for (std::string& id : ids) {
    threads.emplace_back([&id] {
      const absl::StatusOr<std::unique_ptr<Storage>> storage = Open(server().Url());
      EXPECT_TRUE(storage.ok()) << storage.status();
      if (storage.ok()) id = (*storage)->StorageId();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(ids, testing::Each(testing::AllOf(ids[0], testing::SizeIs(32))));
}

TEST_F(PostgresOpening, MigrationsAreRunOnceEachAndWhole) {
  {
    ASSERT_TRUE(Open(server().Url()).ok());
  }
  std::vector<Migration> migrations(postgres::EmbeddedMigrations().begin(), postgres::EmbeddedMigrations().end());
  const int next = migrations.back().version + 1;
  migrations.push_back({next, "more", "CREATE TABLE more (x BIGINT); INSERT INTO more VALUES (1)"});
  migrations.push_back({next + 1, "broken", "CREATE TABLE half (x BIGINT); INSERT INTO nothing VALUES (1)"});
  absl::StatusOr<std::unique_ptr<postgres::Connection>> connection = postgres::Connection::Open(server().Url());
  ASSERT_TRUE(connection.ok()) << connection.status();
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = postgres::Migrate(**connection, migrations);
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr("migration broken"));
    EXPECT_EQ(server().Ask("SELECT version FROM parzen.schema_version"), absl::StrCat(next));
    EXPECT_EQ(server().Ask("SELECT count(*) FROM parzen.more"), "1");
    EXPECT_EQ(server().Ask("SELECT to_regclass('parzen.half') IS NULL"), "t");
  }
}

TEST_F(PostgresOpening, ASessionCommitsSynchronously) {
  server().Run("ALTER ROLE parzen SET synchronous_commit = off");
  absl::StatusOr<std::unique_ptr<postgres::Connection>> connection = postgres::Connection::Open(server().Url());
  server().Run("ALTER ROLE parzen RESET synchronous_commit");
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ((*connection)->Query("SHOW synchronous_commit")->Text(0, 0), "on");
}

TEST(PostgresStandby, OneThatOnlyReadsIsRefused) {
  PostgresServer standby;
  standby.Stop(SIGINT);
  standby.MakeStandby();
  standby.Start();
  EXPECT_EQ(standby.Ask("SELECT pg_is_in_recovery()"), "t");
  PostgresOptions options;
  options.url = standby.Url();
  const absl::Status status = OpenPostgres(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("read-only"));
}

}  // namespace
}  // namespace parzen::storage
