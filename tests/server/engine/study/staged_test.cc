// StagedStudy alone: no storage, no threads, no clock.

#include "server/engine/study/staged.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "server/engine/study/durable.h"
#include "storage/apply.h"

namespace parzen::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StagedTest : public testing::Test {
 protected:
  static Face FaceWith(std::optional<int64_t> max_trials) {
    StudyDefinition definition;
    definition.max_trials = max_trials;
    Face face;
    face.definition = std::make_shared<const StudyDefinition>(std::move(definition));
    face.revision = 1;
    return face;
  }

  explicit StagedTest(std::optional<int64_t> max_trials = std::nullopt)
      : staged_("study", FaceWith(max_trials), 1), durable_(std::make_shared<const Face>(staged_.face())) {}

  // The next trial, in its own transaction.
  int64_t Insert(TrialState state) {
    LiveTrial trial;
    trial.record.number = staged_.trials().size();
    trial.record.state = state;
    trial.record.worker = "w";
    if (state == TrialState::kComplete) trial.record.values = {0.5};
    const int64_t number = trial.record.number;
    staged_.Insert(std::move(trial), &batch_);
    return number;
  }
  void Change(int64_t number, std::optional<TrialState> state, std::optional<int32_t> attempt = std::nullopt) {
    storage::UpdateTrial update;
    update.number = number;
    update.state = state;
    update.attempt = attempt;
    if (state == TrialState::kComplete) update.values = {0.25};
    staged_.Change(std::move(update), &batch_);
  }
  // What was staged since the last time is durable.
  void Commit() {
    durable_.Apply(batch_);
    for (const TrialEffect& effect : batch_.effects) staged_.Settle(effect);
    batch_ = Batch();
  }

  StagedStudy staged_;
  DurableStudy durable_;
  Batch batch_;
};

TEST_F(StagedTest, EveryChangeHasItsOwnRevision) {
  const int64_t number = Insert(TrialState::kRunning);
  EXPECT_EQ(staged_.revision(), 2);
  EXPECT_EQ(staged_.Find(number)->record.revision, 2);
  Change(number, std::nullopt);
  EXPECT_EQ(staged_.revision(), 3);
  EXPECT_EQ(staged_.Find(number)->record.revision, 3);
  ASSERT_EQ(batch_.effects.size(), 2u);
  EXPECT_EQ(batch_.effects[0].revision, 2);
  EXPECT_EQ(batch_.effects[1].revision, 3);
  EXPECT_EQ(batch_.revision, 3);
}

TEST_F(StagedTest, TheChangesAppliedOneByOneAreTheRecord) {
  const int64_t number = Insert(TrialState::kRunning);
  Change(number, TrialState::kWaiting, 1);
  Change(number, TrialState::kRunning);
  Change(number, TrialState::kComplete);
  storage::TrialRecord record = std::get<storage::InsertTrial>(batch_.changes[0]).trial;
  for (size_t i = 1; i < batch_.changes.size(); ++i) {
    storage::Apply(std::get<storage::UpdateTrial>(batch_.changes[i]), &record);
  }
  const storage::TrialRecord& live = staged_.Find(number)->record;
  EXPECT_EQ(record.state, live.state);
  EXPECT_EQ(record.attempt, live.attempt);
  EXPECT_EQ(record.values, live.values);
  EXPECT_EQ(record.revision, live.revision);
  EXPECT_EQ(record.told_at_revision, live.revision) << "the end's own revision";
}

TEST_F(StagedTest, TrialsTakenBackWaitApartFromNewOnes) {
  Insert(TrialState::kRunning);
  Insert(TrialState::kWaiting);
  EXPECT_THAT(staged_.trials().waiting(), ElementsAre(1));
  EXPECT_THAT(staged_.trials().retries(), IsEmpty());
  Change(0, TrialState::kWaiting, 1);
  EXPECT_THAT(staged_.trials().waiting(), ElementsAre(1));
  EXPECT_THAT(staged_.trials().retries(), ElementsAre(0));
  Change(0, TrialState::kRunning);
  Change(1, TrialState::kRunning);
  EXPECT_THAT(staged_.trials().waiting(), IsEmpty());
  EXPECT_THAT(staged_.trials().retries(), IsEmpty());
  EXPECT_EQ(staged_.trials().attempt(0), 1);
  EXPECT_EQ(staged_.trials().unfinished(), 2);
}

TEST_F(StagedTest, ALeaseEndsWithItsRun) {
  const int64_t number = Insert(TrialState::kRunning);
  staged_.SetLease(number, 100);
  EXPECT_EQ(staged_.leases().Next(), 100);
  Change(number, std::nullopt);
  EXPECT_EQ(staged_.leases().Deadline(number), 100) << "a report leaves it as it is";
  Change(number, TrialState::kWaiting, 1);
  EXPECT_TRUE(staged_.leases().empty());
}

TEST_F(StagedTest, WhatEndsIsToBeLearnedInTheOrderStaged) {
  for (int i = 0; i < 3; ++i) Insert(TrialState::kRunning);
  Change(2, TrialState::kComplete);
  Change(0, TrialState::kFailed);
  const std::vector<Ended> ended = staged_.TakeEnded();
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_EQ(ended[0].row, 2);
  EXPECT_EQ(ended[0].outcome.state, RowState::kComplete);
  EXPECT_THAT(ended[0].outcome.values, ElementsAre(0.25));
  EXPECT_EQ(ended[1].row, 0);
  EXPECT_EQ(ended[1].outcome.state, RowState::kFailed);
  EXPECT_THAT(staged_.TakeEnded(), IsEmpty());
}

TEST_F(StagedTest, AnEndedTrialIsKeptUntilItIsDurable) {
  const int64_t number = Insert(TrialState::kRunning);
  Commit();
  Change(number, TrialState::kComplete);
  ASSERT_NE(staged_.Find(number), nullptr);
  EXPECT_TRUE(staged_.Find(number)->ended());
  Change(number, std::nullopt);  // an attribute: its end is not its latest change
  Batch end = std::move(batch_);
  batch_ = Batch();
  Batch attribute;
  attribute.effects.push_back(end.effects.back());
  end.effects.pop_back();
  for (const TrialEffect& effect : end.effects) staged_.Settle(effect);
  EXPECT_NE(staged_.Find(number), nullptr) << "a change of it is on its way";
  for (const TrialEffect& effect : attribute.effects) staged_.Settle(effect);
  EXPECT_EQ(staged_.Find(number), nullptr);
}

TEST_F(StagedTest, ReadersSeeWhatIsDurable) {
  const int64_t first = Insert(TrialState::kRunning);
  EXPECT_EQ(staged_.trials().Counts().running, 1);
  EXPECT_FALSE(durable_.Has(first));
  EXPECT_EQ(durable_.Counts().total(), 0);
  Commit();
  EXPECT_TRUE(durable_.Has(first));
  EXPECT_EQ(durable_.Counts().running, 1);
  EXPECT_EQ(durable_.revision(), 2);
  Change(first, TrialState::kComplete);
  EXPECT_EQ(durable_.Counts().complete, 0);
  EXPECT_EQ(durable_.TakeCandidates().size(), 0u);
  Commit();
  EXPECT_EQ(durable_.Counts().complete, 1);
  EXPECT_EQ(durable_.Counts().running, 0);
  const Candidates candidates = durable_.TakeCandidates();
  ASSERT_EQ(candidates.size(), 1u);
  EXPECT_EQ(candidates.number(0), first);
  const auto any = [](TrialState) { return true; };
  EXPECT_THAT(durable_.AfterRevision(2, 10, any), ElementsAre(RevisionLog::Entry{3, first}));
  EXPECT_THAT(durable_.AfterRevision(3, 10, any), IsEmpty());
  EXPECT_THAT(durable_.AfterNumber(-1, 10, any), ElementsAre(RevisionLog::Entry{3, first}));
}

TEST_F(StagedTest, AnImportedTrialIsToldAsItComes) {
  LiveTrial trial;
  trial.record.state = TrialState::kComplete;
  trial.record.values = {1};
  trial.record.imported = true;
  staged_.Insert(std::move(trial), &batch_);
  EXPECT_EQ(staged_.Find(0), nullptr);
  EXPECT_EQ(staged_.trials().imported(), 1);
  EXPECT_EQ(staged_.trials().unfinished(), 0);
  EXPECT_EQ(std::get<storage::InsertTrial>(batch_.changes[0]).trial.told_at_revision, 2);
  EXPECT_THAT(staged_.TakeEnded(), IsEmpty()) << "whoever adds it tells the learner";
  Commit();
  EXPECT_EQ(durable_.Counts().imported, 1);
  EXPECT_EQ(durable_.TakeCandidates().size(), 1u);
}

class BoundedTest : public StagedTest {
 protected:
  BoundedTest() : StagedTest(2) {}
};

TEST_F(BoundedTest, FinishesWhenAllHaveEnded) {
  EXPECT_EQ(staged_.Room(), 2);
  Insert(TrialState::kRunning);
  Insert(TrialState::kRunning);
  EXPECT_EQ(staged_.Room(), 0);
  Change(0, TrialState::kComplete);
  staged_.FinishIfDue(0, &batch_);
  EXPECT_EQ(staged_.face().state, StudyState::kActive) << "one still runs";
  Change(1, TrialState::kFailed);
  staged_.FinishIfDue(0, &batch_);
  EXPECT_EQ(staged_.face().state, StudyState::kFinished);
  EXPECT_EQ(staged_.face().revision, staged_.revision());
  EXPECT_EQ(durable_.face()->state, StudyState::kActive);
  Commit();
  EXPECT_EQ(durable_.face()->state, StudyState::kFinished);
  const int64_t revision = staged_.revision();
  staged_.FinishIfDue(0, &batch_);
  EXPECT_EQ(staged_.revision(), revision) << "it is finished";
}

TEST_F(BoundedTest, ImportedTrialsTakeNoRoom) {
  LiveTrial trial;
  trial.record.state = TrialState::kFailed;
  trial.record.imported = true;
  staged_.Insert(std::move(trial), &batch_);
  EXPECT_EQ(staged_.Room(), 2);
  Insert(TrialState::kWaiting);
  EXPECT_EQ(staged_.Room(), 1);
}

TEST_F(StagedTest, TheLastSmallTrialsThatEndedAreStillThere) {
  const TrialTable& trials = staged_.trials();
  const int64_t first = Insert(TrialState::kRunning);
  const int64_t large = Insert(TrialState::kRunning);
  EXPECT_EQ(trials.FindRecent(first), trials.Find(first));
  staged_.Find(large)->record.user_attrs = {{"a", std::string(100'000, '1')}};
  Change(first, TrialState::kComplete);
  Change(large, TrialState::kComplete);
  Commit();
  EXPECT_EQ(trials.Find(first), nullptr);
  ASSERT_NE(trials.FindRecent(first), nullptr);
  EXPECT_THAT(trials.FindRecent(first)->record.values, ElementsAre(0.25));
  EXPECT_EQ(trials.FindRecent(large), nullptr);
  Change(first, std::nullopt);  // what is in memory is no longer all of it
  EXPECT_EQ(trials.FindRecent(first), nullptr);
  for (int i = 0; i < 200; ++i) {
    Change(Insert(TrialState::kRunning), TrialState::kComplete);
    Commit();
  }
  int kept = 0;
  for (int64_t number = 0; number < trials.size(); ++number) kept += trials.FindRecent(number) != nullptr;
  EXPECT_EQ(kept, 128);
  EXPECT_NE(trials.FindRecent(trials.size() - 1), nullptr);
}

TEST_F(StagedTest, WhereSomebodyWatchesMoreOfThemAreThereWithinBounds) {
  const TrialTable& trials = staged_.trials();
  staged_.KeepMore();
  const auto end_with = [this](size_t bytes) {
    const int64_t number = Insert(TrialState::kRunning);
    staged_.Find(number)->record.user_attrs = {{"a", std::string(bytes, '1')}};
    Change(number, TrialState::kComplete);
    Commit();
  };
  const auto kept = [&trials] {
    int64_t count = 0;
    for (int64_t number = 0; number < trials.size(); ++number) count += trials.ShareRecent(number) != nullptr;
    return count;
  };
  for (int i = 0; i < 300; ++i) end_with(10);
  EXPECT_EQ(kept(), 256);
  const std::shared_ptr<const LiveTrial> shared = trials.ShareRecent(200);
  const size_t small = trials.MemoryBytes();
  for (int i = 0; i < 300; ++i) end_with(10'000);
  EXPECT_GT(kept(), 20);
  EXPECT_LT(kept(), 105) << "of at most 1 MiB";
  EXPECT_LT(trials.MemoryBytes(), small + RecentTrials::kMostBytes);
  EXPECT_EQ(trials.ShareRecent(200), nullptr);
  EXPECT_EQ(shared->record.number, 200) << "whoever reads it still has it";
}

TEST_F(StagedTest, ADeletedStudySaysSo) {
  EXPECT_FALSE(staged_.deleted());
  staged_.Delete(&batch_);
  EXPECT_TRUE(staged_.deleted());
  EXPECT_TRUE(batch_.deletes);
  ASSERT_EQ(batch_.changes.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<storage::DeleteStudy>(batch_.changes[0]));
}

}  // namespace
}  // namespace parzen::engine
