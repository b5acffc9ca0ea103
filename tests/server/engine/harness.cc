#include "tests/server/engine/harness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace parzen::engine {

std::string Reason(const absl::Status& status) {
  if (status.ok()) return "";
  const auto detail = error::GetErrorDetail(status);
  return detail ? detail->reason : status.ToString();
}

RequestKey Key(uint64_t id, uint64_t payload) {
  RequestKey key;
  key.id.emplace();
  std::memcpy(key.id->data(), &id, sizeof(id));
  (*key.id)[15] = 7;
  key.payload_hash = payload;
  return key;
}

DeclaredParameter Real(std::string name, double low, double high) {
  return {{std::move(name), FloatDistribution{low, high, false, std::nullopt}, std::nullopt}, std::nullopt};
}
DeclaredParameter Whole(std::string name, int64_t low, int64_t high) {
  return {{std::move(name), IntDistribution{low, high, false, 1}, std::nullopt}, std::nullopt};
}
DeclaredParameter Choices(std::string name, std::vector<Choice> choices) {
  return {{std::move(name), CategoricalDistribution{std::move(choices)}, std::nullopt}, std::nullopt};
}

StudyDefinition Define(std::vector<DeclaredParameter> space) {
  StudyDefinition definition;
  EXPECT_EQ(SetSpace(std::move(space), &definition), absl::OkStatus());
  definition.sampler.kind = SamplerKind::kRandom;
  return definition;
}

Harness::Harness(Kind kind, ServiceOptions options, std::string vfs)
    : kind_(kind), options_(std::move(options)), vfs_(std::move(vfs)) {
  options_.wall_micros = [now = now_] { return now->load(); };
  if (!options_.monotonic_micros) {
    options_.monotonic_micros = [now = monotonic_] { return now->load(); };
    options_.uptime_micros = [] { return int64_t{0}; };  // never stands still, however long this machine keeps it waiting
  }
  Open();
}

Harness::~Harness() = default;

void Harness::Open() {
  storage::SqliteOptions options;
  options.path = kind_ == Kind::kMemory ? ":memory:" : directory_.path() + "/studies.db";
  options.vfs = vfs_;
  options.allow_network_fs = !vfs_.empty();
  auto storage = storage::OpenSqlite(std::move(options));
  ASSERT_EQ(storage.status(), absl::OkStatus());
  storage_ = *std::move(storage);
  service_ = Service::Create(storage_.get(), options_);
}

void Harness::Restart() {
  service_.reset();
  storage_.reset();
  Open();
}

void Harness::Pass(double seconds) {
  *monotonic_ += std::llround(seconds * 1e6);
  service_->CheckLeases();
  storage_->Flush();
}

absl::StatusOr<Study> Harness::CreateStudy(CreateStudyCommand command) {
  return Wait<Study>([&](auto done) { service_->CreateStudy(std::move(command), std::move(done)); });
}

Study Harness::MakeStudy(const std::string& name, StudyDefinition definition) {
  CreateStudyCommand command;
  command.name = name;
  command.definition = std::move(definition);
  command.seed = 1;
  absl::StatusOr<Study> study = CreateStudy(std::move(command));
  EXPECT_EQ(study.status(), absl::OkStatus());
  return study.value_or(Study());
}

absl::StatusOr<Study> Harness::GetStudy(const std::string& name) {
  return Wait<Study>([&](auto done) { service_->GetStudy(name, std::move(done)); });
}
absl::StatusOr<Study> Harness::UpdateStudy(UpdateStudyCommand command) {
  return Wait<Study>([&](auto done) { service_->UpdateStudy(std::move(command), std::move(done)); });
}
absl::Status Harness::DeleteStudy(DeleteStudyCommand command) {
  return Wait<int>([&](auto done) {
           service_->DeleteStudy(std::move(command), [done](absl::Status status) {
             if (status.ok()) return done(0);
             done(status);
           });
         })
      .status();
}
absl::StatusOr<AskAnswer> Harness::Ask(AskCommand command) {
  return Wait<AskAnswer>([&](auto done) { service_->Ask(std::move(command), std::move(done)); });
}
absl::StatusOr<AskAnswer> Harness::Ask(const std::string& study, int32_t count) {
  AskCommand command;
  command.study = study;
  command.worker = "w";
  command.count = count;
  return Ask(std::move(command));
}
Trial Harness::AskOne(const std::string& study) {
  absl::StatusOr<AskAnswer> answer = Ask(study);
  EXPECT_EQ(answer.status(), absl::OkStatus());
  if (!answer.ok() || answer->trials.size() != 1) return {};
  return answer->trials[0];
}
absl::StatusOr<TellAnswer> Harness::Tell(TellCommand command) {
  return Wait<TellAnswer>([&](auto done) { service_->Tell(std::move(command), std::move(done)); });
}
absl::StatusOr<TellAnswer> Harness::Tell(const Trial& trial, std::vector<double> values, TrialState state) {
  TellOutcome outcome;
  outcome.trial = trial.handle;
  outcome.state = state;
  outcome.values = std::move(values);
  TellCommand command;
  command.outcomes.push_back(std::move(outcome));
  return Tell(std::move(command));
}
absl::StatusOr<TellAnswer> Harness::TellFailed(const Trial& trial, FailureKind failure) {
  TellCommand command;
  command.outcomes.resize(1);
  command.outcomes[0].trial = trial.handle;
  command.outcomes[0].state = TrialState::kFailed;
  command.outcomes[0].failure = failure;
  return Tell(std::move(command));
}
Trial Harness::AskLeased(const std::string& study, double lease, const std::string& worker, bool resume) {
  AskCommand command;
  command.study = study;
  command.worker = worker;
  command.lease_micros = std::llround(lease * 1e6);
  command.resume = resume;
  absl::StatusOr<AskAnswer> answer = Ask(std::move(command));
  EXPECT_EQ(answer.status(), absl::OkStatus());
  if (!answer.ok() || answer->trials.size() != 1) return {};
  return answer->trials[0];
}
absl::StatusOr<HeartbeatAnswer> Harness::Heartbeat(const std::vector<TrialHandle>& trials) {
  return Wait<HeartbeatAnswer>([&](auto done) { service_->Heartbeat({"w", trials}, std::move(done)); });
}
absl::Status Harness::StopTrial(StopTrialCommand command) {
  return Wait<int>([&](auto done) {
           service_->StopTrial(std::move(command), [done](const absl::Status& status) {
             if (status.ok()) return done(0);
             done(status);
           });
         })
      .status();
}
absl::StatusOr<ReportAnswer> Harness::Report(ReportCommand command) {
  return Wait<ReportAnswer>([&](auto done) { service_->Report(std::move(command), std::move(done)); });
}
absl::StatusOr<Trial> Harness::Enqueue(EnqueueCommand command) {
  return Wait<Trial>([&](auto done) { service_->Enqueue(std::move(command), std::move(done)); });
}
absl::StatusOr<AddTrialsAnswer> Harness::AddTrials(AddTrialsCommand command) {
  return Wait<AddTrialsAnswer>([&](auto done) { service_->AddTrials(std::move(command), std::move(done)); });
}
absl::StatusOr<SuggestAnswer> Harness::Suggest(SuggestCommand command) {
  return Wait<SuggestAnswer>([&](auto done) { service_->Suggest(std::move(command), std::move(done)); });
}
absl::StatusOr<Trial> Harness::UpdateTrial(UpdateTrialCommand command) {
  return Wait<Trial>([&](auto done) { service_->UpdateTrial(std::move(command), std::move(done)); });
}
absl::StatusOr<Trial> Harness::GetTrial(const std::string& study, int64_t number) {
  return Wait<Trial>([&](auto done) { service_->GetTrial({study, number, View::kFull}, std::move(done)); });
}
absl::StatusOr<ListTrialsAnswer> Harness::ListTrials(ListTrialsCommand command) {
  return Wait<ListTrialsAnswer>([&](auto done) { service_->ListTrials(std::move(command), std::move(done)); });
}
std::vector<Trial> Harness::AllTrials(const std::string& study) {
  std::vector<Trial> trials;
  ListTrialsCommand command;
  command.study = study;
  do {
    absl::StatusOr<ListTrialsAnswer> page = ListTrials(command);
    EXPECT_EQ(page.status(), absl::OkStatus());
    if (!page.ok()) break;
    for (Trial& trial : page->trials) trials.push_back(std::move(trial));
    command.page_token = page->next_page_token;
  } while (!command.page_token.empty());
  return trials;
}
absl::StatusOr<GetImportancesAnswer> Harness::GetImportances(GetImportancesCommand command) {
  return Wait<GetImportancesAnswer>([&](auto done) { service_->GetImportances(std::move(command), std::move(done)); });
}

absl::StatusOr<RecommendTrialsAnswer> Harness::RecommendTrials(RecommendTrialsCommand command) {
  return Wait<RecommendTrialsAnswer>([&](auto done) { service_->RecommendTrials(std::move(command), std::move(done)); });
}

absl::StatusOr<BestTrialsAnswer> Harness::BestTrials(BestTrialsCommand command) {
  return Wait<BestTrialsAnswer>([&](auto done) { service_->BestTrials(std::move(command), std::move(done)); });
}

std::string Summary(const Trial& trial) {
  std::string text = std::to_string(trial.handle.study_uid) + "/" + std::to_string(trial.handle.number) + "/" +
                     std::to_string(trial.handle.attempt) + " state " + std::to_string(static_cast<int>(trial.state)) + " " +
                     trial.worker;
  for (const TrialParam& param : trial.params) {
    text += " " + param.name + "=" + ChoiceToJson(param.value);
    if (param.distribution != nullptr) text += DistributionToJson(*param.distribution);
  }
  for (const double value : trial.values) text += " " + ChoiceToJson(value);
  return text + " @" + std::to_string(trial.revision);
}

}  // namespace parzen::engine
