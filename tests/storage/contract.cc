#include "tests/storage/contract.h"

#include <future>

namespace parzen::storage {
namespace {

// A callback and the way to wait for what it was called with.
struct Outcome {
  std::shared_ptr<std::promise<absl::Status>> promise = std::make_shared<std::promise<absl::Status>>();
  Callback callback() const {
    return [promise = promise](absl::Status status) { promise->set_value(std::move(status)); };
  }
  absl::Status Wait() const { return promise->get_future().get(); }
};

}  // namespace

void Loaded::OnDistribution(int32_t index, std::string_view json) { distributions.emplace(index, json); }

void Loaded::OnTrial(const TrialRow& row) {
  Row copy{.number = row.number,
           .state = row.state,
           .attempt = row.attempt,
           .failure = row.failure,
           .revision = row.revision,
           .params = {},
           .distributions = {},
           .values = {row.values.begin(), row.values.end()},
           .constraints_json = std::string(row.constraints_json),
           .last = row.last,
           .sampler_draft = std::string(row.sampler_draft),
           .imported = row.imported,
           .sampled_at_revision = row.sampled_at_revision,
           .told_at_revision = row.told_at_revision,
           .started_at = row.started_at};
  for (const auto& [name, value] : row.params) copy.params.emplace_back(name, value);
  for (const int32_t index : row.distributions) {
    ASSERT_TRUE(distributions.contains(index)) << "distribution " << index << " was not told before its first row";
    copy.distributions.push_back(distributions[index]);
  }
  rows.push_back(std::move(copy));
}

void Loaded::OnUnfinished(TrialRecord trial) { unfinished.push_back(std::move(trial)); }

void Loaded::OnRequest(const RequestId& id, int64_t locator) { requests.emplace_back(id, locator); }

absl::Status StorageContract::Create(StudyRecord study, std::optional<RequestRecord> request) {
  const Outcome outcome;
  storage_->CreateStudy(std::move(study), std::move(request), outcome.callback());
  return outcome.Wait();
}

absl::Status StorageContract::Commit(Transaction transaction) {
  const bool is_current = transaction.study_uid == uid_ && transaction.epoch == epoch_;
  const Outcome outcome;
  storage_->Submit(std::move(transaction), outcome.callback());
  const absl::Status status = outcome.Wait();
  if (!status.ok() && is_current) {
    if (const absl::StatusOr<int64_t> epoch = storage_->AcquireStudy(uid_); epoch.ok()) epoch_ = *epoch;
  }
  return status;
}

absl::Status StorageContract::PutServerRequest(RequestRecord request) {
  const Outcome outcome;
  storage_->SubmitRequest(std::move(request), outcome.callback());
  return outcome.Wait();
}

absl::Status StorageContract::Expire(int64_t now) {
  const Outcome outcome;
  storage_->ExpireRequests(now, outcome.callback());
  return outcome.Wait();
}

void StorageContract::MakeStudy(std::string_view name, uint64_t uid) {
  ASSERT_EQ(Create(SampleStudy(name, uid)), absl::OkStatus());
  absl::StatusOr<int64_t> epoch = storage_->AcquireStudy(uid);
  ASSERT_TRUE(epoch.ok()) << epoch.status();
  uid_ = uid;
  epoch_ = *epoch;
}

TrialRecord StorageContract::ReadOne(int64_t number, View view) {
  absl::StatusOr<std::vector<TrialRecord>> trials = storage_->ReadTrials(uid_, std::vector<int64_t>{number}, view);
  EXPECT_TRUE(trials.ok()) << trials.status();
  return trials.ok() && trials->size() == 1 ? trials->front() : TrialRecord{};
}

Loaded StorageContract::Load(uint64_t uid) {
  Loaded loaded;
  const absl::Status status = storage_->Load(uid == 0 ? uid_ : uid, &loaded);
  EXPECT_TRUE(status.ok()) << status;
  return loaded;
}

void StorageContract::Reopen() {
  storage_.reset();
  storage_ = place_->Open();
}

}  // namespace parzen::storage
