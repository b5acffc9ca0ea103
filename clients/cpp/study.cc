#include "parzen/study.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "clients/cpp/connection.h"
#include "clients/cpp/convert.h"

namespace parzen {
inline namespace client {
namespace {

// Changes what `fields` names to what `study` has.
absl::StatusOr<StudyInfo> SendUpdate(Connection* connection, const StudyInfo& info, v1::Study study,
                                     const std::vector<std::string>& fields) {
  v1::UpdateStudyRequest request;
  request.set_request_id(NewRequestId());
  *request.mutable_study() = std::move(study);
  request.mutable_study()->set_name(info.config.name);
  request.mutable_study()->set_uid(info.uid);
  for (const std::string& field : fields) request.mutable_update_mask()->add_paths(field);
  v1::Study response;
  if (const absl::Status status = connection->Call(request, &response); !status.ok()) return status;
  return FromProto(response);
}

v1::ListTrialsRequest RequestOf(const std::string& study, const TrialFilter& filter) {
  v1::ListTrialsRequest request;
  request.set_study(study);
  request.set_page_size(5'000);
  request.set_view(filter.full ? v1::FULL : v1::BASIC);
  for (const TrialState state : filter.states) request.add_states(static_cast<v1::Trial::State>(state));
  if (filter.changed_after.has_value()) request.set_changed_after(*filter.changed_after);
  return request;
}

}  // namespace

Study::Study(std::shared_ptr<Connection> connection, StudyInfo info)
    : connection_(std::move(connection)), info_(std::move(info)) {}

absl::Status Study::Refresh() {
  v1::GetStudyRequest request;
  request.set_study(name());
  v1::Study response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  if (response.uid() != info_.uid) {
    return absl::NotFoundError("the study '" + name() + "' has been deleted; another study has its name now");
  }
  info_ = FromProto(response);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Trial>> Study::Ask(int count, const AskOptions& options) const {
  v1::AskRequest request;
  request.set_request_id(NewRequestId());
  request.set_study(name());
  request.set_study_uid(info_.uid);
  request.set_worker(connection_->worker());
  if (count != 1) request.set_count(count);
  if (options.lease.has_value()) request.set_lease_seconds(*options.lease);
  request.set_resume(options.resume);
  v1::AskResponse response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  if (response.trials().empty()) return absl::InternalError("the server answered an ask without a trial");
  std::vector<Trial> trials;
  for (FrozenTrial& trial : TrialsOf(response)) trials.emplace_back(connection_, std::move(trial));
  return trials;
}

absl::StatusOr<Trial> Study::Ask(const AskOptions& options) const {
  PARZEN_ASSIGN_OR_RETURN(std::vector<Trial> trials, Ask(1, options));
  return std::move(trials.front());
}

Trial Study::Attach(FrozenTrial trial) const { return Trial(connection_, std::move(trial)); }

absl::StatusOr<FrozenTrial> Study::Tell(const TrialHandle& handle, const Outcome& outcome) const {
  FrozenTrial trial;
  trial.handle = handle;
  return Attach(std::move(trial)).Tell(outcome);
}

absl::StatusOr<FrozenTrial> Study::Enqueue(const Params& params, const Attributes& user_attrs) const {
  v1::EnqueueRequest request;
  request.set_request_id(NewRequestId());
  request.set_study(name());
  request.set_study_uid(info_.uid);
  for (const Param& param : params) *request.add_params() = ToProto(param);
  for (const auto& [key, json] : user_attrs) {
    v1::Attribute* attribute = request.add_user_attrs();
    attribute->set_key(key);
    attribute->set_json(json);
  }
  v1::EnqueueResponse response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  return FromProto(response.trial());
}

absl::StatusOr<FrozenTrial> Study::BestTrial() const {
  PARZEN_ASSIGN_OR_RETURN(std::vector<FrozenTrial> best, BestTrials());
  if (best.empty()) return absl::NotFoundError("the study '" + name() + "' has no complete feasible trial yet");
  return std::move(best.front());
}

absl::StatusOr<std::vector<FrozenTrial>> Study::BestTrials() const {
  v1::BestTrialsRequest request;
  request.set_study(name());
  request.set_view(v1::FULL);
  std::vector<FrozenTrial> trials;
  do {
    v1::BestTrialsResponse response;
    if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
    for (FrozenTrial& trial : TrialsOf(response)) trials.push_back(std::move(trial));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return trials;
}

absl::StatusOr<std::vector<RecommendedTrial>> Study::RecommendedTrials() const {
  v1::RecommendTrialsRequest request;
  request.set_study(name());
  request.set_view(v1::FULL);
  std::vector<RecommendedTrial> trials;
  do {
    v1::RecommendTrialsResponse response;
    if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
    const size_t before = trials.size();
    const auto basis = static_cast<RecommendedTrial::Basis>(response.basis());
    for (FrozenTrial& trial : TrialsOf(response)) {
      const auto& expected = response.expected(static_cast<int>(trials.size() - before));
      trials.push_back({std::move(trial),
                        {expected.means().begin(), expected.means().end()},
                        {expected.deviations().begin(), expected.deviations().end()},
                        basis});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return trials;
}

absl::StatusOr<Importances> Study::GetImportances(std::optional<int32_t> objective) const {
  v1::GetImportancesRequest request;
  request.set_study(name());
  if (objective) request.set_objective(*objective);
  v1::GetImportancesResponse response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  Importances importances{{}, response.note(), response.complete(), response.used()};
  for (const auto& share : response.shares()) importances.shares.emplace_back(share.parameter(), share.share());
  return importances;
}

absl::Status Study::ForEachPage(const TrialFilter& filter, const std::function<bool(const TrialPage&)>& on_page) const {
  v1::ListTrialsRequest request = RequestOf(name(), filter);
  do {
    v1::ListTrialsResponse response;
    if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
    if (!on_page({TrialsOf(response), response.revision()})) return absl::OkStatus();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<FrozenTrial>> Study::Trials(const TrialFilter& filter) const {
  std::vector<FrozenTrial> trials;
  PARZEN_RETURN_IF_ERROR(ForEachPage(filter, [&trials](const TrialPage& page) {
    trials.insert(trials.end(), page.trials.begin(), page.trials.end());
    return true;
  }));
  return trials;
}

absl::StatusOr<std::string> Study::Snapshot(const TrialFilter& filter) const {
  v1::GetStudyRequest get;
  get.set_study(name());
  v1::WatchStudyResponse snapshot;
  if (const absl::Status status = connection_->Call(get, snapshot.mutable_study()); !status.ok()) return status;
  v1::ListTrialsRequest request = RequestOf(name(), filter);
  do {
    v1::ListTrialsResponse response;
    if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
    for (v1::Trial& trial : *response.mutable_trials()) *snapshot.add_trials() = std::move(trial);
    snapshot.set_revision(response.revision());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  v1::GetImportancesRequest ask;
  ask.set_study(name());
  v1::GetImportancesResponse importances;
  if (const absl::Status status = connection_->Call(ask, &importances); !status.ok()) return status;
  constexpr int kImportances = 4;  // clients/web/proto/page.proto
  snapshot.GetReflection()->MutableUnknownFields(&snapshot)->AddLengthDelimited(kImportances, importances.SerializeAsString());
  std::string bytes;
  if (!snapshot.SerializeToString(&bytes)) {
    return absl::ResourceExhaustedError("the study '" + name() + "' does not fit into one message of 2 GiB");
  }
  return bytes;
}

absl::StatusOr<std::string> Study::WarmStartSnapshot() const {
  v1::GetStudyRequest request;
  request.set_study(name());
  request.set_with_warm_start_snapshot(true);
  v1::Study response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  return std::move(*response.mutable_warm_start_snapshot());
}

absl::StatusOr<FrozenTrial> Study::GetTrial(int64_t number) const {
  v1::GetTrialRequest request;
  request.set_study(name());
  request.set_number(number);
  request.set_view(v1::FULL);
  v1::Trial response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  return FromProto(response);
}

absl::Status Study::Watch(int64_t after_revision, const std::function<bool(const WatchUpdate&)>& on_update) const {
  v1::WatchStudyRequest request;
  request.set_study(name());
  request.set_after_revision(after_revision);
  request.set_view(v1::FULL);
  return connection_->Watch(std::move(request), [&on_update](const v1::WatchStudyResponse& message) {
    WatchUpdate update{TrialsOf(message), std::nullopt, message.revision()};
    if (message.has_study()) update.study = FromProto(message.study());
    return on_update(update);
  });
}

absl::StatusOr<Explanation> Study::Explain(int64_t number) const {
  v1::ExplainTrialRequest request;
  request.set_study(name());
  request.set_number(number);
  v1::ExplainTrialResponse response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  return FromProto(response);
}

absl::Status Study::Stop(const TrialHandle& handle) const {
  v1::StopTrialRequest request;
  request.set_request_id(NewRequestId());
  *request.mutable_trial() = ToProto(handle);
  v1::StopTrialResponse response;
  return connection_->Call(request, &response);
}

absl::Status Study::TakeOver(const absl::StatusOr<StudyInfo>& answer) {
  if (answer.ok()) info_ = *answer;
  return answer.status();
}

absl::Status Study::Update(const StudyUpdate& update) {
  v1::Study study;
  std::vector<std::string> fields;
  if (update.space.has_value()) {
    fields.push_back("space");
    study.mutable_space();
    for (const Parameter& parameter : *update.space) *study.mutable_space()->add_parameters() = ToProto(parameter);
  }
  if (update.sampler.has_value()) {
    fields.push_back("sampler");
    *study.mutable_sampler() = ToProto(*update.sampler, std::nullopt);
  }
  if (update.max_trials.has_value()) {
    fields.push_back("max_trials");
    study.set_max_trials(*update.max_trials);
  }
  if (update.max_duration.has_value()) {
    fields.push_back("max_duration");
    if (*update.max_duration != 0) study.set_max_duration(*update.max_duration);
  }
  if (update.target.has_value()) {
    fields.push_back("target");
    study.mutable_target()->Assign(update.target->begin(), update.target->end());
  }
  if (update.patience.has_value()) {
    fields.push_back("patience");
    if (*update.patience != 0) study.set_patience(*update.patience);
  }
  if (update.max_retries.has_value()) {
    fields.push_back("max_retries");
    study.set_max_retries(*update.max_retries);
  }
  if (update.allow_repeats.has_value()) {
    fields.push_back("allow_repeats");
    study.set_allow_repeats(*update.allow_repeats);
  }
  if (update.metric_names.has_value()) {
    fields.push_back("metric_names");
    for (const std::string& metric : *update.metric_names) study.add_metric_names(metric);
  }
  for (const auto& [key, json] : update.user_attrs) {
    v1::Attribute* attribute = study.add_user_attrs();
    attribute->set_key(key);
    attribute->set_json(json);
  }
  if (!update.user_attrs.empty()) fields.push_back("user_attrs");
  if (fields.empty()) return absl::InvalidArgumentError("the update names nothing to change");
  return TakeOver(SendUpdate(connection_.get(), info_, std::move(study), fields));
}

absl::Status Study::SetState(StudyState state) {
  v1::Study study;
  study.set_state(static_cast<v1::Study::State>(state));
  return TakeOver(SendUpdate(connection_.get(), info_, std::move(study), {"state"}));
}

absl::Status Study::Pause() { return SetState(StudyState::kPaused); }
absl::Status Study::Resume() { return SetState(StudyState::kActive); }
absl::Status Study::Finish() { return SetState(StudyState::kFinished); }

absl::Status Study::SetUserAttr(std::string_view key, std::string_view json) {
  return Update({.user_attrs = {{std::string(key), std::string(json)}}});
}

}  // namespace client
}  // namespace parzen
