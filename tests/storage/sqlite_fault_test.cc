// What happens when the disk fails: nothing half done, nothing acknowledged lost, and work goes on when the cause is gone.

#include <atomic>
#include <future>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/fault_vfs.h"
#include "tests/storage/temporary_directory.h"

namespace parzen::storage {
namespace {

using Operation = FaultVfs::Operation;
using File = FaultVfs::File;

class SqliteFault : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Storage>> TryOpen(const std::string& name = "studies.db") {
    SqliteOptions options;
    options.path = directory_ / name;
    options.allow_network_fs = true;
    options.vfs = vfs_.name();
    options.checkpoint_pages = checkpoint_pages_;
    options.warn = [this](std::string_view text) {
      const std::lock_guard<std::mutex> guard(mutex_);
      warnings_.emplace_back(text);
    };
    return OpenSqlite(std::move(options));
  }
  void Open() {
    absl::StatusOr<std::unique_ptr<Storage>> storage = TryOpen();
    ASSERT_TRUE(storage.ok()) << storage.status();
    storage_ = *std::move(storage);
  }
  absl::Status Commit(Transaction transaction) {
    std::promise<absl::Status> done;
    storage_->Submit(std::move(transaction), [&](absl::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  absl::Status Create(uint64_t uid) {
    std::promise<absl::Status> done;
    storage_->CreateStudy(SampleStudy(absl::StrCat("study ", uid), uid), SampleRequest(static_cast<uint8_t>(uid), 0),
                          [&](absl::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  int64_t Acquire(uint64_t uid) {
    absl::StatusOr<int64_t> epoch = storage_->AcquireStudy(uid);
    EXPECT_TRUE(epoch.ok()) << epoch.status();
    return epoch.value_or(0);
  }
  Loaded Load(uint64_t uid) {
    Loaded loaded;
    const absl::Status status = storage_->Load(uid, &loaded);
    EXPECT_TRUE(status.ok()) << status;
    return loaded;
  }
  std::vector<std::string> Warnings() {
    const std::lock_guard<std::mutex> guard(mutex_);
    return warnings_;
  }

  TemporaryDirectory directory_;
  FaultVfs vfs_;
  int checkpoint_pages_ = 100000;
  std::mutex mutex_;
  std::vector<std::string> warnings_;
  std::unique_ptr<Storage> storage_;
};

struct Case {
  Operation operation;
  int code;
  absl::StatusCode expected;
};

TEST_F(SqliteFault, AFailedCommitLeavesNothingAndTheStudyIsLostUntilItIsAcquiredAgain) {
  Open();
  ASSERT_EQ(Create(1), absl::OkStatus());
  int64_t epoch = Acquire(1);
  ASSERT_EQ(Commit({1, epoch, {InsertTrial{SampleTrial(0)}, PutRequest{SampleRequest(1, 1)}}}), absl::OkStatus());
  int64_t next = 1;
  for (const Case& c : {Case{Operation::kWrite, SQLITE_FULL, absl::StatusCode::kResourceExhausted},
                        Case{Operation::kWrite, SQLITE_IOERR_WRITE, absl::StatusCode::kUnavailable},
                        Case{Operation::kSync, SQLITE_IOERR_FSYNC, absl::StatusCode::kUnavailable}}) {
    SCOPED_TRACE(c.code);
    vfs_.Inject({.operation = c.operation, .after = 0, .times = 1, .code = c.code, .file = File::kLog});
    UpdateTrial tell{.number = 0, .revision = 99};
    tell.values = {1.0};
    EXPECT_EQ(Commit({1, epoch, {InsertTrial{SampleTrial(next)}, tell, PutRequest{SampleRequest(2, next + 1)}}}).code(),
              c.expected);
    EXPECT_EQ(vfs_.Failed(), 1);
    vfs_.Clear();
    // The disk is well again, but what the owner believes is not what is kept.
    EXPECT_EQ(Commit({1, epoch, {InsertTrial{SampleTrial(next + 1)}}}).code(), c.expected);
    EXPECT_EQ(Commit({1, epoch, {}}).code(), c.expected);
    const Loaded loaded = Load(1);
    EXPECT_EQ(loaded.rows.size(), static_cast<size_t>(next));
    EXPECT_EQ(loaded.requests.size(), static_cast<size_t>(next));
    EXPECT_EQ(loaded.rows[0].revision, SampleTrial(0).revision);

    const int64_t old_epoch = epoch;
    epoch = Acquire(1);
    EXPECT_EQ(Commit({1, old_epoch, {InsertTrial{SampleTrial(next)}}}).code(), absl::StatusCode::kAborted);
    EXPECT_EQ(Commit({1, epoch, {InsertTrial{SampleTrial(next)}, PutRequest{SampleRequest(2, next + 1)}}}), absl::OkStatus());
    ++next;
  }
  EXPECT_FALSE(Warnings().empty());
}

TEST_F(SqliteFault, ACommitIsWrittenIntoTheLogInOnePiece) {
  Open();
  ASSERT_EQ(Create(1), absl::OkStatus());
  const int64_t epoch = Acquire(1);
  ASSERT_EQ(Commit({1, epoch, {InsertTrial{SampleTrial(0)}, PutRequest{SampleRequest(1, 1)}}}), absl::OkStatus());
  const int64_t writes = vfs_.Count(Operation::kWrite), syncs = vfs_.Count(Operation::kSync);
  for (int64_t number = 1; number <= 10; ++number) {
    ASSERT_EQ(Commit({1, epoch, {InsertTrial{SampleTrial(number)}, PutRequest{SampleRequest(2, number + 1)}}}), absl::OkStatus());
  }
  EXPECT_EQ(vfs_.Count(Operation::kWrite) - writes, 10);
  EXPECT_EQ(vfs_.Count(Operation::kSync) - syncs, 10);
}

// SQLite writes some of such a transaction before its end, and reads it again.
TEST_F(SqliteFault, ATransactionLargerThanTheCacheIsWritten) {
  Open();
  ASSERT_EQ(Create(1), absl::OkStatus());
  const int64_t epoch = Acquire(1);
  Transaction transaction{1, epoch, {}};
  for (int64_t number = 0; number < 400; ++number) {
    TrialRecord trial = PlainTrial(number);
    trial.user_attrs = {{"long", '"' + std::string(30'000, static_cast<char>('a' + number % 26)) + '"'}};
    transaction.changes.emplace_back(InsertTrial{std::move(trial)});
  }
  for (int64_t number = 0; number < 400; ++number) {
    UpdateTrial update{.number = number, .revision = 1000 + number};
    update.user_attrs = {{"short", "1"}};
    transaction.changes.emplace_back(std::move(update));
  }
  ASSERT_EQ(Commit(std::move(transaction)), absl::OkStatus());
  storage_.reset();
  Open();
  const std::vector<int64_t> numbers = {0, 25, 399};
  const auto trials = storage_->ReadTrials(1, numbers, View::kFull);
  ASSERT_TRUE(trials.ok()) << trials.status();
  ASSERT_EQ(trials->size(), 3u);
  for (const TrialRecord& trial : *trials) {
    ASSERT_EQ(trial.user_attrs.size(), 2u);
    EXPECT_EQ(trial.user_attrs[0].second[1], static_cast<char>('a' + trial.number % 26));
    EXPECT_EQ(trial.user_attrs[0].second.size(), 30'002u);
    EXPECT_EQ(trial.user_attrs[1].second, "1");
  }
}

TEST_F(SqliteFault, EverythingQueuedBehindForTheStudyFailsAndOthersDoNot) {
  Open();
  ASSERT_EQ(Create(1), absl::OkStatus());
  ASSERT_EQ(Create(2), absl::OkStatus());
  const int64_t epoch1 = Acquire(1), epoch2 = Acquire(2);
  // The writer stands in a callback while the batch is put together: 1 alone, a barrier, then more of both.
  std::promise<void> armed;
  std::vector<std::string> outcomes;
  storage_->Submit({1, epoch1, {}}, [&](const absl::Status&) { armed.get_future().wait(); });
  const auto note = [&](std::string name) {
    return [&, name](const absl::Status& status) {
      outcomes.push_back(absl::StrCat(name, " ", absl::StatusCodeToString(status.code())));
      // The disk fails once, for the batch of the first.
      vfs_.Clear();
    };
  };
  storage_->Submit({1, epoch1, {InsertTrial{PlainTrial(0)}}}, note("1: 0"));
  storage_->ExpireRequests(0, nullptr);  // ends the batch
  storage_->Submit({1, epoch1, {InsertTrial{PlainTrial(1)}}}, note("1: 1"));
  storage_->Submit({2, epoch2, {InsertTrial{PlainTrial(0)}}}, note("2: 0"));
  storage_->Submit({1, epoch1, {InsertTrial{PlainTrial(2)}}}, note("1: 2"));
  vfs_.Inject({.operation = Operation::kSync, .code = SQLITE_IOERR_FSYNC, .file = File::kLog});
  armed.set_value();
  storage_->Flush();
  EXPECT_THAT(outcomes, testing::ElementsAre("1: 0 UNAVAILABLE", "1: 1 UNAVAILABLE", "1: 2 UNAVAILABLE", "2: 0 OK"));
  EXPECT_EQ(Load(1).rows.size(), 0u);
  EXPECT_EQ(Load(2).rows.size(), 1u);
  EXPECT_EQ(Commit({2, epoch2, {InsertTrial{PlainTrial(1)}}}), absl::OkStatus());
  EXPECT_EQ(Commit({1, Acquire(1), {InsertTrial{PlainTrial(0)}}}), absl::OkStatus());
}

TEST_F(SqliteFault, AStaleOwnersFailureDoesNotTakeTheStudyFromItsPresentOwner) {
  Open();
  ASSERT_EQ(Create(1), absl::OkStatus());
  const int64_t old_epoch = Acquire(1), epoch = Acquire(1);
  vfs_.Inject({.operation = Operation::kOpen, .code = SQLITE_CANTOPEN});
  EXPECT_EQ(Commit({1, old_epoch, {InsertTrial{PlainTrial(0)}}}).code(), absl::StatusCode::kAborted);
  vfs_.Clear();
  EXPECT_EQ(Commit({1, epoch, {InsertTrial{PlainTrial(0)}}}), absl::OkStatus());
}

// A study's creation and a request outside studies fail as well, and can be tried again.
TEST_F(SqliteFault, CreationsAndRequestsFailWholly) {
  Open();
  vfs_.Inject({.operation = Operation::kWrite, .times = 1, .code = SQLITE_FULL, .file = File::kLog});
  EXPECT_EQ(Create(1).code(), absl::StatusCode::kResourceExhausted);
  vfs_.Clear();
  EXPECT_EQ(storage_->GetStudyByUid(1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(storage_->FindRequest(SampleRequest(1, 0).id)->has_value());
  EXPECT_EQ(Create(1), absl::OkStatus());

  vfs_.Inject({.operation = Operation::kSync, .times = 1, .code = SQLITE_IOERR_FSYNC, .file = File::kLog});
  absl::StatusCode code{};
  storage_->SubmitRequest(SampleRequest(5, 0), [&](const absl::Status& status) { code = status.code(); });
  storage_->Flush();
  EXPECT_EQ(code, absl::StatusCode::kUnavailable);
  EXPECT_FALSE(storage_->FindRequest(SampleRequest(5, 0).id)->has_value());
}

TEST_F(SqliteFault, AFailedExpiryIsToldAndCanBeTriedAgain) {
  Open();
  ASSERT_EQ(Create(1), absl::OkStatus());
  RequestRecord request = SampleRequest(1, 1);
  request.expires_at = 5;
  ASSERT_EQ(Commit({1, Acquire(1), {PutRequest{request}}}), absl::OkStatus());
  vfs_.Inject({.operation = Operation::kSync, .times = 1, .code = SQLITE_IOERR_FSYNC, .file = File::kLog});
  absl::StatusCode code{};
  const auto note = [&](const absl::Status& status) { code = status.code(); };
  storage_->ExpireRequests(10, note);
  storage_->Flush();
  EXPECT_EQ(code, absl::StatusCode::kUnavailable);
  EXPECT_EQ(Load(1).requests.size(), 1u);
  storage_->ExpireRequests(10, note);
  storage_->Flush();
  EXPECT_EQ(code, absl::StatusCode::kOk);
  EXPECT_TRUE(Load(1).requests.empty());
}

TEST_F(SqliteFault, TheWriterRecoversWhenItCannotEvenOpenTheFileForAWhile) {
  Open();
  ASSERT_EQ(Create(1), absl::OkStatus());
  const int64_t epoch = Acquire(1);
  vfs_.Inject({.operation = Operation::kSync, .times = 1, .code = SQLITE_IOERR_FSYNC, .file = File::kLog});
  EXPECT_EQ(Commit({1, epoch, {InsertTrial{PlainTrial(0)}}}).code(), absl::StatusCode::kUnavailable);
  vfs_.Inject({.operation = Operation::kOpen, .code = SQLITE_CANTOPEN});
  EXPECT_EQ(storage_->AcquireStudy(1).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Create(2).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Commit({1, epoch, {InsertTrial{PlainTrial(0)}}}).code(), absl::StatusCode::kUnavailable);
  vfs_.Clear();
  EXPECT_EQ(Commit({1, Acquire(1), {InsertTrial{PlainTrial(0)}}}), absl::OkStatus());
}

TEST_F(SqliteFault, ReadersRecover) {
  Open();
  ASSERT_EQ(Create(1), absl::OkStatus());
  ASSERT_EQ(Commit({1, Acquire(1), {InsertTrial{SampleTrial(0)}}}), absl::OkStatus());
  storage_.reset();
  Open();  // nothing is cached
  vfs_.Inject({.operation = Operation::kRead, .code = SQLITE_IOERR_READ, .file = File::kDatabase});
  EXPECT_EQ(storage_->GetStudyByUid(1).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(storage_->ReadTrials(1, std::vector<int64_t>{0}, View::kFull).status().code(), absl::StatusCode::kUnavailable);
  Loaded loaded;
  EXPECT_EQ(storage_->Load(1, &loaded).code(), absl::StatusCode::kUnavailable);
  EXPECT_GT(vfs_.Failed(), 0);
  vfs_.Clear();
  EXPECT_EQ(Show(storage_->ReadTrials(1, std::vector<int64_t>{0}, View::kFull)->at(0)), Show(SampleTrial(0)));
}

TEST_F(SqliteFault, CommitsGoOnWhileCheckpointsFail) {
  checkpoint_pages_ = 4;
  Open();
  ASSERT_EQ(Create(1), absl::OkStatus());
  const int64_t epoch = Acquire(1);
  vfs_.Inject({.operation = Operation::kWrite, .code = SQLITE_FULL, .file = File::kDatabase});
  int64_t number = 0;
  while (vfs_.Failed() == 0 || Warnings().empty()) {
    ASSERT_EQ(Commit({1, epoch, {InsertTrial{SampleTrial(number++)}}}), absl::OkStatus());
    ASSERT_LT(number, 100000);
  }
  vfs_.Clear();
  ASSERT_EQ(Commit({1, epoch, {InsertTrial{SampleTrial(number++)}}}), absl::OkStatus());
  storage_.reset();
  Open();
  EXPECT_EQ(Load(1).rows.size(), static_cast<size_t>(number));
}

// Fails the n-th operation of a kind, for every n, while studies are made and written; whatever was acknowledged must be there,
// and whatever was not must be there whole or not at all.
class SqliteFaultSweep : public SqliteFault, public testing::WithParamInterface<Case> {
 protected:
  struct Acknowledged {
    std::vector<uint64_t> studies;
    std::map<uint64_t, std::vector<int64_t>> trials;
  };
  // As a server would: a study that is lost is acquired and loaded again.
  void Work(Acknowledged* acknowledged) {
    for (const uint64_t uid : {1, 2}) {
      if (!Create(uid).ok()) continue;
      acknowledged->studies.push_back(uid);
      int64_t epoch = 0;
      for (int i = 0; i < 6; ++i) {
        if (epoch == 0) epoch = storage_->AcquireStudy(uid).value_or(0);
        if (epoch == 0) continue;
        Loaded loaded;
        if (!storage_->Load(uid, &loaded).ok()) continue;
        const auto number = static_cast<int64_t>(loaded.rows.size());
        EXPECT_EQ(loaded.requests.size(), loaded.rows.size());
        const absl::Status status =
            Commit({uid, epoch, {InsertTrial{SampleTrial(number)}, PutRequest{SampleRequest(1, 10 * number + 1)}}});
        if (status.ok()) {
          acknowledged->trials[uid].push_back(number);
        } else {
          EXPECT_EQ(status.code(), GetParam().expected) << status;
          epoch = 0;
        }
      }
    }
  }
  void Verify(const Acknowledged& acknowledged) {
    for (const uint64_t uid : acknowledged.studies) {
      ASSERT_TRUE(storage_->GetStudyByUid(uid).ok());
      const Loaded loaded = Load(uid);
      const auto trials = acknowledged.trials.find(uid);
      const size_t known = trials == acknowledged.trials.end() ? 0 : trials->second.size();
      EXPECT_GE(loaded.rows.size(), known);
      EXPECT_EQ(loaded.requests.size(), loaded.rows.size());
      for (size_t i = 0; i < loaded.rows.size(); ++i) {
        EXPECT_EQ(Show(storage_->ReadTrials(uid, std::vector<int64_t>{static_cast<int64_t>(i)}, View::kFull)->at(0)),
                  Show(SampleTrial(static_cast<int64_t>(i))));
      }
    }
  }
};

TEST_P(SqliteFaultSweep, NothingAcknowledgedIsLostAndNothingIsHalfDone) {
  checkpoint_pages_ = 10;
  int64_t n = 0;
  bool failed = true;
  for (; failed; ++n) {
    SCOPED_TRACE(absl::StrCat("operation ", n, " fails"));
    const std::string name = absl::StrCat("sweep", n, ".db");
    absl::StatusOr<std::unique_ptr<Storage>> storage = TryOpen(name);
    ASSERT_TRUE(storage.ok()) << storage.status();
    storage_ = *std::move(storage);
    vfs_.Inject({.operation = GetParam().operation, .after = n, .times = 1, .code = GetParam().code});
    Acknowledged acknowledged;
    Work(&acknowledged);
    failed = vfs_.Failed() > 0;
    vfs_.Clear();
    Verify(acknowledged);
    storage_.reset();
    storage = TryOpen(name);
    ASSERT_TRUE(storage.ok()) << storage.status();
    storage_ = *std::move(storage);
    Verify(acknowledged);
    storage_.reset();
    if (HasFailure()) return;
  }
  EXPECT_GT(n, 1);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SqliteFaultSweep,
                         testing::Values(Case{Operation::kWrite, SQLITE_IOERR_WRITE, absl::StatusCode::kUnavailable},
                                         Case{Operation::kWrite, SQLITE_FULL, absl::StatusCode::kResourceExhausted},
                                         Case{Operation::kSync, SQLITE_IOERR_FSYNC, absl::StatusCode::kUnavailable},
                                         Case{Operation::kOpen, SQLITE_CANTOPEN, absl::StatusCode::kUnavailable},
                                         Case{Operation::kRead, SQLITE_IOERR_READ, absl::StatusCode::kUnavailable}));

// The same while a file is made: the next start must find nothing, or a good file.
TEST_P(SqliteFaultSweep, AFileIsMadeWholeOrNotAtAll) {
  int64_t n = 0;
  for (bool failed = true; failed; ++n) {
    SCOPED_TRACE(absl::StrCat("operation ", n, " fails"));
    const std::string name = absl::StrCat("make", n, ".db");
    vfs_.Inject({.operation = GetParam().operation, .after = n, .times = 1, .code = GetParam().code});
    absl::StatusOr<std::unique_ptr<Storage>> storage = TryOpen(name);
    failed = vfs_.Failed() > 0;
    vfs_.Clear();
    if (!storage.ok()) {
      EXPECT_EQ(storage.status().code(), GetParam().expected) << storage.status();
      storage = TryOpen(name);
      ASSERT_TRUE(storage.ok()) << storage.status();
    }
    storage_ = *std::move(storage);
    ASSERT_EQ(Create(1), absl::OkStatus());
    storage_.reset();
  }
  EXPECT_GT(n, 1);
}

}  // namespace
}  // namespace parzen::storage
