#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "storage/apply.h"
#include "tests/storage/contract.h"

namespace parzen::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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

TEST_P(StorageContract, LoadTellsWhatWasReportedWhereItIsWanted) {
  MakeStudy();
  std::vector<std::pair<int64_t, Intermediate>> expected;
  std::vector<std::pair<int64_t, std::string>> attributes;
  for (int64_t number = 0; number < 6; ++number) {
    TrialRecord trial = PlainTrial(number);
    trial.told_at_revision = 100 + number;
    trial.state = number % 2 == 0 ? TrialState::kRunning : TrialState::kComplete;
    trial.system_attrs = {{"a", "0"}, {"z", "1"}};
    if (number % 3 == 0) {
      trial.system_attrs.insert(trial.system_attrs.begin() + 1, {"marks", absl::StrCat("[", number, "]")});
      attributes.emplace_back(number, absl::StrCat("[", number, "]"));
    }
    const int64_t steps = number == 1 ? 0 : number == 4 ? 45000 : 3;  // more than a page
    for (int64_t step = 0; step < steps; ++step) {
      const Intermediate value{step * 2, static_cast<double>(step), 5 - step, {}};
      trial.intermediates.push_back(value);
      expected.emplace_back(number, value);
    }
    ASSERT_EQ(Change(InsertTrial{trial}), absl::OkStatus());
  }
  UpdateTrial update;
  update.number = 5;
  update.revision = 1;
  update.intermediates = {{9, -0.0, 7, {0.25, std::numeric_limits<double>::quiet_NaN()}}};
  ASSERT_EQ(Change(update), absl::OkStatus());
  expected.emplace_back(5, update.intermediates.front());
  MakeStudy("another", 8);
  TrialRecord other = PlainTrial(0);
  other.intermediates = {{0, 1, 1, {}}};
  other.system_attrs = {{"marks", "[]"}};
  ASSERT_EQ(Change(InsertTrial{other}), absl::OkStatus());

  Loaded loaded;
  ASSERT_EQ(storage_->Load(7, &loaded), absl::OkStatus());
  EXPECT_TRUE(loaded.intermediates.empty());
  EXPECT_TRUE(loaded.system_attrs.empty());
  EXPECT_EQ(loaded.rows[3].told_at_revision, 103);
  Loaded wanting;
  wanting.wanted = {.intermediates = true, .system_attr = "marks"};
  ASSERT_EQ(storage_->Load(7, &wanting), absl::OkStatus());
  EXPECT_EQ(wanting.system_attrs, attributes);
  ASSERT_EQ(wanting.intermediates.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto& [number, value] = wanting.intermediates[i];
    ASSERT_EQ(number, expected[i].first);
    ASSERT_EQ(value.step, expected[i].second.step);
    ASSERT_EQ(value.reported_at, expected[i].second.reported_at);
    ASSERT_EQ(Bits(value.value), Bits(expected[i].second.value));
    ASSERT_EQ(value.more.size(), expected[i].second.more.size());
    for (size_t k = 0; k < value.more.size(); ++k) EXPECT_EQ(Bits(value.more[k]), Bits(expected[i].second.more[k]));
  }
}

TEST_P(StorageContract, LoadTellsTheWholeHistory) {
  MakeStudy();
  TrialRecord complete = SampleTrial(0);
  complete.state = TrialState::kComplete;
  TrialRecord pruned = PlainTrial(1);
  pruned.state = TrialState::kPruned;
  pruned.intermediates = {{1, 0.5, 10}, {7, -0.0, 11}, {3, 2, 12}};
  TrialRecord pruned_at_once = PlainTrial(2);
  pruned_at_once.state = TrialState::kPruned;
  TrialRecord running = SampleTrial(3);
  TrialRecord waiting = PlainTrial(4);
  TrialRecord failed = PlainTrial(5);
  failed.state = TrialState::kFailed;
  failed.failure = FailureKind::kCrashed;
  failed.params.clear();
  for (const TrialRecord& trial : {complete, pruned, pruned_at_once, running, waiting, failed}) {
    ASSERT_EQ(Change(InsertTrial{trial}), absl::OkStatus());
  }
  MakeStudy("another", 8);
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}, PutRequest{SampleRequest(3, 1)}), absl::OkStatus());

  const Loaded loaded = Load(7);
  ASSERT_EQ(loaded.rows.size(), 6u);
  const std::vector<TrialRecord> records = {complete, pruned, pruned_at_once, running, waiting, failed};
  for (size_t i = 0; i < records.size(); ++i) {
    const TrialRecord& record = records[i];
    const Loaded::Row& row = loaded.rows[i];
    EXPECT_EQ(row.number, record.number);
    EXPECT_EQ(row.state, record.state);
    EXPECT_EQ(row.attempt, record.attempt);
    EXPECT_EQ(row.failure, record.failure);
    EXPECT_EQ(row.revision, record.revision);
    EXPECT_EQ(row.sampler_draft, record.sampler_draft);
    EXPECT_EQ(row.imported, record.imported);
    ASSERT_EQ(row.params.size(), record.params.size());
    ASSERT_EQ(row.distributions.size(), record.params.size());
    for (size_t p = 0; p < row.params.size(); ++p) {
      EXPECT_EQ(row.params[p].first, record.params[p].name);
      EXPECT_EQ(Bits(row.params[p].second), Bits(record.params[p].value)) << record.params[p].name;
      EXPECT_EQ(row.distributions[p], record.params[p].distribution);
    }
    ASSERT_EQ(row.values.size(), record.values.size());
    for (size_t v = 0; v < row.values.size(); ++v) EXPECT_EQ(Bits(row.values[v]), Bits(record.values[v]));
    EXPECT_EQ(row.constraints_json.empty(), record.constraints.empty());
  }
  ASSERT_TRUE(loaded.rows[1].last.has_value());
  EXPECT_EQ(loaded.rows[1].last->step, 7);
  EXPECT_EQ(Bits(loaded.rows[1].last->value), Bits(-0.0));
  EXPECT_EQ(loaded.rows[1].last->reported_at, 11);
  EXPECT_FALSE(loaded.rows[2].last.has_value());
  EXPECT_FALSE(loaded.rows[3].last.has_value()) << "a running trial's is not wanted";

  ASSERT_EQ(loaded.unfinished.size(), 2u);
  EXPECT_EQ(Show(loaded.unfinished[0]), Show(running));
  EXPECT_EQ(Show(loaded.unfinished[1]), Show(waiting));
}

TEST_P(StorageContract, KnowsWhichStudiesHaveLeases) {
  EXPECT_THAT(storage_->LeasedStudies().value(), ElementsAre());
  const auto leased = [](int64_t number, TrialState state, int64_t lease_micros) {
    TrialRecord trial = PlainTrial(number);
    trial.state = state;
    trial.lease_micros = lease_micros;
    return InsertTrial{trial};
  };
  MakeStudy("deleted", 6);
  ASSERT_EQ(Change(leased(0, TrialState::kRunning, 5)), absl::OkStatus());
  ASSERT_EQ(Change(DeleteStudy{}), absl::OkStatus());
  MakeStudy("none", 8);
  ASSERT_EQ(Change(leased(0, TrialState::kRunning, 0), leased(1, TrialState::kWaiting, 5), leased(2, TrialState::kComplete, 5)),
            absl::OkStatus());
  MakeStudy();
  ASSERT_EQ(Change(leased(0, TrialState::kRunning, 1), leased(1, TrialState::kRunning, 5)), absl::OkStatus());
  EXPECT_THAT(storage_->LeasedStudies().value(), ElementsAre(7u));
  if (place_->Keeps()) {
    Reopen();
    EXPECT_THAT(storage_->LeasedStudies().value(), ElementsAre(7u));
    epoch_ = storage_->AcquireStudy(uid_).value();
  }
  UpdateTrial end{.number = 0, .revision = 5};
  end.state = TrialState::kComplete;
  UpdateTrial lose{.number = 1, .revision = 6};
  lose.state = TrialState::kWaiting;
  lose.attempt = lose.losses = 1;
  ASSERT_EQ(Change(end), absl::OkStatus());
  EXPECT_THAT(storage_->LeasedStudies().value(), ElementsAre(7u));
  ASSERT_EQ(Change(lose), absl::OkStatus());
  EXPECT_THAT(storage_->LeasedStudies().value(), ElementsAre());
}

TEST_P(StorageContract, LoadTellsConstraintsAsJson) {
  MakeStudy();
  TrialRecord trial = PlainTrial(0);
  trial.constraints = {{"memory", -1.5}, {"time", 2}};
  ASSERT_EQ(Change(InsertTrial{trial}), absl::OkStatus());
  EXPECT_EQ(Load().rows.at(0).constraints_json, R"({"memory":-1.5,"time":2})");
}

// More than one page of everything, distributions that come and go, and every trial changed once.
TEST_P(StorageContract, LoadsManyTrials) {
  MakeStudy();
  constexpr int64_t kTrials = 5500;
  Transaction transaction = Of();
  for (int64_t number = 0; number < kTrials; ++number) {
    TrialRecord trial = PlainTrial(number);
    if (number % 700 == 0) trial.params[0].distribution += std::to_string(number);
    if (number % 3 == 0) trial.params.pop_back();
    transaction.changes.emplace_back(InsertTrial{std::move(trial)});
  }
  ASSERT_EQ(Commit(std::move(transaction)), absl::OkStatus());
  transaction = Of();
  for (int64_t number = 0; number < kTrials; ++number) {
    UpdateTrial update{.number = number, .revision = 10000 + number};
    if (number % 4 != 0) update.state = TrialState::kComplete;
    update.values = {static_cast<double>(number) / 3};
    transaction.changes.emplace_back(std::move(update));
    transaction.changes.emplace_back(PutRequest{SampleRequest(static_cast<uint8_t>(number), 3 * number + 1)});
    transaction.changes.emplace_back(PutRequest{SampleRequest(static_cast<uint8_t>(number), 3 * number + 2)});
  }
  ASSERT_EQ(Commit(std::move(transaction)), absl::OkStatus());

  const Loaded loaded = Load();
  ASSERT_EQ(loaded.rows.size(), static_cast<size_t>(kTrials));
  for (int64_t number = 0; number < kTrials; ++number) {
    const Loaded::Row& row = loaded.rows[static_cast<size_t>(number)];
    ASSERT_EQ(row.number, number);
    ASSERT_EQ(row.revision, 10000 + number);
    ASSERT_EQ(row.params.size(), number % 3 == 0 ? 1u : 2u);
    ASSERT_EQ(row.params[0].second, 0.001 * static_cast<double>(number + 1));
    ASSERT_THAT(row.values, ElementsAre(static_cast<double>(number) / 3));
    const std::string suffix = number % 700 == 0 ? std::to_string(number) : "";
    ASSERT_EQ(row.distributions[0], PlainTrial(0).params[0].distribution + suffix);
  }
  ASSERT_EQ(loaded.unfinished.size(), static_cast<size_t>(kTrials / 4));
  for (size_t i = 0; i < loaded.unfinished.size(); ++i) ASSERT_EQ(loaded.unfinished[i].number, static_cast<int64_t>(4 * i));
  ASSERT_EQ(loaded.requests.size(), static_cast<size_t>(2 * kTrials));
  EXPECT_TRUE(std::is_sorted(loaded.requests.begin(), loaded.requests.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; }));
}

TEST_P(StorageContract, GoesOnWithNumbersAndDistributionsAfterAReopening) {
  if (!place_->Keeps()) return;
  MakeStudy();
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}, PutRequest{SampleRequest(1, 5)}), absl::OkStatus());
  Reopen();
  absl::StatusOr<int64_t> epoch = storage_->AcquireStudy(uid_);
  ASSERT_TRUE(epoch.ok());
  EXPECT_GT(*epoch, epoch_);
  epoch_ = *epoch;
  EXPECT_EQ(Change(InsertTrial{PlainTrial(0)}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Change(PutRequest{SampleRequest(1, 5)}).code(), absl::StatusCode::kFailedPrecondition);
  TrialRecord next = PlainTrial(1);
  next.params[0].distribution = "another";
  ASSERT_EQ(Change(InsertTrial{next}, PutRequest{SampleRequest(1, 6)}), absl::OkStatus());
  EXPECT_EQ(Show(ReadOne(1)), Show(next));
  EXPECT_EQ(Load().distributions.size(), 3u);
}

}  // namespace
}  // namespace parzen::storage
