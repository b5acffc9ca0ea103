// What Load tells, page by page, and after a reopening.

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/storage/contract.h"

namespace parzen::storage {
namespace {

using testing::ElementsAre;

TEST_P(StorageContract, LoadTellsWhatWasReportedWhereItIsWanted) {
  MakeStudy();
  std::vector<std::pair<int64_t, Intermediate>> expected;
  std::vector<std::pair<int64_t, std::string>> attributes;
  for (int64_t number = 0; number < 6; ++number) {
    TrialRecord trial = PlainTrial(number);
    trial.told_at_revision = 100 + number;
    trial.started_at = 200 + number;
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
  EXPECT_EQ(loaded.rows[3].started_at, 203);
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
    EXPECT_EQ(row.sampled_at_revision, record.sampled_at_revision);
    EXPECT_EQ(row.told_at_revision, record.told_at_revision);
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
