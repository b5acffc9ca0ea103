// What goes wrong between here and PostgreSQL: nothing half done, nothing acknowledged lost, two owners never both commit, and
// work goes on when the cause is gone.

#include <atomic>
#include <csignal>
#include <future>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "storage/postgres/postgres_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/cutting_proxy.h"
#include "tests/storage/postgres_server.h"

namespace parzen::storage {
namespace {

using Where = CuttingProxy::Where;

class PostgresFault : public testing::Test {
 protected:
  PostgresFault() { server().Run("DROP SCHEMA IF EXISTS parzen CASCADE"); }
  static PostgresServer& server() { return PostgresServer::Shared(); }

  std::unique_ptr<Storage> Open(int port = 0) {
    PostgresOptions options;
    options.url = server().Url("parzen", port);
    absl::StatusOr<std::unique_ptr<Storage>> storage = OpenPostgres(std::move(options));
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }
  static absl::Status Create(Storage& storage, uint64_t uid) {
    std::promise<absl::Status> done;
    storage.CreateStudy(SampleStudy(absl::StrCat("study ", uid), uid), SampleRequest(static_cast<uint8_t>(uid), 0),
                        [&](absl::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  static absl::Status Commit(Storage& storage, Transaction transaction) {
    std::promise<absl::Status> done;
    storage.Submit(std::move(transaction), [&](absl::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  static Transaction Insert(uint64_t uid, int64_t epoch, int64_t number) {
    return {uid, epoch, {InsertTrial{SampleTrial(number)}, PutRequest{SampleRequest(static_cast<uint8_t>(number), number + 1)}}};
  }
  static int64_t Acquire(Storage& storage, uint64_t uid) {
    const absl::StatusOr<int64_t> epoch = storage.AcquireStudy(uid);
    EXPECT_TRUE(epoch.ok()) << epoch.status();
    return epoch.value_or(0);
  }
  // Trials without a hole, each with its request.
  static int64_t Count(Storage& storage, uint64_t uid) {
    Loaded loaded;
    const absl::Status status = storage.Load(uid, &loaded);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(loaded.requests.size(), loaded.rows.size());
    for (size_t i = 0; i < loaded.rows.size(); ++i) EXPECT_EQ(loaded.rows[i].number, static_cast<int64_t>(i));
    return static_cast<int64_t>(loaded.rows.size());
  }
  // A function that refuses its first `times` calls for the sake of serialization, and a trigger on trials that calls it.
  void RefuseTrials(int times, const std::string& when) {
    server().Run(
        absl::StrCat("CREATE SEQUENCE parzen.tries;"
                     "CREATE FUNCTION parzen.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                     " IF nextval('parzen.tries') <= ",
                     times,
                     " THEN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END IF;"
                     " RETURN NULL; END $$;"
                     "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON parzen.trials ",
                     when, " FOR EACH ROW EXECUTE FUNCTION parzen.refuse()"));
  }
  int64_t Tries() { return std::stoll(server().Ask("SELECT last_value FROM parzen.tries")); }
};

struct Cut {
  int round_trip;  // of a batch: 1 begins and reads, 2 writes and commits
  Where where;
  bool is_kept;
};

class PostgresCut : public PostgresFault, public testing::WithParamInterface<Cut> {};

TEST_P(PostgresCut, TheConnectionIsLostAroundACommit) {
  CuttingProxy proxy(server().port());
  std::unique_ptr<Storage> storage = Open(proxy.port());
  ASSERT_EQ(Create(*storage, 1), absl::OkStatus());
  int64_t epoch = Acquire(*storage, 1);
  ASSERT_EQ(Commit(*storage, Insert(1, epoch, 0)), absl::OkStatus());

  proxy.CutAt(GetParam().round_trip, GetParam().where);
  const absl::Status status = Commit(*storage, Insert(1, epoch, 1));
  EXPECT_EQ(proxy.cuts(), 1);
  if (GetParam().round_trip == 1) {
    // Nothing was to be committed yet: it was tried again.
    EXPECT_EQ(status, absl::OkStatus());
    EXPECT_EQ(Commit(*storage, Insert(1, epoch, 2)), absl::OkStatus());
    EXPECT_EQ(Count(*storage, 1), 3);
    return;
  }
  // The outcome is open, and the study is lost until it is acquired again.
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(Commit(*storage, Insert(1, epoch, 2)).code(), absl::StatusCode::kUnavailable);
  epoch = Acquire(*storage, 1);
  const int64_t count = Count(*storage, 1);
  EXPECT_EQ(count, GetParam().is_kept ? 2 : 1);
  EXPECT_EQ(Commit(*storage, Insert(1, epoch, count)), absl::OkStatus());
  EXPECT_EQ(Count(*storage, 1), count + 1);
}

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresCut,
                         testing::Values(Cut{1, Where::kBefore, true}, Cut{1, Where::kIn, true}, Cut{1, Where::kAfter, true},
                                         Cut{2, Where::kBefore, false}, Cut{2, Where::kIn, false}, Cut{2, Where::kAfter, true}));

// Every round trip of a writer at work is cut in turn: what was acknowledged is there, and nothing is half there.
TEST_F(PostgresFault, NothingAcknowledgedIsLostAndNothingIsHalfDone) {
  for (const Where where : {Where::kBefore, Where::kIn, Where::kAfter}) {
    int cuts = 1;
    for (int n = 1; cuts > 0; ++n) {
      SCOPED_TRACE(absl::StrCat("round trip ", n, ", ", static_cast<int>(where)));
      server().Run("DROP SCHEMA IF EXISTS parzen CASCADE");
      CuttingProxy proxy(server().port());
      std::unique_ptr<Storage> storage = Open(proxy.port()), direct = Open();
      ASSERT_NE(storage, nullptr);
      proxy.CutAt(n, where);
      bool is_created = Create(*storage, 1).ok();
      if (!is_created) is_created = direct->GetStudyByUid(1).ok();
      if (!is_created) {
        ASSERT_EQ(Create(*storage, 1), absl::OkStatus());
      }
      int64_t acknowledged = 0, epoch = 0;
      for (int i = 0; i < 4; ++i) {
        if (epoch == 0) epoch = storage->AcquireStudy(1).value_or(0);
        if (epoch == 0) continue;
        const int64_t number = Count(*direct, 1);
        EXPECT_GE(number, acknowledged);
        const absl::Status status = Commit(*storage, Insert(1, epoch, number));
        if (status.ok()) {
          acknowledged = number + 1;
        } else {
          EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
          epoch = 0;
        }
      }
      EXPECT_GE(Count(*direct, 1), acknowledged);
      EXPECT_GE(acknowledged, 3);
      cuts = proxy.cuts();
      if (HasFailure()) return;
    }
  }
}

TEST_F(PostgresFault, SerializationFailuresAreRunAgain) {
  for (const char* when : {"", "DEFERRABLE INITIALLY DEFERRED"}) {
    server().Run("DROP SCHEMA IF EXISTS parzen CASCADE");
    std::unique_ptr<Storage> storage = Open();
    ASSERT_EQ(Create(*storage, 1), absl::OkStatus());
    RefuseTrials(3, when);
    const int64_t epoch = Acquire(*storage, 1);
    EXPECT_EQ(Commit(*storage, Insert(1, epoch, 0)), absl::OkStatus());
    EXPECT_EQ(Tries(), 4);
    EXPECT_EQ(Commit(*storage, Insert(1, epoch, 1)), absl::OkStatus());
    EXPECT_EQ(Count(*storage, 1), 2);
  }
}

TEST_F(PostgresFault, WhatIsRefusedForEverIsUnavailableAtLast) {
  std::unique_ptr<Storage> storage = Open();
  ASSERT_EQ(Create(*storage, 1), absl::OkStatus());
  RefuseTrials(1000, "");
  const int64_t epoch = Acquire(*storage, 1);
  EXPECT_EQ(Commit(*storage, Insert(1, epoch, 0)).code(), absl::StatusCode::kUnavailable);
  EXPECT_GT(Tries(), 10);
  server().Run("DROP TRIGGER refuse ON parzen.trials");
  EXPECT_EQ(Commit(*storage, Insert(1, Acquire(*storage, 1), 0)), absl::OkStatus());
}

TEST_F(PostgresFault, AStudyHasOneOwnerAmongServers) {
  std::unique_ptr<Storage> a = Open(), b = Open();
  EXPECT_EQ(a->StorageId(), b->StorageId());
  ASSERT_EQ(Create(*a, 1), absl::OkStatus());
  const int64_t epoch_a = Acquire(*a, 1);
  ASSERT_EQ(Commit(*a, Insert(1, epoch_a, 0)), absl::OkStatus());
  const int64_t epoch_b = Acquire(*b, 1);
  EXPECT_GT(epoch_b, epoch_a);
  EXPECT_EQ(Commit(*a, Insert(1, epoch_a, 1)).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Commit(*b, Insert(1, epoch_b, 1)), absl::OkStatus());
  EXPECT_EQ(Commit(*a, Insert(1, epoch_b, 2)).code(), absl::StatusCode::kAborted) << "another's epoch";
  // The first takes it back, and knows what the second wrote.
  EXPECT_EQ(Commit(*a, Insert(1, Acquire(*a, 1), 2)), absl::OkStatus());
  EXPECT_EQ(Count(*b, 1), 3);
  // A study that another server deletes is gone.
  ASSERT_EQ(Commit(*b, {1, Acquire(*b, 1), {DeleteStudy{}}}), absl::OkStatus());
  EXPECT_EQ(a->AcquireStudy(1).status().code(), absl::StatusCode::kNotFound);
  // And names are unique among them.
  ASSERT_EQ(Create(*a, 2), absl::OkStatus());
  EXPECT_EQ(Create(*b, 2).code(), absl::StatusCode::kAlreadyExists);
}

// Three servers take two studies from one another as fast as they can.
TEST_F(PostgresFault, OwnersThatContendNeverBothCommit) {
  std::vector<std::unique_ptr<Storage>> servers;
  for (int i = 0; i < 3; ++i) servers.push_back(Open());
  for (const uint64_t uid : {1, 2}) ASSERT_EQ(Create(*servers[0], uid), absl::OkStatus());
  std::atomic<int64_t> acknowledged[3] = {};
  std::vector<std::thread> threads;
  for (const std::unique_ptr<Storage>& storage : servers) {
    for (const uint64_t uid : {1, 2}) {
      threads.emplace_back([&, uid] {
        for (int i = 0; i < 15; ++i) {
          const int64_t epoch = Acquire(*storage, uid);
          Loaded loaded;
          ASSERT_TRUE(storage->Load(uid, &loaded).ok());
          for (auto number = static_cast<int64_t>(loaded.rows.size());; ++number) {
            const absl::Status status = Commit(*storage, Insert(uid, epoch, number));
            if (!status.ok()) {
              // Taken away; or another's trial came between acquiring and loading.
              EXPECT_TRUE(absl::IsAborted(status) || absl::IsFailedPrecondition(status)) << status;
              break;
            }
            ++acknowledged[uid];
            if (number % 3 == 0) break;
          }
        }
      });
    }
  }
  for (std::thread& thread : threads) thread.join();
  for (const uint64_t uid : {1, 2}) {
    EXPECT_EQ(Count(*servers[1], uid), acknowledged[uid]) << "each acknowledged trial once, and no other";
    EXPECT_GT(acknowledged[uid], 0);
  }
}

TEST(PostgresRestart, TheServerIsRestartedUnderWork) {
  PostgresServer server;
  PostgresOptions options;
  options.url = server.Url();
  std::mutex mutex;
  std::vector<std::string> warnings;
  options.warn = [&](std::string_view text) {
    const std::lock_guard<std::mutex> guard(mutex);
    warnings.emplace_back(text);
  };
  absl::StatusOr<std::unique_ptr<Storage>> opened = OpenPostgres(std::move(options));
  ASSERT_TRUE(opened.ok()) << opened.status();
  Storage& storage = **opened;
  std::promise<absl::Status> created;
  storage.CreateStudy(SampleStudy("study", 1), std::nullopt, [&](absl::Status status) { created.set_value(std::move(status)); });
  ASSERT_EQ(created.get_future().get(), absl::OkStatus());
  std::atomic<bool> stop = false;
  std::atomic<int64_t> acknowledged = 0;
  std::thread worker([&] {
    int64_t epoch = 0;
    while (!stop) {
      Loaded loaded;
      if (epoch == 0) epoch = storage.AcquireStudy(1).value_or(0);
      if (epoch == 0 || !storage.Load(1, &loaded).ok()) continue;
      EXPECT_GE(static_cast<int64_t>(loaded.rows.size()), acknowledged);
      acknowledged = static_cast<int64_t>(loaded.rows.size());
      for (absl::Status status; status.ok() && !stop;) {
        std::promise<absl::Status> done;
        storage.Submit({1, epoch, {InsertTrial{PlainTrial(acknowledged)}}},
                       [&](absl::Status outcome) { done.set_value(std::move(outcome)); });
        status = done.get_future().get();
        if (status.ok()) {
          ++acknowledged;
        } else {
          EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
          epoch = 0;
        }
      }
    }
  });
  for (const int signal : {SIGQUIT, SIGINT}) {
    const int64_t before = acknowledged;
    for (int i = 0; i < 6000 && acknowledged < before + 5; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_GE(acknowledged, before + 5) << "work goes on after a restart";
    server.Stop(signal);
    EXPECT_EQ(storage.GetStudy("study").status().code(), absl::StatusCode::kUnavailable);
    server.Start();
  }
  for (int i = 0; i < 6000 && !storage.GetStudy("study").ok(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  stop = true;
  worker.join();
  Loaded loaded;
  ASSERT_TRUE(storage.Load(1, &loaded).ok());
  EXPECT_GE(static_cast<int64_t>(loaded.rows.size()), acknowledged);
  const std::lock_guard<std::mutex> guard(mutex);
  EXPECT_FALSE(warnings.empty());
}

}  // namespace
}  // namespace parzen::storage
