#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/optimizer/space_codec.h"
#include "server/optimizer/study_codec.h"
#include "server/optimizer/trial_codec.h"

namespace parzen::optimizer {

using error::Field;

namespace {

// Gives the value of a StatusOr to `target`, or returns its status.
template <typename T, typename U>
absl::Status Take(absl::StatusOr<T> from, U* target) {
  if (!from.ok()) return from.status();
  *target = *std::move(from);
  return absl::OkStatus();
}

template <typename Message>
absl::StatusOr<engine::TrialHandle> DecodeHandle(const Message& message, const Field& field) {
  if (!message.has_trial()) return BadField(field, "unset", "the handle of a trial, as Ask answered it");
  const v1::TrialHandle& handle = message.trial();
  if (handle.number() < 0) return BadField(field.Sub("number"), handle.number(), ">= 0");
  if (handle.attempt() < 0) return BadField(field.Sub("attempt"), int64_t{handle.attempt()}, ">= 0");
  return engine::TrialHandle{handle.study_uid(), handle.number(), handle.attempt()};
}

using NamedValues = google::protobuf::RepeatedPtrField<v1::NamedValue>;

engine::NamedDoubles DecodeNamed(const NamedValues& values) {
  engine::NamedDoubles decoded;
  decoded.reserve(values.size());
  for (const v1::NamedValue& value : values) decoded.emplace_back(value.name(), value.value());
  return decoded;
}

// NaN is neither feasible nor not.
absl::StatusOr<engine::NamedDoubles> DecodeConstraints(const NamedValues& values, const Field& field) {
  for (int i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i].value()))
      return BadField(field.At(i).Sub("value"), values[i].value(), "any double but NaN; feasible at <= 0");
  }
  return DecodeNamed(values);
}

absl::StatusOr<engine::TrialState> DecodeEnd(v1::Trial::State state, const Field& field) {
  switch (state) {
    case v1::Trial::STATE_UNSPECIFIED:
    case v1::Trial::COMPLETE:
      return engine::TrialState::kComplete;
    case v1::Trial::PRUNED:
      return engine::TrialState::kPruned;
    case v1::Trial::FAILED:
      return engine::TrialState::kFailed;
    default:
      return BadField(field, static_cast<int64_t>(state), "COMPLETE (3), PRUNED (4) or FAILED (5)");
  }
}

// Of a told or an imported trial; sets `kind` and `reason`.
template <typename Message, typename Target>
absl::Status DecodeFailure(const Message& message, engine::TrialState state, const Field& field, Target* target) {
  if (!message.has_failure()) return absl::OkStatus();
  if (state != engine::TrialState::kFailed) return BadField(field, "set", "a failure with state FAILED only");
  target->reason = message.failure().reason();
  switch (message.failure().kind()) {
    case v1::Failure::KIND_UNSPECIFIED:
    case v1::Failure::CRASHED:
      target->failure = engine::FailureKind::kCrashed;
      return absl::OkStatus();
    case v1::Failure::PREEMPTED:
      target->failure = engine::FailureKind::kPreempted;
      return absl::OkStatus();
    case v1::Failure::INFEASIBLE:
      target->failure = engine::FailureKind::kInfeasible;
      return absl::OkStatus();
    default:
      return BadField(field.Sub("kind"), static_cast<int64_t>(message.failure().kind()),
                      "CRASHED (1), PREEMPTED (2) or INFEASIBLE (3)");
  }
}

absl::StatusOr<engine::TellOutcome> DecodeOutcome(const v1::Outcome& outcome, const Field& field) {
  engine::TellOutcome decoded;
  if (absl::Status taken = Take(DecodeHandle(outcome, field.Sub("trial")), &decoded.trial); !taken.ok()) return taken;
  if (absl::Status taken = Take(DecodeEnd(outcome.state(), field.Sub("state")), &decoded.state); !taken.ok()) return taken;
  PARZEN_RETURN_IF_ERROR(DecodeFailure(outcome, decoded.state, field.Sub("failure"), &decoded));
  decoded.values.assign(outcome.values().begin(), outcome.values().end());
  PARZEN_RETURN_IF_ERROR(Take(DecodeConstraints(outcome.constraints(), field.Sub("constraints")), &decoded.constraints));
  decoded.metrics = DecodeNamed(outcome.metrics());
  return decoded;
}

absl::StatusOr<std::vector<engine::GivenParam>> DecodeParams(const google::protobuf::RepeatedPtrField<v1::Param>& params,
                                                             const Field& field) {
  std::vector<engine::GivenParam> decoded;
  decoded.reserve(params.size());
  for (int i = 0; i < params.size(); ++i) {
    const Field here = field.At(i);
    engine::GivenParam& param = decoded.emplace_back();
    param.name = params[i].name();
    if (absl::Status named = CheckName(param.name, here.Sub("name")); !named.ok()) return named;
    auto value = DecodeValue(params[i].value(), here.Sub("value"));
    if (!value.ok()) return error::OfParameter(param.name, value.status());
    param.value = *std::move(value);
    if (!params[i].has_distribution()) continue;
    auto distribution = DecodeDistribution(param.name, params[i].distribution(), here.Sub("distribution"));
    if (absl::Status taken = Take(std::move(distribution), &param.distribution); !taken.ok()) return taken;
  }
  return decoded;
}

// Microseconds since 1970; 0 where the time is unset.
absl::StatusOr<int64_t> DecodeTime(bool set, const google::protobuf::Timestamp& time, const Field& field) {
  if (!set) return 0;
  constexpr int64_t kYear10000 = 253'402'300'800;
  if (time.seconds() < 0 || time.seconds() >= kYear10000)
    return BadField(field.Sub("seconds"), time.seconds(), "the years 1970 to 9999");
  if (time.nanos() < 0 || time.nanos() >= 1'000'000'000)
    return BadField(field.Sub("nanos"), int64_t{time.nanos()}, "0 to 999,999,999");
  return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

// A report's value of the first objective, and those of the others: `values`, where there are any, says it all.
std::pair<double, std::vector<double>> DecodeValues(double value, const google::protobuf::RepeatedField<double>& values) {
  if (values.empty()) return {value, {}};
  return {values[0], std::vector<double>(values.begin() + 1, values.end())};
}

// What only a copy of another study's trial says.
absl::Status DecodeRestored(const v1::Trial& trial, const Field& field, engine::ImportedTrial* decoded) {
  decoded->attempt = trial.handle().attempt();
  decoded->enqueued = trial.enqueued();
  decoded->imported = trial.imported();
  for (int i = 0; i < trial.fixed_params_size(); ++i) {
    const Field names = field.Sub("fixed_params");
    if (absl::Status named = CheckName(trial.fixed_params(i), names.At(i)); !named.ok()) return named;
    decoded->fixed_params.push_back(trial.fixed_params(i));
  }
  return absl::OkStatus();
}

absl::StatusOr<engine::ImportedTrial> DecodeImported(const v1::Trial& trial, bool restore, const Field& field) {
  engine::ImportedTrial decoded;
  if (restore && trial.state() == v1::Trial::WAITING) {
    decoded.state = engine::TrialState::kWaiting;
  } else if (restore && trial.state() == v1::Trial::RUNNING) {
    decoded.state = engine::TrialState::kRunning;
  } else if (absl::Status taken = Take(DecodeEnd(trial.state(), field.Sub("state")), &decoded.state); !taken.ok()) {
    return taken;
  }
  if (absl::Status restored = restore ? DecodeRestored(trial, field, &decoded) : absl::OkStatus(); !restored.ok())
    return restored;
  if (absl::Status taken = Take(DecodeParams(trial.params(), field.Sub("params")), &decoded.params); !taken.ok()) return taken;
  PARZEN_RETURN_IF_ERROR(DecodeFailure(trial, decoded.state, field.Sub("failure"), &decoded));
  if (decoded.state != engine::TrialState::kFailed) decoded.reason = trial.prune_reason();
  decoded.values.assign(trial.values().begin(), trial.values().end());
  const Field intermediates = field.Sub("intermediate_values");
  decoded.intermediates.reserve(trial.intermediate_values_size());
  for (int i = 0; i < trial.intermediate_values_size(); ++i) {
    const v1::IntermediateValue& value = trial.intermediate_values(i);
    const Field here = intermediates.At(i);
    PARZEN_ASSIGN_OR_RETURN(auto time, DecodeTime(value.has_report_time(), value.report_time(), here.Sub("report_time")));
    auto [first, more] = DecodeValues(value.value(), value.values());
    decoded.intermediates.push_back({value.step(), first, time, std::move(more)});
  }
  PARZEN_RETURN_IF_ERROR(Take(DecodeConstraints(trial.constraints(), field.Sub("constraints")), &decoded.constraints));
  decoded.metrics = DecodeNamed(trial.metrics());
  decoded.user_attrs = DecodeAttributes(trial.user_attrs());
  decoded.system_attrs = DecodeAttributes(trial.system_attrs());
  decoded.worker = trial.worker();
  absl::Status times =
      Take(DecodeTime(trial.has_create_time(), trial.create_time(), field.Sub("create_time")), &decoded.created_at);
  times.Update(Take(DecodeTime(trial.has_start_time(), trial.start_time(), field.Sub("start_time")), &decoded.started_at));
  times.Update(Take(DecodeTime(trial.has_finish_time(), trial.finish_time(), field.Sub("finish_time")), &decoded.finished_at));
  if (!times.ok()) return times;
  return decoded;
}

absl::StatusOr<engine::View> DecodeView(v1::View view, engine::View unset) {
  switch (view) {
    case v1::VIEW_UNSPECIFIED:
      return unset;
    case v1::BASIC:
      return engine::View::kBasic;
    case v1::FULL:
      return engine::View::kFull;
    default:
      return BadField(Field("view"), static_cast<int64_t>(view), "BASIC (1) or FULL (2)");
  }
}

absl::StatusOr<std::vector<engine::TrialState>> DecodeStates(const google::protobuf::RepeatedField<int>& states) {
  std::vector<engine::TrialState> decoded;
  const Field field("states");
  // A repeated enum can repeat itself; more of them than there are states says nothing.
  if (states.size() > 100) return BadField(field, absl::StrCat("a list of ", states.size()), "at most 100 states");
  for (int i = 0; i < states.size(); ++i) {
    switch (states[i]) {
      case v1::Trial::WAITING:
        decoded.push_back(engine::TrialState::kWaiting);
        break;
      case v1::Trial::RUNNING:
        decoded.push_back(engine::TrialState::kRunning);
        break;
      case v1::Trial::COMPLETE:
        decoded.push_back(engine::TrialState::kComplete);
        break;
      case v1::Trial::PRUNED:
        decoded.push_back(engine::TrialState::kPruned);
        break;
      case v1::Trial::FAILED:
        decoded.push_back(engine::TrialState::kFailed);
        break;
      default:
        return BadField(field.At(i), static_cast<int64_t>(states[i]), "WAITING (1) to FAILED (5)");
    }
  }
  return decoded;
}

}  // namespace

absl::StatusOr<engine::AskCommand> Decode(const v1::AskRequest& request) {
  engine::AskCommand command;
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  if (absl::Status named = CheckName(request.worker(), Field("worker"), 0); !named.ok()) return named;
  command.study = request.study();
  command.study_uid = request.study_uid();
  command.worker = request.worker();
  if (request.has_count()) command.count = request.count();
  command.resume = request.resume();
  if (request.has_lease_seconds()) {
    const double seconds = request.lease_seconds();
    if (!(seconds >= 1 && seconds <= 86'400)) return BadField(Field("lease_seconds"), seconds, "1 to 86,400 seconds");
    command.lease_micros = std::llround(seconds * 1e6);
  }
  return command;
}

absl::StatusOr<engine::TellCommand> Decode(const v1::TellRequest& request) {
  engine::TellCommand command;
  const Field outcomes("outcomes");
  command.outcomes.reserve(request.outcomes_size());
  for (int i = 0; i < request.outcomes_size(); ++i) {
    PARZEN_ASSIGN_OR_RETURN(auto outcome, DecodeOutcome(request.outcomes(i), outcomes.At(i)));
    command.outcomes.push_back(std::move(outcome));
  }
  return command;
}

absl::StatusOr<engine::ReportCommand> Decode(const v1::ReportRequest& request) {
  engine::ReportCommand command;
  const Field reports("reports");
  command.reports.reserve(request.reports_size());
  for (int i = 0; i < request.reports_size(); ++i) {
    const v1::IntermediateReport& report = request.reports(i);
    const Field here = reports.At(i);
    PARZEN_ASSIGN_OR_RETURN(auto handle, DecodeHandle(report, here.Sub("trial")));
    auto [value, more] = DecodeValues(report.value(), report.values());
    command.reports.push_back({handle, report.step(), value, std::move(more)});
  }
  return command;
}

absl::StatusOr<engine::HeartbeatCommand> Decode(const v1::HeartbeatRequest& request) {
  engine::HeartbeatCommand command;
  command.worker = request.worker();
  command.trials.reserve(request.trials_size());
  for (const v1::TrialHandle& handle : request.trials()) {
    command.trials.push_back({handle.study_uid(), handle.number(), handle.attempt()});
  }
  return command;
}

absl::StatusOr<engine::StopTrialCommand> Decode(const v1::StopTrialRequest& request) {
  engine::StopTrialCommand command;
  if (absl::Status taken = Take(DecodeHandle(request, Field("trial")), &command.trial); !taken.ok()) return taken;
  return command;
}

absl::StatusOr<engine::EnqueueCommand> Decode(const v1::EnqueueRequest& request) {
  engine::EnqueueCommand command;
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  command.study = request.study();
  command.study_uid = request.study_uid();
  if (absl::Status taken = Take(DecodeParams(request.params(), Field("params")), &command.params); !taken.ok()) return taken;
  command.user_attrs = DecodeAttributes(request.user_attrs());
  return command;
}

absl::StatusOr<engine::AddTrialsCommand> Decode(const v1::AddTrialsRequest& request) {
  engine::AddTrialsCommand command;
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  command.study = request.study();
  command.study_uid = request.study_uid();
  command.restore = request.restore();
  const Field trials("trials");
  constexpr int kMaxTrials = 10'000;
  if (request.trials().empty() || request.trials_size() > kMaxTrials) {
    return BadField(trials, absl::StrCat("a list of ", request.trials_size()), "1 to 10,000 trials");
  }
  command.trials.reserve(request.trials_size());
  for (int i = 0; i < request.trials_size(); ++i) {
    PARZEN_ASSIGN_OR_RETURN(auto trial, DecodeImported(request.trials(i), command.restore, trials.At(i)));
    command.trials.push_back(std::move(trial));
  }
  return command;
}

absl::StatusOr<engine::SuggestCommand> Decode(const v1::SuggestRequest& request) {
  engine::SuggestCommand command;
  if (absl::Status taken = Take(DecodeHandle(request, Field("trial")), &command.trial); !taken.ok()) return taken;
  if (absl::Status named = CheckName(request.name(), Field("name")); !named.ok()) return named;
  command.name = request.name();
  auto distribution = DecodeDistribution(request.name(), request.distribution(), Field("distribution"));
  if (absl::Status taken = Take(std::move(distribution), &command.distribution); !taken.ok()) return taken;
  return command;
}

absl::StatusOr<engine::UpdateTrialCommand> Decode(const v1::UpdateTrialRequest& request) {
  engine::UpdateTrialCommand command;
  if (absl::Status taken = Take(DecodeHandle(request, Field("trial")), &command.trial); !taken.ok()) return taken;
  command.user_attrs = DecodeAttributes(request.user_attrs());
  command.system_attrs = DecodeAttributes(request.system_attrs());
  PARZEN_RETURN_IF_ERROR(Take(DecodeConstraints(request.constraints(), Field("constraints")), &command.constraints));
  return command;
}

absl::StatusOr<engine::GetTrialCommand> Decode(const v1::GetTrialRequest& request) {
  engine::GetTrialCommand command;
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  command.study = request.study();
  if (request.number() < 0) return BadField(Field("number"), request.number(), ">= 0");
  command.number = request.number();
  if (absl::Status taken = Take(DecodeView(request.view(), engine::View::kFull), &command.view); !taken.ok()) return taken;
  return command;
}

absl::StatusOr<engine::ListTrialsCommand> Decode(const v1::ListTrialsRequest& request) {
  engine::ListTrialsCommand command;
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  command.study = request.study();
  if (request.page_size() != 0) command.page_size = request.page_size();
  command.page_token = request.page_token();
  if (absl::Status taken = Take(DecodeStates(request.states()), &command.states); !taken.ok()) return taken;
  if (request.has_changed_after()) command.changed_after = request.changed_after();
  if (absl::Status taken = Take(DecodeView(request.view(), engine::View::kBasic), &command.view); !taken.ok()) return taken;
  return command;
}

// A page of the best trials, told or expected.
template <typename Command, typename Request>
static absl::StatusOr<Command> DecodePage(const Request& request) {
  Command command;
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  command.study = request.study();
  if (absl::Status taken = Take(DecodeView(request.view(), engine::View::kBasic), &command.view); !taken.ok()) return taken;
  if (request.page_size() != 0) command.page_size = request.page_size();
  command.page_token = request.page_token();
  return command;
}

absl::StatusOr<engine::BestTrialsCommand> Decode(const v1::BestTrialsRequest& request) {
  return DecodePage<engine::BestTrialsCommand>(request);
}

absl::StatusOr<engine::RecommendTrialsCommand> Decode(const v1::RecommendTrialsRequest& request) {
  return DecodePage<engine::RecommendTrialsCommand>(request);
}

absl::StatusOr<engine::ExplainTrialCommand> Decode(const v1::ExplainTrialRequest& request) {
  engine::ExplainTrialCommand command;
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  command.study = request.study();
  if (request.number() < 0) return BadField(Field("number"), request.number(), ">= 0");
  command.number = request.number();
  return command;
}

absl::StatusOr<engine::WatchCommand> Decode(const v1::WatchStudyRequest& request) {
  engine::WatchCommand command;
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  command.study = request.study();
  if (request.after_revision() < 0) return BadField(Field("after_revision"), request.after_revision(), ">= 0");
  command.after_revision = request.after_revision();
  if (absl::Status taken = Take(DecodeView(request.view(), engine::View::kBasic), &command.view); !taken.ok()) return taken;
  if (absl::Status taken = Take(DecodeStates(request.states()), &command.states); !taken.ok()) return taken;
  return command;
}

}  // namespace parzen::optimizer
