#include <algorithm>

#include "server/optimizer/space_codec.h"
#include "server/optimizer/study_codec.h"
#include "server/optimizer/trial_codec.h"

namespace parzen::optimizer {
namespace {

constexpr size_t kDistributionsUpTo = 3 << 20;

v1::Trial::State EncodeState(engine::TrialState state) {
  switch (state) {
    case engine::TrialState::kWaiting:
      return v1::Trial::WAITING;
    case engine::TrialState::kRunning:
      return v1::Trial::RUNNING;
    case engine::TrialState::kComplete:
      return v1::Trial::COMPLETE;
    case engine::TrialState::kPruned:
      return v1::Trial::PRUNED;
    case engine::TrialState::kFailed:
      return v1::Trial::FAILED;
  }
  return v1::Trial::STATE_UNSPECIFIED;
}

v1::Failure::Kind EncodeKind(engine::FailureKind kind) {
  switch (kind) {
    case engine::FailureKind::kPreempted:
      return v1::Failure::PREEMPTED;
    case engine::FailureKind::kInfeasible:
      return v1::Failure::INFEASIBLE;
    case engine::FailureKind::kNone:
    case engine::FailureKind::kCrashed:
      break;
  }
  return v1::Failure::CRASHED;
}

template <typename Values>
void EncodeNamed(const Values& values, google::protobuf::RepeatedPtrField<v1::NamedValue>* out) {
  for (const auto& [name, value] : values) {
    v1::NamedValue* added = out->Add();
    added->set_name(name);
    added->set_value(value);
  }
}

void EncodeTimes(const engine::Trial& trial, v1::Trial* out) {
  if (trial.created_at != 0) EncodeTime(trial.created_at, out->mutable_create_time());
  if (trial.started_at != 0) EncodeTime(trial.started_at, out->mutable_start_time());
  if (trial.finished_at != 0) EncodeTime(trial.finished_at, out->mutable_finish_time());
  if (trial.lease_micros != 0) out->set_lease_seconds(static_cast<double>(trial.lease_micros) / 1e6);
  if (trial.lease_deadline != 0) EncodeTime(trial.lease_deadline, out->mutable_lease_deadline());
}

// What the FULL view adds, distributions apart.
void EncodeFull(const engine::Trial& trial, v1::Trial* out) {
  for (const storage::Intermediate& value : trial.intermediates) {
    v1::IntermediateValue* added = out->add_intermediate_values();
    added->set_step(value.step);
    added->set_value(value.value);
    if (!value.more.empty()) {
      added->add_values(value.value);
      for (const double other : value.more) added->add_values(other);
    }
    if (value.reported_at != 0) EncodeTime(value.reported_at, added->mutable_report_time());
  }
  EncodeAttributes(trial.user_attrs, out->mutable_user_attrs());
  EncodeAttributes(trial.system_attrs, out->mutable_system_attrs());
}

// Of a candidate: internal form to external form by the distributions that the answer carries.
void EncodeInternal(const std::vector<NamedValue>& params, const engine::ExplainTrialAnswer& answer,
                    google::protobuf::RepeatedPtrField<v1::Param>* out) {
  for (const NamedValue& param : params) {
    const auto known = std::find_if(answer.distributions.begin(), answer.distributions.end(),
                                    [&param](const auto& entry) { return entry.first == param.name; });
    if (known == answer.distributions.end() || !Contains(*known->second, param.value)) continue;
    v1::Param* added = out->Add();
    added->set_name(param.name);
    EncodeValue(ToExternal(*known->second, param.value), added->mutable_value());
  }
}

}  // namespace

void EncodeTrial(const engine::Trial& trial, bool full, v1::Trial* out) {
  v1::TrialHandle* handle = out->mutable_handle();
  handle->set_study_uid(trial.handle.study_uid);
  handle->set_number(trial.handle.number);
  handle->set_attempt(trial.handle.attempt);
  out->set_study(trial.study);
  out->set_id(trial.id);
  out->set_state(EncodeState(trial.state));
  out->mutable_params()->Reserve(static_cast<int>(trial.params.size()));
  for (const engine::TrialParam& param : trial.params) {
    v1::Param* added = out->add_params();
    added->set_name(param.name);
    EncodeValue(param.value, added->mutable_value());
    if (full && param.distribution != nullptr) EncodeDistribution(*param.distribution, added->mutable_distribution());
  }
  out->mutable_values()->Assign(trial.values.begin(), trial.values.end());
  EncodeNamed(trial.constraints, out->mutable_constraints());
  EncodeNamed(trial.metrics, out->mutable_metrics());
  out->set_worker(trial.worker);
  EncodeTimes(trial, out);
  if (trial.state == engine::TrialState::kFailed) {
    out->mutable_failure()->set_kind(EncodeKind(trial.failure));
    out->mutable_failure()->set_reason(trial.reason);
  } else {
    out->set_prune_reason(trial.reason);
  }
  out->set_stop_requested(trial.stop_requested);
  out->set_lost_leases(trial.losses);
  out->set_enqueued(trial.enqueued);
  out->set_imported(trial.imported);
  out->set_revision(trial.revision);
  out->set_sampled_at_revision(trial.sampled_at_revision);
  out->set_told_at_revision(trial.told_at_revision);
  out->set_definition_version(trial.definition_version);
  out->set_algorithm_version(trial.algorithm_version);
  for (const std::string& name : trial.fixed_params) out->add_fixed_params(name);
  if (full) EncodeFull(trial, out);
}

void EncodeTrials(const std::vector<engine::Trial>& trials, bool full, google::protobuf::RepeatedPtrField<v1::Trial>* out) {
  size_t bytes = 0;
  out->Reserve(static_cast<int>(trials.size()));
  for (const engine::Trial& trial : trials) {
    v1::Trial* added = out->Add();
    EncodeTrial(trial, full, added);
    if (bytes > kDistributionsUpTo) {
      for (v1::Param& param : *added->mutable_params()) param.clear_distribution();
    }
    if (full && trials.size() > 1) bytes += added->ByteSizeLong();
  }
}

void Encode(const engine::AskAnswer& answer, v1::AskResponse* out) { EncodeTrials(answer.trials, true, out->mutable_trials()); }

void Encode(const engine::TellAnswer& answer, v1::TellResponse* out) {
  EncodeTrials(answer.trials, false, out->mutable_trials());
}

void Encode(const engine::ReportAnswer& answer, v1::ReportResponse* out) {
  for (const engine::Advice& advice : answer.advice) {
    v1::ReportResponse::Advice* added = out->add_advice();
    added->set_should_prune(advice.should_prune);
    added->set_stop_requested(advice.stop_requested);
    added->set_reason(advice.reason);
  }
}

void Encode(const engine::HeartbeatAnswer& answer, v1::HeartbeatResponse* out) {
  for (const engine::HeartbeatReply reply : answer.answers) {
    out->add_answers(reply == engine::HeartbeatReply::kStop        ? v1::HeartbeatResponse::STOP
                     : reply == engine::HeartbeatReply::kLeaseLost ? v1::HeartbeatResponse::LEASE_LOST
                                                                   : v1::HeartbeatResponse::CONTINUE);
  }
}

void Encode(const engine::AddTrialsAnswer& answer, v1::AddTrialsResponse* out) {
  out->set_first_number(answer.first_number);
  out->set_count(answer.count);
}

void Encode(const engine::SuggestAnswer& answer, v1::SuggestResponse* out) { EncodeValue(answer.value, out->mutable_value()); }

void Encode(const engine::RecommendTrialsAnswer& answer, bool full, v1::RecommendTrialsResponse* out) {
  EncodeTrials(answer.trials, full, out->mutable_trials());
  out->set_next_page_token(answer.next_page_token);
  for (const gp::RecommendedTrial& trial : answer.expected) {
    v1::RecommendTrialsResponse::Expectation* expected = out->add_expected();
    expected->mutable_means()->Assign(trial.means.begin(), trial.means.end());
    expected->mutable_deviations()->Assign(trial.deviations.begin(), trial.deviations.end());
  }
  switch (answer.by) {
    case gp::RecommendedBy::kSpace:
      out->set_basis(v1::RecommendTrialsResponse::MODEL);
      break;
    case gp::RecommendedBy::kCommonParameters:
      out->set_basis(v1::RecommendTrialsResponse::COMMON_PARAMETERS);
      break;
    case gp::RecommendedBy::kToldValues:
      out->set_basis(v1::RecommendTrialsResponse::TOLD_VALUES);
      break;
  }
}

void Encode(const engine::ExplainTrialAnswer& answer, v1::ExplainTrialResponse* out) {
  EncodeTrial(answer.trial, true, out->mutable_trial());
  for (const ExplainedGroup& group : answer.explanation.groups) {
    v1::ExplainTrialResponse::Group* added = out->add_groups();
    for (const std::string& name : group.parameters) added->add_parameters(name);
    added->set_method(group.method);
    added->mutable_below()->Assign(group.below.begin(), group.below.end());
    added->mutable_above()->Assign(group.above.begin(), group.above.end());
    for (const Candidate& candidate : group.candidates) {
      v1::ExplainTrialResponse::Candidate* rival = added->add_candidates();
      EncodeInternal(candidate.params, answer, rival->mutable_params());
      rival->set_log_l(candidate.log_l);
      rival->set_log_g(candidate.log_g);
      rival->set_mean(candidate.mean);
      rival->set_deviation(candidate.deviation);
      if (group.method == "gp-ei") rival->set_log_ei(candidate.log_l);
    }
    added->set_winner(static_cast<int32_t>(group.winner));
    EncodeNamed(group.model, added->mutable_model());
  }
}

}  // namespace parzen::optimizer
