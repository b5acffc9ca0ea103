// Watch: each changed trial with its latest state, from memory or from storage.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

// Reads a watch until it has a revision, as the front does: whenever it is told that there is more.
class Reader {
 public:
  Reader(Harness* harness, WatchCommand command) {
    auto watcher = Wait<std::unique_ptr<Watcher>>(
        [&](auto done) { harness->service().Watch(std::move(command), [this] { Read(); }, std::move(done)); });
    EXPECT_EQ(watcher.status(), absl::OkStatus());
    watcher_ = *std::move(watcher);
    Read();
  }
  ~Reader() {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    moved_.wait(lock, [this] { return !reading_; });
  }

  void WaitFor(int64_t revision) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return revision_ >= revision || !status_.ok(); });
  }
  absl::Status WaitForEnd() {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return !status_.ok(); });
    return status_;
  }
  std::map<int64_t, Trial> trials() {
    const std::lock_guard lock(mutex_);
    return trials_;
  }
  int studies() {
    const std::lock_guard lock(mutex_);
    return studies_;
  }

 private:
  void Read() {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
      EXPECT_FALSE(reading_);
      reading_ = true;
    }
    watcher_->Read([this](absl::StatusOr<WatchBatch> batch) {
      bool more = false;
      {
        const std::lock_guard lock(mutex_);
        reading_ = false;
        if (batch.ok()) {
          for (Trial& trial : batch->trials) {
            EXPECT_GT(trial.revision, last_);
            last_ = trial.revision;
            trials_[trial.handle.number] = std::move(trial);
          }
          revision_ = batch->revision;
          studies_ += batch->study.has_value();
          more = batch->more;
        } else {
          status_ = batch.status();
        }
        moved_.notify_all();
      }
      if (more) Read();
    });
  }

  std::mutex mutex_;
  std::condition_variable moved_;
  bool reading_ = false, stopped_ = false;
  int64_t revision_ = -1, last_ = 0;
  int studies_ = 0;
  absl::Status status_;
  std::map<int64_t, Trial> trials_;
  std::unique_ptr<Watcher> watcher_;
};

TEST(WatchTest, MissesNothing) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 4; ++i) readers.push_back(std::make_unique<Reader>(&harness, WatchCommand{"s", 0, View::kBasic, {}}));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&harness, i] {
      for (int k = 0; k < 200; ++k) {
        const Trial trial = harness.AskOne("s");
        if (k % 4 == 0) harness.Report({{}, {{trial.handle, 1, 0.5}}}).status().IgnoreError();
        harness.Tell(trial, {1.0 * i}).status().IgnoreError();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const int64_t revision = harness.GetStudy("s")->revision;
  const std::vector<Trial> trials = harness.AllTrials("s");
  ASSERT_EQ(trials.size(), 800u);
  for (const auto& reader : readers) {
    reader->WaitFor(revision);
    const auto seen = reader->trials();
    ASSERT_EQ(seen.size(), trials.size());
    for (const Trial& trial : trials) EXPECT_EQ(Summary(seen.at(trial.handle.number)), Summary(trial));
    EXPECT_EQ(reader->studies(), 1);
  }
  UpdateStudyCommand pause;
  pause.study = "s";
  pause.state = StudyState::kPaused;
  const auto paused = harness.UpdateStudy(pause);
  for (const auto& reader : readers) {
    reader->WaitFor(paused->revision);
    EXPECT_EQ(reader->studies(), 2);
  }
  ASSERT_EQ(harness.DeleteStudy({{}, "s", 0}), absl::OkStatus());
  for (const auto& reader : readers) EXPECT_EQ(Reason(reader->WaitForEnd()), "STUDY_DELETED");
}

// Everything of a trial, as a picture.
std::string EverythingOf(const Trial& trial) {
  std::string text = Summary(trial) + " r" + std::to_string(trial.revision) + " " + trial.worker + " " + trial.reason;
  for (const storage::Intermediate& value : trial.intermediates) text += absl::StrCat(" ", value.step, ":", value.value);
  for (const auto& [name, value] : trial.constraints) text += absl::StrCat(" ", name, "<=", value);
  for (const auto& [key, json] : trial.user_attrs) text += " " + key + "=" + json;
  for (const auto& [key, json] : trial.system_attrs) text += " " + key + "=" + json;
  for (const std::string& name : trial.fixed_params) text += " fixed " + name;
  return text;
}

TEST(WatchTest, WhatIsInMemoryReadsAsWhatIsStored) {
  Harness harness(Harness::Kind::kFile);
  harness.MakeStudy("s", Define({Real("x", 0, 1), Choices("c", {std::string("a"), int64_t{1}, std::monostate()})}));
  const auto lives = [&harness](const Trial& trial) {
    harness.Report({{}, {{trial.handle, 7, 0.5}, {trial.handle, 2, 0.25}, {trial.handle, 7, -0.0}}}).status().IgnoreError();
    UpdateTrialCommand update;
    update.trial = trial.handle;
    update.user_attrs = {{"z", "1"}, {"a", R"({"b": [2]})"}};
    update.system_attrs = {{"sys", "null"}};
    update.constraints = {{"mem", -1}};
    EXPECT_EQ(harness.UpdateTrial(update).status(), absl::OkStatus());
  };
  lives(harness.AskOne("s"));
  const Trial ended = harness.AskOne("s");
  lives(ended);
  EXPECT_EQ(harness.Tell(ended, {0.5}).status(), absl::OkStatus());
  EXPECT_EQ(harness.TellFailed(harness.AskOne("s"), FailureKind::kPreempted).status(), absl::OkStatus());
  EXPECT_EQ(harness.TellFailed(harness.AskOne("s"), FailureKind::kInfeasible).status(), absl::OkStatus());
  EnqueueCommand enqueue;
  enqueue.study = "s";
  enqueue.params = {{"x", 0.25, std::nullopt}};
  EXPECT_EQ(harness.Enqueue(enqueue).status(), absl::OkStatus());
  const int64_t revision = harness.GetStudy("s")->revision;
  const auto all = [&](View view) {
    Reader reader(&harness, {"s", 0, view, {}});
    reader.WaitFor(revision);
    std::vector<std::string> trials;
    for (const auto& [number, trial] : reader.trials()) trials.push_back(EverythingOf(trial));
    return trials;
  };
  const auto full = all(View::kFull), basic = all(View::kBasic);
  EXPECT_EQ(full.size(), 4U) << "the one that was given up is asked for again";
  EXPECT_THAT(full[1], testing::HasSubstr("a={"));
  EXPECT_THAT(basic[1], testing::Not(testing::HasSubstr("a={")));
  harness.Restart();
  EXPECT_EQ(all(View::kFull), full);
  EXPECT_EQ(all(View::kBasic), basic);
}

TEST(WatchTest, ResumesAfterARevisionAndFilters) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const auto trials = harness.Ask("s", 3)->trials;
  const auto told = harness.Tell(trials[1], {1});
  Reader complete(&harness, {"s", 0, View::kBasic, {TrialState::kComplete}});
  complete.WaitFor(told->trials[0].revision);
  EXPECT_EQ(complete.trials().size(), 1u);
  Reader later(&harness, {"s", trials[2].revision, View::kBasic, {}});
  later.WaitFor(told->trials[0].revision);
  EXPECT_EQ(later.trials().size(), 1u);
  EXPECT_EQ(Reason(Wait<std::unique_ptr<Watcher>>([&](auto done) {
                     harness.service().Watch({"nobody", 0, View::kBasic, {}}, [] {}, std::move(done));
                   }).status()),
            "NO_SUCH_STUDY");
}

}  // namespace
}  // namespace parzen::engine
