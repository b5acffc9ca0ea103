#include "storage/apply.h"
#include "tests/storage/contract.h"

namespace parzen::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Sets every field of trial 0 to nothing.
UpdateTrial Clearing() {
  UpdateTrial clear{.number = 0, .revision = 0};
  clear.state = TrialState::kWaiting;
  clear.attempt = clear.losses = 0;
  clear.params.emplace();
  clear.values.emplace();
  clear.constraints.emplace();
  clear.metrics.emplace();
  clear.worker = clear.principal = clear.reason = clear.sampler_draft = "";
  clear.lease_micros = clear.started_at = clear.finished_at = 0;
  clear.failure = FailureKind::kNone;
  clear.stop_requested = false;
  clear.sampled_at_revision = clear.told_at_revision = 0;
  clear.definition_version = clear.algorithm_version = 0;
  return clear;
}

TEST_P(StorageContract, KeepsEveryFieldOfATrialToTheBit) {
  MakeStudy();
  const TrialRecord sample = SampleTrial(0);
  TrialRecord empty;
  empty.number = 1;
  ASSERT_EQ(Change(InsertTrial{sample}, InsertTrial{empty}), absl::OkStatus());
  for (const bool reopened : {false, true}) {
    if (reopened && !place_->Keeps()) break;
    if (reopened) Reopen();
    EXPECT_EQ(Show(ReadOne(0)), Show(sample));
    EXPECT_EQ(Show(ReadOne(1)), Show(empty));
  }
}

TEST_P(StorageContract, TheBasicViewLeavesOutIntermediatesAndAttributes) {
  MakeStudy();
  TrialRecord trial = SampleTrial(0);
  ASSERT_EQ(Change(InsertTrial{trial}), absl::OkStatus());
  trial.intermediates.clear();
  trial.user_attrs.clear();
  trial.system_attrs.clear();
  EXPECT_EQ(Show(ReadOne(0, View::kBasic)), Show(trial));
}

TEST_P(StorageContract, ReadsTrialsInTheOrderAskedFor) {
  MakeStudy();
  for (int64_t number = 0; number < 5; ++number) ASSERT_EQ(Change(InsertTrial{PlainTrial(number)}), absl::OkStatus());
  absl::StatusOr<std::vector<TrialRecord>> trials = storage_->ReadTrials(uid_, std::vector<int64_t>{3, 0, 3}, View::kBasic);
  ASSERT_TRUE(trials.ok()) << trials.status();
  ASSERT_EQ(trials->size(), 3u);
  EXPECT_EQ(Show((*trials)[0]), Show(PlainTrial(3)));
  EXPECT_EQ(Show((*trials)[1]), Show(PlainTrial(0)));
  EXPECT_EQ(Show((*trials)[2]), Show(PlainTrial(3)));
  EXPECT_THAT(*storage_->ReadTrials(uid_, {}, View::kFull), IsEmpty());
  for (const int64_t missing : {int64_t{5}, int64_t{-1}, int64_t{1} << 32, int64_t{1} << 62}) {
    EXPECT_EQ(storage_->ReadTrials(uid_, std::vector<int64_t>{0, missing}, View::kBasic).status().code(),
              absl::StatusCode::kNotFound)
        << missing;
  }
}

TEST_P(StorageContract, NumbersHaveNoHoleAndNoRepeat) {
  MakeStudy();
  EXPECT_EQ(Change(InsertTrial{PlainTrial(1)}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Change(InsertTrial{PlainTrial(-1)}).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}, InsertTrial{PlainTrial(1)}), absl::OkStatus());
  EXPECT_EQ(Change(InsertTrial{PlainTrial(1)}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Change(InsertTrial{PlainTrial(3)}).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(Change(InsertTrial{PlainTrial(2)}), absl::OkStatus());
  EXPECT_EQ(Load().rows.size(), 3u);
}

TEST_P(StorageContract, AnUpdateSetsWhatIsSet) {
  MakeStudy();
  TrialRecord trial = PlainTrial(0);
  ASSERT_EQ(Change(InsertTrial{trial}), absl::OkStatus());
  UpdateTrial nothing{.number = 0, .revision = 50};
  trial.revision = 50;
  ASSERT_EQ(Change(nothing), absl::OkStatus());
  EXPECT_EQ(Show(ReadOne(0)), Show(trial));

  // One field at a time.
  const TrialRecord sample = SampleTrial(0);
  const auto set = [&](auto field_of_update, auto field_of_record) {
    UpdateTrial update{.number = 0, .revision = ++trial.revision};
    update.*field_of_update = sample.*field_of_record;
    TrialRecord by_hand = trial;
    by_hand.*field_of_record = sample.*field_of_record;
    Apply(update, &trial);
    ASSERT_EQ(Show(trial), Show(by_hand));
    ASSERT_EQ(Change(update), absl::OkStatus());
    ASSERT_EQ(Show(ReadOne(0)), Show(trial));
  };
  set(&UpdateTrial::state, &TrialRecord::state);
  set(&UpdateTrial::attempt, &TrialRecord::attempt);
  set(&UpdateTrial::losses, &TrialRecord::losses);
  set(&UpdateTrial::params, &TrialRecord::params);
  set(&UpdateTrial::values, &TrialRecord::values);
  set(&UpdateTrial::constraints, &TrialRecord::constraints);
  set(&UpdateTrial::metrics, &TrialRecord::metrics);
  set(&UpdateTrial::worker, &TrialRecord::worker);
  set(&UpdateTrial::principal, &TrialRecord::principal);
  set(&UpdateTrial::lease_micros, &TrialRecord::lease_micros);
  set(&UpdateTrial::started_at, &TrialRecord::started_at);
  set(&UpdateTrial::finished_at, &TrialRecord::finished_at);
  set(&UpdateTrial::failure, &TrialRecord::failure);
  set(&UpdateTrial::reason, &TrialRecord::reason);
  set(&UpdateTrial::stop_requested, &TrialRecord::stop_requested);
  set(&UpdateTrial::sampled_at_revision, &TrialRecord::sampled_at_revision);
  set(&UpdateTrial::told_at_revision, &TrialRecord::told_at_revision);
  set(&UpdateTrial::definition_version, &TrialRecord::definition_version);
  set(&UpdateTrial::algorithm_version, &TrialRecord::algorithm_version);
  set(&UpdateTrial::sampler_draft, &TrialRecord::sampler_draft);

  // All at once, back to nothing.
  TrialRecord empty;
  empty.number = 0;
  empty.created_at = trial.created_at;
  const UpdateTrial clear = Clearing();
  ASSERT_EQ(Change(clear), absl::OkStatus());
  EXPECT_EQ(Show(ReadOne(0)), Show(empty));
  Apply(clear, &trial);
  EXPECT_EQ(Show(trial), Show(empty));
}

TEST_P(StorageContract, UpdatesAddReplaceAndRemoveAttributes) {
  MakeStudy();
  TrialRecord applied = PlainTrial(0);
  ASSERT_EQ(Change(InsertTrial{applied}), absl::OkStatus());
  UpdateTrial add{.number = 0, .revision = 2};
  add.user_attrs = {{"a", "1"}, {"b", "2"}, {AwkwardText(), "\"" + std::string("x") + "\""}};
  add.system_attrs = {{"a", "3"}};
  ASSERT_EQ(Change(add), absl::OkStatus());
  UpdateTrial change{.number = 0, .revision = 3};
  change.user_attrs = {{"a", std::nullopt}, {"b", "4"}, {AwkwardText(), std::nullopt}, {"unknown", std::nullopt}};
  ASSERT_EQ(Change(change), absl::OkStatus());
  const TrialRecord trial = ReadOne(0);
  EXPECT_THAT(trial.user_attrs, ElementsAre(testing::Pair("b", "4")));
  EXPECT_THAT(trial.system_attrs, ElementsAre(testing::Pair("a", "3")));
  for (const UpdateTrial& update : {add, change}) Apply(update, &applied);
  EXPECT_EQ(Show(applied), Show(trial));
}

TEST_P(StorageContract, UpdatesAddReplaceAndClearIntermediates) {
  MakeStudy();
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}, InsertTrial{PlainTrial(1)}), absl::OkStatus());
  const auto report = [](int64_t number, std::vector<Intermediate> intermediates, bool clear = false) {
    UpdateTrial update{.number = number, .revision = 9};
    update.clear_intermediates = clear;
    update.intermediates = std::move(intermediates);
    return update;
  };
  ASSERT_EQ(Change(report(0, {{3, 0.5, 100}, {1, 0.25, 101}}), report(1, {{1, 7, 102}})), absl::OkStatus());
  ASSERT_EQ(Change(report(0, {{3, -0.0, 103}})), absl::OkStatus());
  TrialRecord trial = ReadOne(0);
  ASSERT_EQ(trial.intermediates.size(), 2u);
  EXPECT_EQ(trial.intermediates[0].step, 1);
  EXPECT_EQ(trial.intermediates[1].step, 3);
  EXPECT_EQ(Bits(trial.intermediates[1].value), Bits(-0.0));
  EXPECT_EQ(trial.intermediates[1].reported_at, 103);

  ASSERT_EQ(Change(report(0, {{2, 1, 104}}, /*clear=*/true)), absl::OkStatus());
  trial = ReadOne(0);
  ASSERT_EQ(trial.intermediates.size(), 1u);
  EXPECT_EQ(trial.intermediates[0].step, 2);
  EXPECT_EQ(ReadOne(1).intermediates.size(), 1u) << "another trial's were cleared";

  TrialRecord applied = PlainTrial(0);
  for (const UpdateTrial& update :
       {report(0, {{3, 0.5, 100}, {1, 0.25, 101}}), report(0, {{3, -0.0, 103}}), report(0, {{2, 1, 104}}, /*clear=*/true)}) {
    Apply(update, &applied);
  }
  EXPECT_EQ(Show(applied), Show(trial));
}

TEST_P(StorageContract, UpdatesOfTrialsThatAreNotThere) {
  MakeStudy();
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}), absl::OkStatus());
  for (const int64_t number : {int64_t{1}, int64_t{-1}, int64_t{1} << 32, int64_t{1} << 62}) {
    EXPECT_EQ(Change(UpdateTrial{.number = number, .revision = 1}).code(), absl::StatusCode::kNotFound) << number;
  }
  // A trial of the same transaction is there.
  EXPECT_EQ(Change(InsertTrial{PlainTrial(1)}, UpdateTrial{.number = 1, .revision = 8}), absl::OkStatus());
  EXPECT_EQ(ReadOne(1).revision, 8);
}

TEST_P(StorageContract, AnExternalValueThatIsNotJsonIsRefused) {
  MakeStudy();
  for (const char* bad : {"", "rbf", "1,2", "\"open", "}", "1 2", "NaN", "[1", "01", "1.", "-", "1e", "\"\\x\""}) {
    TrialRecord trial = PlainTrial(0);
    trial.params[1].json = bad;
    EXPECT_EQ(Change(InsertTrial{trial}).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}), absl::OkStatus());
}

}  // namespace
}  // namespace parzen::storage
