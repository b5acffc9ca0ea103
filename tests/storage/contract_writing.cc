// Epochs, atomicity, order and concurrency.

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/storage/contract.h"

namespace parzen::storage {
namespace {

TEST_P(StorageContract, AStaleEpochIsRefusedOnEveryWrite) {
  MakeStudy();
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}), absl::OkStatus());
  const int64_t old_epoch = epoch_;
  absl::StatusOr<int64_t> epoch = storage_->AcquireStudy(uid_);
  ASSERT_TRUE(epoch.ok());
  EXPECT_GT(*epoch, old_epoch);
  epoch_ = *epoch;
  const std::string before = Show(*storage_->GetStudyByUid(uid_));

  std::vector<parzen::storage::Change> writes;
  writes.push_back(InsertTrial{PlainTrial(1)});
  UpdateTrial update{.number = 0, .revision = 77};
  update.state = TrialState::kComplete;
  update.intermediates = {{1, 1, 1}};
  update.user_attrs = {{"a", "1"}};
  writes.push_back(update);
  UpdateStudy study;
  study.definition = "{}";
  study.state = StudyState::kFinished;
  study.revision = 99;
  study.user_attrs = {{"z", "1"}};
  writes.push_back(study);
  writes.push_back(PutRequest{SampleRequest(1, 1)});
  writes.push_back(PutRequest{SampleRequest(1, 0)});
  writes.push_back(DeleteStudy{});
  ASSERT_EQ(writes.size(), std::variant_size_v<parzen::storage::Change> + 1) << "a kind of change is missing here";
  for (const int64_t stale : {old_epoch, int64_t{0}, *epoch + 1, int64_t{-1}}) {
    for (const parzen::storage::Change& write : writes) {
      EXPECT_EQ(Commit({.study_uid = uid_, .epoch = stale, .changes = {write}}).code(), absl::StatusCode::kAborted)
          << "change " << write.index() << " with epoch " << stale;
    }
    EXPECT_EQ(Commit({.study_uid = uid_, .epoch = stale, .changes = {}}).code(), absl::StatusCode::kAborted);
  }
  EXPECT_EQ(Show(*storage_->GetStudyByUid(uid_)), before);
  EXPECT_EQ(Show(ReadOne(0)), Show(PlainTrial(0)));
  EXPECT_EQ(Load().rows.size(), 1u);
  EXPECT_TRUE(Load().requests.empty());
  EXPECT_FALSE(storage_->FindRequest(SampleRequest(1, 0).id)->has_value());

  EXPECT_EQ(Change(InsertTrial{PlainTrial(1)}), absl::OkStatus());
}

TEST_P(StorageContract, AStudyThatNobodyAcquiredTakesNoWrites) {
  ASSERT_EQ(Create(SampleStudy("a", 3)), absl::OkStatus());
  for (const int64_t epoch : {0, 1}) {
    EXPECT_EQ(Commit({.study_uid = 3, .epoch = epoch, .changes = {InsertTrial{PlainTrial(0)}}}).code(),
              absl::StatusCode::kAborted);
  }
}

TEST_P(StorageContract, AnOldEpochIsOverAfterAReopening) {
  MakeStudy();
  if (!place_->Keeps()) return;
  Reopen();
  EXPECT_EQ(Change(InsertTrial{PlainTrial(0)}).code(), absl::StatusCode::kAborted);
  ASSERT_TRUE(storage_->AcquireStudy(uid_).ok());
  EXPECT_EQ(Change(InsertTrial{PlainTrial(0)}).code(), absl::StatusCode::kAborted);
}

TEST_P(StorageContract, EpochsOfStudiesAreIndependent) {
  MakeStudy("a", 1);
  const Transaction first = Of(InsertTrial{PlainTrial(0)});
  MakeStudy("b", 2);
  EXPECT_EQ(Commit(first), absl::OkStatus());
  EXPECT_EQ(Change(InsertTrial{PlainTrial(0)}), absl::OkStatus());
}

TEST_P(StorageContract, AcquiringWaitsForWhatWasSubmittedBefore) {
  MakeStudy();
  std::atomic<int> committed = 0;
  for (int64_t number = 0; number < 50; ++number) {
    storage_->Submit(Of(InsertTrial{PlainTrial(number)}), [&](absl::Status status) { committed += status.ok(); });
  }
  ASSERT_TRUE(storage_->AcquireStudy(uid_).ok());
  EXPECT_EQ(committed, 50);
  EXPECT_EQ(Load().rows.size(), 50u);
}

TEST_P(StorageContract, ATransactionIsAppliedWholeOrNotAtAll) {
  MakeStudy();
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}, PutRequest{SampleRequest(1, 1)}), absl::OkStatus());
  const std::string before = Show(*storage_->GetStudyByUid(uid_)) + Show(ReadOne(0));
  UpdateTrial update{.number = 0, .revision = 5};
  update.values = {1.0};
  update.user_attrs = {{"a", "1"}};
  UpdateStudy study;
  study.state = StudyState::kFinished;
  TrialRecord not_json = PlainTrial(2);
  not_json.params[0].json = "not JSON";
  not_json.params[0].distribution = "new";
  const std::vector<parzen::storage::Change> spoilers = {InsertTrial{PlainTrial(7)}, UpdateTrial{.number = 9, .revision = 1},
                                                         PutRequest{SampleRequest(1, 1)}, InsertTrial{not_json}};
  for (const parzen::storage::Change& spoiler : spoilers) {
    Transaction transaction = Of(InsertTrial{SampleTrial(1)}, update, study, PutRequest{SampleRequest(2, 2)});
    transaction.changes.push_back(spoiler);
    EXPECT_FALSE(Commit(transaction).ok());
    EXPECT_EQ(Show(*storage_->GetStudyByUid(uid_)) + Show(ReadOne(0)), before);
    const Loaded loaded = Load();
    EXPECT_EQ(loaded.rows.size(), 1u);
    EXPECT_EQ(loaded.requests.size(), 1u);
    EXPECT_EQ(loaded.distributions.size(), 2u);
  }
  EXPECT_EQ(Change(InsertTrial{SampleTrial(1)}, PutRequest{SampleRequest(2, 2)}), absl::OkStatus());
  EXPECT_EQ(Show(ReadOne(1)), Show(SampleTrial(1)));
}

// A refused transaction is taken out of the batch that it came in. Those of other studies are not touched; those of the same
// study that come behind it, in that batch or later, were made in the belief that it would succeed.
TEST_P(StorageContract, ARefusedTransactionTakesAlongThoseBehindItAndNoOther) {
  TrialRecord not_json = PlainTrial(1);
  not_json.params[0].json = "not JSON";
  MakeStudy("a", 1);
  const std::vector<Transaction> a = {Of(InsertTrial{PlainTrial(0)}),
                                      Of(UpdateTrial{.number = 0, .revision = 55}, InsertTrial{not_json}),
                                      Of(InsertTrial{PlainTrial(1)})};
  MakeStudy("b", 2);
  const std::vector<Transaction> b = {Of(InsertTrial{PlainTrial(0)}, PutRequest{SampleRequest(1, 1)}),
                                      Of(InsertTrial{PlainTrial(5)}), Of(UpdateTrial{.number = 0, .revision = 55})};
  MakeStudy("c", 3);
  const std::vector<Transaction> c = {Of(InsertTrial{PlainTrial(0)}), Of(InsertTrial{PlainTrial(1)}),
                                      Of(InsertTrial{PlainTrial(2)})};

  std::vector<absl::StatusCode> codes(9, absl::StatusCode::kUnknown);
  size_t i = 0;
  for (size_t step = 0; step < 3; ++step) {
    for (const Transaction& transaction : {a[step], b[step], c[step]}) {
      storage_->Submit(transaction, [&code = codes[i++]](const absl::Status& status) { code = status.code(); });
    }
  }
  storage_->Flush();
  EXPECT_THAT(codes, testing::ElementsAre(absl::StatusCode::kOk, absl::StatusCode::kOk, absl::StatusCode::kOk,
                                          absl::StatusCode::kInvalidArgument, absl::StatusCode::kFailedPrecondition,
                                          absl::StatusCode::kOk,  //
                                          absl::StatusCode::kAborted, absl::StatusCode::kAborted, absl::StatusCode::kOk));
  EXPECT_EQ(Load(1).rows.size(), 1u);
  EXPECT_EQ(Load(1).rows[0].revision, PlainTrial(0).revision);
  EXPECT_EQ(Load(2).rows.size(), 1u);
  EXPECT_EQ(Load(2).rows[0].revision, PlainTrial(0).revision);
  EXPECT_EQ(Load(2).requests.size(), 1u);
  EXPECT_EQ(Load(3).rows.size(), 3u);

  // Until it is acquired again.
  for (int later = 0; later < 2; ++later) {
    absl::StatusCode code = absl::StatusCode::kUnknown;
    storage_->Submit(a[2], [&](const absl::Status& status) { code = status.code(); });
    storage_->Flush();
    EXPECT_EQ(code, absl::StatusCode::kAborted);
  }
  absl::StatusOr<int64_t> epoch = storage_->AcquireStudy(1);
  ASSERT_TRUE(epoch.ok());
  EXPECT_EQ(Commit({1, *epoch, {InsertTrial{PlainTrial(1)}}}), absl::OkStatus());
}

TEST_P(StorageContract, CallbacksComeInTheOrderOfSubmissionAndFlushWaitsForThem) {
  MakeStudy();
  std::vector<int64_t> order;  // of the writer only; Flush makes it visible
  for (int64_t number = 0; number < 300; ++number) {
    storage_->Submit(Of(InsertTrial{PlainTrial(number)}), [&order, number](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      order.push_back(number);
    });
    if (number % 50 == 0) storage_->SubmitRequest(SampleRequest(1, 0), [&order](const absl::Status&) { order.push_back(-1); });
  }
  storage_->Flush();
  ASSERT_EQ(order.size(), 306u);
  std::erase(order, -1);
  for (int64_t number = 0; number < 300; ++number) EXPECT_EQ(order[static_cast<size_t>(number)], number);
}

TEST_P(StorageContract, WhatIsAnsweredCanBeRead) {
  MakeStudy();
  std::atomic<int> found = 0;
  for (int64_t number = 0; number < 100; ++number) {
    storage_->Submit(Of(InsertTrial{PlainTrial(number)}), [&, number](const absl::Status&) {
      found += storage_->ReadTrials(uid_, std::vector<int64_t>{number}, View::kFull).ok();
    });
  }
  storage_->Flush();
  EXPECT_EQ(found, 100);
}

TEST_P(StorageContract, ACallbackCanSubmitMore) {
  MakeStudy();
  std::atomic<int> done = 0;
  std::function<void(int64_t)> next = [&](int64_t number) {
    storage_->Submit(Of(InsertTrial{PlainTrial(number)}), [&, number](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      ++done;
      if (number < 20) next(number + 1);
    });
  };
  next(0);
  while (done < 21) storage_->Flush();
  EXPECT_EQ(Load().rows.size(), 21u);
}

TEST_P(StorageContract, TheDestructorFinishesWhatIsQueued) {
  MakeStudy();
  std::atomic<int> committed = 0;
  for (int64_t number = 0; number < 100; ++number) {
    storage_->Submit(Of(InsertTrial{PlainTrial(number)}), [&](const absl::Status& status) { committed += status.ok(); });
  }
  storage_.reset();
  EXPECT_EQ(committed, 100);
  if (!place_->Keeps()) return;
  storage_ = place_->Open();
  EXPECT_EQ(Load().rows.size(), 100u);
}

// 32 threads on 4 studies: as a server, each study's changes are numbered and submitted under one lock.
TEST_P(StorageContract, ManyThreadsWriteAndRead) {
  constexpr int kStudies = 4, kThreads = 32, kTrialsEach = 25;
  struct Study {
    uint64_t uid = 0;
    int64_t epoch = 0;
    std::mutex mutex;
    int64_t next = 0;
    int64_t locator = 0;
  };
  std::vector<Study> studies(kStudies);
  for (int i = 0; i < kStudies; ++i) {
    MakeStudy(absl::StrCat("s", i), static_cast<uint64_t>(i + 1));
    studies[static_cast<size_t>(i)].uid = uid_;
    studies[static_cast<size_t>(i)].epoch = epoch_;
  }
  std::atomic<int> failures = 0, told = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Study& study = studies[static_cast<size_t>(t % kStudies)];
      for (int i = 0; i < kTrialsEach; ++i) {
        const std::lock_guard<std::mutex> guard(study.mutex);
        const int64_t number = study.next++;
        const auto count = [&](const absl::Status& status) { ++(status.ok() ? told : failures); };
        storage_->Submit(
            {study.uid, study.epoch, {InsertTrial{PlainTrial(number)}, PutRequest{SampleRequest(1, ++study.locator)}}}, count);
        UpdateTrial tell{.number = number, .revision = number + 1000};
        tell.state = TrialState::kComplete;
        tell.values = {0.5};
        storage_->Submit({study.uid, study.epoch, {tell, PutRequest{SampleRequest(2, ++study.locator)}}}, count);
      }
      // Whatever is seen is whole: no trial without the ones before it.
      Loaded loaded;
      failures += !storage_->Load(study.uid, &loaded).ok();
      for (size_t i = 0; i < loaded.rows.size(); ++i) failures += loaded.rows[i].number != static_cast<int64_t>(i);
      failures += !storage_->GetStudyByUid(study.uid).ok();
      failures += !storage_->ListStudies("", "", 10).ok();
    });
  }
  for (std::thread& thread : threads) thread.join();
  storage_->Flush();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(told, 2 * kThreads * kTrialsEach);
  for (const Study& study : studies) {
    const Loaded loaded = Load(study.uid);
    EXPECT_EQ(loaded.rows.size(), static_cast<size_t>(kThreads / kStudies * kTrialsEach));
    EXPECT_TRUE(loaded.unfinished.empty());
    EXPECT_EQ(loaded.requests.size(), 2 * loaded.rows.size());
  }
}

TEST_P(StorageContract, StudiesAreMadeAndDeletedBesideWrites) {
  MakeStudy("steady", 1000);
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const auto uid = static_cast<uint64_t>(t * 10 + i + 1);
        storage_->CreateStudy(SampleStudy(absl::StrCat("passing ", t), uid), std::nullopt,
                              [&](const absl::Status& status) { failures += !status.ok(); });
        absl::StatusOr<int64_t> epoch = storage_->AcquireStudy(uid);
        if (!epoch.ok()) {
          ++failures;
          continue;
        }
        const auto count = [&](const absl::Status& status) { failures += !status.ok(); };
        storage_->Submit({uid, *epoch, {InsertTrial{SampleTrial(0)}, PutRequest{SampleRequest(1, 1)}}}, count);
        storage_->Submit({uid, *epoch, {DeleteStudy{}}}, count);
      }
    });
  }
  for (int64_t number = 0; number < 100; ++number) {
    storage_->Submit(Of(InsertTrial{SampleTrial(number)}), [&](const absl::Status& status) { failures += !status.ok(); });
  }
  for (std::thread& thread : threads) thread.join();
  storage_->Flush();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(storage_->ListStudies("", "", 100)->size(), 1u);
  EXPECT_EQ(Load().rows.size(), 100u);
}

}  // namespace
}  // namespace parzen::storage
