// Commits that fail: what was staged is forgotten, memory and disk agree, numbers and revisions are used again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <thread>

#include "tests/server/engine/harness.h"
#include "tests/storage/fault_vfs.h"

namespace parzen::engine {
namespace {

using storage::FaultVfs;

// Everything that readers can see of a study.
std::string Picture(Harness* harness, const std::string& name) {
  const absl::StatusOr<Study> study = harness->GetStudy(name);
  EXPECT_EQ(study.status(), absl::OkStatus());
  if (!study.ok()) return "";
  std::string text = "revision " + std::to_string(study->revision) + "\n";
  for (const Trial& trial : harness->AllTrials(name)) text += Summary(trial) + "\n";
  ListTrialsCommand changed;
  changed.study = name;
  changed.changed_after = 0;
  changed.page_size = 10'000;
  const auto by_revision = harness->ListTrials(changed);
  EXPECT_EQ(by_revision.status(), absl::OkStatus());
  if (!by_revision.ok()) return "";
  for (const Trial& trial : by_revision->trials) text += std::to_string(trial.handle.number) + " ";
  const auto best = harness->BestTrials({name});
  EXPECT_EQ(best.status(), absl::OkStatus());
  if (!best.ok()) return "";
  for (const Trial& trial : best->trials) text += "best " + Summary(trial);
  return text;
}

TEST(FailingCommitsTest, NothingOfAFailedCommitIsSeen) {
  FaultVfs vfs;
  Harness harness(Harness::Kind::kFile, {}, vfs.name());
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskOne("s");
  const std::string before = Picture(&harness, "s");
  struct {
    FaultVfs::Operation operation;
    int code;
    const char* reason;
  } const faults[] = {
      {FaultVfs::Operation::kSync, SQLITE_IOERR_FSYNC, "STORAGE_FAILED"},
      {FaultVfs::Operation::kWrite, SQLITE_IOERR_WRITE, "STORAGE_FAILED"},
      {FaultVfs::Operation::kWrite, SQLITE_FULL, "DISK_FULL"},
  };
  for (const auto& fault : faults) {
    vfs.Inject({.operation = fault.operation, .code = fault.code, .file = FaultVfs::File::kLog});
    EXPECT_EQ(Reason(harness.Ask("s").status()), fault.reason);
    EXPECT_NE(harness.Tell(trial, {1}).status(), absl::OkStatus());
    vfs.Clear();
    EXPECT_EQ(Picture(&harness, "s"), before);
  }
  // Numbers and revisions are used again, and the same request works now.
  EXPECT_EQ(harness.AskOne("s").handle.number, 1);
  ASSERT_EQ(harness.Tell(trial, {1}).status(), absl::OkStatus());
  const std::string after = Picture(&harness, "s");
  harness.Restart();
  EXPECT_EQ(Picture(&harness, "s"), after);
}

// A trial that runs is read from memory, where it may be a commit ahead of what is durable.
TEST(FailingCommitsTest, AReadIsAnsweredWhenWhatItShowsIsDurableOrWithWhatWasBefore) {
  for (const bool fails : {false, true}) {
    SCOPED_TRACE(fails);
    FaultVfs vfs;
    Harness harness(Harness::Kind::kFile, {}, vfs.name());
    const Study study = harness.MakeStudy("s", Define({}));
    BeginTrialCommand begin;
    begin.study_uid = study.uid;
    ASSERT_TRUE(Wait<BeginTrialAnswer>([&](auto done) { harness.service().BeginTrial(begin, done); }).ok());
    // The writer stands in a callback.
    std::promise<void> stands, go;
    harness.storage().ExpireRequests(0, [&](const absl::Status&) {
      stands.set_value();
      go.get_future().wait();
    });
    stands.get_future().wait();
    AmendTrialCommand amend;
    amend.trial = {study.uid, 0};
    amend.user_attrs = {{"a", "1"}};
    std::promise<absl::Status> amended;
    harness.service().AmendTrial(amend, [&](const auto& answer) { amended.set_value(answer.status()); });
    std::promise<absl::StatusOr<ReadTrialsAnswer>> read;
    harness.service().ReadTrials({study.uid, std::nullopt, {0}}, [&](auto answer) { read.set_value(std::move(answer)); });
    auto answer = read.get_future();
    EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    if (fails) vfs.Inject({.operation = FaultVfs::Operation::kSync, .times = 1, .code = SQLITE_IOERR_FSYNC});
    go.set_value();
    EXPECT_EQ(amended.get_future().get().ok(), !fails);
    const auto trials = answer.get();
    ASSERT_TRUE(trials.ok()) << trials.status();
    ASSERT_EQ(trials->trials.size(), 1u);
    EXPECT_EQ(trials->trials[0].user_attrs, fails ? Attributes() : amend.user_attrs);
  }
}

TEST(FailingCommitsTest, WorkersRetryUntilEverythingIsThereOnce) {
  constexpr int kThreads = 8;
  constexpr int kEach = 60;
  FaultVfs vfs;
  Harness harness(Harness::Kind::kFile, {}, vfs.name());
  harness.MakeStudy("s", Define({Real("x", 0, 1), Whole("n", 1, 100)}));
  std::atomic<int> working{kThreads};
  std::atomic<int> failures{0};
  std::vector<std::vector<Trial>> told(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      uint64_t id = 1000 * static_cast<uint64_t>(i + 1);
      for (int k = 0; k < kEach; ++k) {
        AskCommand ask;
        ask.study = "s";
        ask.worker = std::to_string(i);
        ask.request = Key(++id);
        absl::StatusOr<AskAnswer> asked = harness.Ask(ask);
        for (; !asked.ok(); asked = harness.Ask(ask)) ++failures;
        TellCommand tell;
        tell.request = Key(++id);
        tell.outcomes.resize(1);
        tell.outcomes[0].trial = asked->trials[0].handle;
        tell.outcomes[0].values = {static_cast<double>(id)};
        absl::StatusOr<TellAnswer> answer = harness.Tell(tell);
        for (; !answer.ok(); answer = harness.Tell(tell)) ++failures;
        told[i].push_back(answer->trials[0]);
      }
      --working;
    });
  }
  // Now and then a commit fails, at another step of it each time.
  for (int64_t round = 0; working > 0; ++round) {
    const bool full = round % 3 == 0;
    vfs.Inject({.operation = full ? FaultVfs::Operation::kWrite : FaultVfs::Operation::kSync,
                .after = 20 + round % 7,
                .times = 1,
                .code = full ? SQLITE_FULL : SQLITE_IOERR_FSYNC,
                .file = FaultVfs::File::kLog});
    while (working > 0 && vfs.Failed() == 0) std::this_thread::yield();
  }
  vfs.Clear();
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(failures, 0);
  const std::string picture = Picture(&harness, "s");
  const std::vector<Trial> trials = harness.AllTrials("s");
  ASSERT_EQ(trials.size(), static_cast<size_t>(kThreads * kEach));
  std::set<int64_t> numbers;
  for (const auto& mine : told) {
    for (const Trial& trial : mine) {
      EXPECT_TRUE(numbers.insert(trial.handle.number).second);
      EXPECT_EQ(Summary(trials.at(trial.handle.number)), Summary(trial));
    }
  }
  harness.Restart();
  EXPECT_EQ(Picture(&harness, "s"), picture);
}

}  // namespace
}  // namespace parzen::engine
