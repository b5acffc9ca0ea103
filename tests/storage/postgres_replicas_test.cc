// Several servers over one PostgreSQL: who lives, whose a study is, and who may take it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/open.h"
#include "storage/postgres/postgres_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/postgres_server.h"
#include "tests/storage/sample_records.h"

namespace parzen::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PostgresReplicasTest : public testing::Test {
 protected:
  struct Server {
    std::unique_ptr<Storage> storage;
    int64_t id = 0;
    Replicas* operator->() const { return storage->replicas(); }
  };

  void SetUp() override { PostgresServer::Shared().Run("DROP SCHEMA IF EXISTS parzen CASCADE"); }

  static std::unique_ptr<Storage> Open() {
    absl::StatusOr<std::unique_ptr<Storage>> storage = OpenPostgres({.url = PostgresServer::Shared().Url()});
    EXPECT_TRUE(storage.ok()) << storage.status();
    return *std::move(storage);
  }

  static Server Join(const std::string& address) {
    Server server{Open()};
    const absl::StatusOr<int64_t> id = server->Join(address, "secret of " + address);
    EXPECT_TRUE(id.ok()) << id.status();
    server.id = id.value_or(0);
    return server;
  }

  // As if the server had not been heard of for so long.
  static void Age(const Server& server, const std::string& interval) {
    PostgresServer::Shared().Run("UPDATE parzen.replicas SET renewed_at = renewed_at - INTERVAL '" + interval +
                                 "' WHERE id = " + std::to_string(server.id));
  }

  static void Create(const Server& server, const std::string& name, uint64_t uid) {
    absl::Status created;
    server.storage->CreateStudy(SampleStudy(name, uid), std::nullopt, [&](const absl::Status& status) { created = status; });
    server.storage->Flush();
    ASSERT_TRUE(created.ok()) << created;
  }

  static absl::Status Insert(const Server& server, uint64_t uid, int64_t epoch, int64_t number) {
    absl::Status outcome;
    server.storage->Submit({uid, epoch, {InsertTrial{SampleTrial(number)}}},
                           [&](const absl::Status& status) { outcome = status; });
    server.storage->Flush();
    return outcome;
  }
};

// A standby took over that had not got the last commits: whoever has seen them says so, and nobody serves the study meanwhile.
TEST_F(PostgresReplicasTest, AStudyThatHasGoneBackIsRefusedUntilThatIsAccepted) {
  const std::string url = PostgresServer::Shared().Url();
  const auto go_back = [](int64_t revision) {
    PostgresServer::Shared().Run("UPDATE parzen.study_owners SET revision = " + std::to_string(revision));
  };
  const Server a = Join("a:1"), b = Join("b:2");
  Create(a, "s", 7);
  EXPECT_EQ(AcceptLoss(url, "s").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::IsNotFound(AcceptLoss(url, "none").status()));
  absl::StatusOr<int64_t> epoch = a.storage->AcquireStudy(7);
  ASSERT_TRUE(epoch.ok()) << epoch.status();
  ASSERT_TRUE(Insert(a, 7, *epoch, 0).ok());
  ASSERT_TRUE(Insert(a, 7, *epoch, 1).ok());
  const int64_t known = SampleTrial(1).revision;

  // Found out by a write.
  go_back(known - 1);
  EXPECT_TRUE(absl::IsAborted(Insert(a, 7, *epoch, 2)));
  EXPECT_TRUE(absl::IsOutOfRange(a.storage->AcquireStudy(7).status()));
  Age(a, "4 seconds");
  EXPECT_TRUE(absl::IsOutOfRange(b.storage->AcquireStudy(7).status()));
  const absl::StatusOr<std::vector<Setback>> found = b->FindSetbacks();
  ASSERT_TRUE(found.ok() && found->size() == 1) << found.status();
  EXPECT_EQ(found->front().name, "s");
  EXPECT_EQ(found->front().found, known - 1);
  EXPECT_EQ(found->front().known, known);

  const absl::StatusOr<Setback> accepted = AcceptLoss(url, "s");
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(accepted->known, known);
  EXPECT_THAT(*b->FindSetbacks(), IsEmpty());
  EXPECT_TRUE(b.storage->AcquireStudy(7).ok());
  EXPECT_EQ(b.storage->GetStudyByUid(7)->revision, known + 1);

  // Found out by a load.
  go_back(known);
  EXPECT_TRUE(absl::IsOutOfRange(b.storage->AcquireStudy(7).status()));
  ASSERT_TRUE(AcceptLoss(url, "s").ok());
  EXPECT_TRUE(b.storage->AcquireStudy(7).ok());

  // Found out by a server that only looks: it has opened connections since it did so last.
  go_back(known - 1);
  const absl::StatusOr<std::vector<Setback>> seen = a->FindSetbacks();
  ASSERT_TRUE(seen.ok() && seen->size() == 1) << seen.status();
  EXPECT_EQ(seen->front().known, known);
}

TEST_F(PostgresReplicasTest, AStudyIsTakenFromNobodyAndFromTheDead) {
  const Server a = Join("a:1"), b = Join("b:2");
  Create(a, "s", 7);
  EXPECT_EQ(a->FindOwner("s")->owner, 0);
  const absl::StatusOr<int64_t> first = a.storage->AcquireStudy(7);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(b->FindOwner(7)->owner, a.id);
  EXPECT_TRUE(absl::IsPermissionDenied(b.storage->AcquireStudy(7).status()));
  EXPECT_TRUE(a.storage->AcquireStudy(7).ok());  // from itself

  Age(a, "2 seconds");
  EXPECT_TRUE(absl::IsPermissionDenied(b.storage->AcquireStudy(7).status()));
  Age(a, "2 seconds");
  EXPECT_EQ(b->FindOwner(7)->owner, 0);
  const absl::StatusOr<int64_t> last = b.storage->AcquireStudy(7);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_GT(*last, *first);

  // What the owner before still has under way is refused, and so is its renewal; it takes nothing while it is dead.
  EXPECT_TRUE(absl::IsAborted(Insert(a, 7, *first + 1, 0)));
  EXPECT_TRUE(Insert(b, 7, *last, 0).ok());
  EXPECT_TRUE(absl::IsAborted(a->Renew(0)));
  Create(b, "free", 8);
  EXPECT_TRUE(absl::IsPermissionDenied(a.storage->AcquireStudy(8).status()));
}

TEST_F(PostgresReplicasTest, ARenewalKeepsAServerAlive) {
  const Server a = Join("a:1"), b = Join("b:2");
  for (int i = 0; i < 3; ++i) {
    Age(a, "2 seconds");
    ASSERT_TRUE(a->Renew(1.5).ok());
  }
  const absl::StatusOr<std::vector<Replica>> list = b->List();
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ(list->front().address, "a:1");
  EXPECT_EQ(list->front().secret, "secret of a:1");
  EXPECT_EQ(list->front().load, 1.5);
  EXPECT_FALSE(list->front().is_leaving);
  Age(a, "4 seconds");
  EXPECT_EQ(b->List()->size(), 1u);
}

TEST_F(PostgresReplicasTest, AServerThatJoinsAnewIsAnotherOne) {
  Server a = Join("a:1");
  const Server b = Join("b:2");
  Create(a, "s", 7);
  ASSERT_TRUE(a.storage->AcquireStudy(7).ok());
  const absl::StatusOr<int64_t> id = a->Join("a:1", "other");
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_GT(*id, b.id);
  // What it was before is dead at once.
  EXPECT_EQ(b->FindOwner(7)->owner, 0);
  EXPECT_TRUE(b.storage->AcquireStudy(7).ok());
}

TEST_F(PostgresReplicasTest, StudiesAreHandedOver) {
  const Server a = Join("a:1"), b = Join("b:2");
  for (uint64_t uid = 1; uid <= 4; ++uid) {
    Create(a, "s" + std::to_string(uid), uid);
    ASSERT_TRUE(a.storage->AcquireStudy(uid).ok());
  }
  const std::vector<uint64_t> given{1, 2};
  ASSERT_TRUE(a->Give(given, b.id).ok());
  EXPECT_EQ(a->FindOwner(1)->owner, b.id);
  EXPECT_TRUE(absl::IsPermissionDenied(a.storage->AcquireStudy(1).status()));
  EXPECT_TRUE(b.storage->AcquireStudy(1).ok());
  EXPECT_EQ(a->List()->front().studies, 2);
  // What is another's is not given away.
  ASSERT_TRUE(a->Give(given, 0).ok());
  EXPECT_EQ(a->FindOwner(2)->owner, b.id);
  EXPECT_TRUE(absl::IsNotFound(a->FindOwner("none").status()));

  ASSERT_TRUE(a->BeginToLeave().ok());
  EXPECT_TRUE(b->List()->front().is_leaving);
  EXPECT_TRUE(absl::IsPermissionDenied(a.storage->AcquireStudy(3).status()));
  ASSERT_TRUE(a->Leave().ok());
  EXPECT_EQ(b->FindOwner(3)->owner, 0);
  EXPECT_EQ(b->List()->size(), 1u);
}

TEST_F(PostgresReplicasTest, OrphansAreStudiesWithLeasesThatNobodySees) {
  const Server a = Join("a:1"), b = Join("b:2");
  for (const uint64_t uid : {1, 2}) {
    Create(a, "s" + std::to_string(uid), uid);
    const absl::StatusOr<int64_t> epoch = a.storage->AcquireStudy(uid);
    ASSERT_TRUE(epoch.ok()) << epoch.status();
    TrialRecord trial = SampleTrial(0);
    trial.state = TrialState::kRunning;
    trial.lease_micros = uid == 1 ? 1'000'000 : 0;
    absl::Status outcome;
    a.storage->Submit({uid, *epoch, {InsertTrial{trial}}}, [&](const absl::Status& status) { outcome = status; });
    a.storage->Flush();
    ASSERT_TRUE(outcome.ok()) << outcome;
  }
  EXPECT_THAT(*b->Orphans(10), IsEmpty());
  Age(a, "4 seconds");
  EXPECT_THAT(*b->Orphans(10), ElementsAre(1u));
  EXPECT_THAT(*b->Orphans(0), IsEmpty());
}

TEST_F(PostgresReplicasTest, AServerThatHasNotJoinedTakesEveryStudy) {
  const Server a = Join("a:1");
  const std::unique_ptr<Storage> alone = Open();
  Create(a, "s", 7);
  ASSERT_TRUE(a.storage->AcquireStudy(7).ok());
  EXPECT_TRUE(alone->AcquireStudy(7).ok());
}

}  // namespace
}  // namespace parzen::storage
