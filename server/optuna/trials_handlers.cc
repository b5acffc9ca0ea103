#include "server/optuna/trials_handlers.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/optuna/attributes.h"
#include "server/optuna/methods.h"
#include "server/optuna/run.h"
#include "server/optuna/sampling_codec.h"
#include "server/optuna/trial_codec.h"

namespace parzen::optuna {
namespace {

std::string TrialBytes(const engine::Trial& trial) {
  wire::Trial message;
  EncodeTrial(trial, &message);
  return message.SerializeAsString();
}

// A trial that has just begun.
engine::Trial Begun(const engine::BeginTrialAnswer& answer) {
  engine::Trial trial;
  trial.id = answer.id;
  trial.handle = answer.trial;
  trial.state = engine::TrialState::kRunning;
  trial.started_at = answer.started_at;
  trial.system_attrs = answer.system_attrs;
  return trial;
}

absl::StatusOr<engine::BeginTrialCommand> DecodeBegin(const v1::BeginTrialRequest& request) {
  engine::BeginTrialCommand command;
  if (!request.has_sampling()) return command;
  PARZEN_ASSIGN_OR_RETURN(command.sampling, DecodeSampling(request.sampling()));
  for (const v1::NamedDistribution& parameter : request.expected()) {
    PARZEN_ASSIGN_OR_RETURN(NamedDistribution named, DecodeNamed(parameter));
    command.expected.push_back(std::move(named));
  }
  return command;
}

absl::StatusOr<engine::SampleCommand> DecodeJoint(const v1::SampleJointRequest& request) {
  engine::SampleCommand command;
  PARZEN_ASSIGN_OR_RETURN(command.sampling, DecodeSampling(request.sampling()));
  command.always = request.always();
  if (!request.has_space()) return command;
  command.space.emplace();
  for (const v1::NamedDistribution& parameter : request.space()) {
    PARZEN_ASSIGN_OR_RETURN(NamedDistribution named, DecodeNamed(parameter));
    command.space->push_back(std::move(named));
  }
  return command;
}

absl::StatusOr<engine::SampleCommand> DecodeParameter(const v1::SampleParameterRequest& request) {
  engine::SampleCommand command;
  PARZEN_ASSIGN_OR_RETURN(command.sampling, DecodeSampling(request.sampling()));
  PARZEN_ASSIGN_OR_RETURN(command.parameter, DecodeNamed(request.parameter()));
  return command;
}

// By their keys: a map has no order, and what is recorded has one.
engine::Attributes AttributesOf(const google::protobuf::Map<std::string, std::string>& map) {
  engine::Attributes attributes(map.begin(), map.end());
  std::sort(attributes.begin(), attributes.end());
  return attributes;
}

absl::StatusOr<std::optional<engine::TrialState>> DecodeEnd(v1::AdvanceTrialRequest::End end) {
  switch (end) {
    case v1::AdvanceTrialRequest::NOT_ENDED:
      return std::nullopt;
    case v1::AdvanceTrialRequest::COMPLETE:
      return engine::TrialState::kComplete;
    case v1::AdvanceTrialRequest::PRUNED:
      return engine::TrialState::kPruned;
    case v1::AdvanceTrialRequest::FAIL:
      return engine::TrialState::kFailed;
    default:
      return error::BadField("end", absl::StrCat("is ", static_cast<int>(end), "; 0 to 3 are accepted"));
  }
}

absl::StatusOr<engine::AdvanceTrialCommand> DecodeAdvance(const v1::AdvanceTrialRequest& request) {
  engine::AdvanceTrialCommand command;
  for (const v1::ChosenParam& param : request.params()) {
    PARZEN_ASSIGN_OR_RETURN(engine::ChosenParam chosen, DecodeParam(param.name(), param.value(), param.distribution()));
    command.params.push_back(std::move(chosen));
  }
  for (const auto& [step, value] : request.intermediate_values()) command.amend.intermediates.push_back({step, value, 0});
  std::sort(command.amend.intermediates.begin(), command.amend.intermediates.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  command.amend.user_attrs = AttributesOf(request.user_attributes());
  command.amend.system_attrs = AttributesOf(request.system_attributes());
  for (const auto& [key, json] : command.amend.system_attrs) {
    for (auto& constraint : ConstraintsOf(key, json)) command.amend.constraints.push_back(std::move(constraint));
  }
  PARZEN_ASSIGN_OR_RETURN(command.end, DecodeEnd(request.end()));
  command.values.assign(request.values().begin(), request.values().end());
  return command;
}

// Samples for the trial that the request names; `answer` ends the call.
template <typename TypedCall>
void SampleFor(engine::Service* service, TypedCall* call, absl::StatusOr<engine::SampleCommand> decoded,
               std::function<void(const JointPart&)> answer) {
  if (!decoded.ok()) return call->Fail(decoded.status());
  const auto command = std::make_shared<engine::SampleCommand>(*std::move(decoded));
  const int64_t trial_id = call->request().trial_id();
  WithStudy(service, call, StudyOfTrial(trial_id),
            [service, call, command, trial_id, answer = std::move(answer)](const engine::StudyRef& study) {
              command->trial = RefOf(study, trial_id);
              service->Sample(std::move(*command), [call, answer](const absl::StatusOr<JointPart>& part) {
                if (!part.ok()) return call->Fail(part.status());
                Guarded(call, [&] { answer(*part); });
              });
            });
}

}  // namespace

OptunaTrialsHandlers::Reactor* OptunaTrialsHandlers::BeginTrial(Context* context, const Bytes* request, Bytes* response) {
  return RunCall<v1::BeginTrialRequest>(kBeginTrial, gate_, context, request, response, [this](auto* call) {
    absl::StatusOr<engine::BeginTrialCommand> decoded = DecodeBegin(call->request());
    if (!decoded.ok()) return call->Fail(decoded.status());
    const auto command = std::make_shared<engine::BeginTrialCommand>(*std::move(decoded));
    command->request = call->key();
    command->worker = call->extras().worker;
    command->lease_micros = call->extras().lease_micros;
    command->principal = std::string(call->caller().name());
    WithStudy(service_, call, call->request().study_id(), [this, call, command](const engine::StudyRef& study) {
      command->study_uid = study.uid;
      service_->BeginTrial(std::move(*command), [call](const absl::StatusOr<engine::BeginTrialAnswer>& begun) {
        if (!begun.ok()) return call->Fail(begun.status());
        Guarded(call, [&] {
          auto* reply = call->template MakeResponse<v1::BeginTrialResponse>();
          reply->set_trial_id(begun->id);
          reply->set_study_uid(begun->trial.study_uid);
          if (begun->started_at != 0) reply->set_trial(TrialBytes(Begun(*begun)));
          if (begun->joint) EncodeJoint(*begun->joint, reply->mutable_joint());
          for (const engine::SampledParameter& single : begun->singles) {
            v1::SampleParameterResponse* message = reply->add_singles();
            message->set_value(single.value);
            EncodeStreams(single.after, message->mutable_streams());
          }
          call->Answer(*reply);
        });
      });
    });
  });
}

OptunaTrialsHandlers::Reactor* OptunaTrialsHandlers::SampleJoint(Context* context, const Bytes* request, Bytes* response) {
  return RunCall<v1::SampleJointRequest>(kSampleJoint, gate_, context, request, response, [this](auto* call) {
    SampleFor(service_, call, DecodeJoint(call->request()), [call](const JointPart& part) {
      auto* reply = call->template MakeResponse<v1::JointPart>();
      EncodeJoint(part, reply);
      call->Answer(*reply);
    });
  });
}

OptunaTrialsHandlers::Reactor* OptunaTrialsHandlers::SampleParameter(Context* context, const Bytes* request, Bytes* response) {
  return RunCall<v1::SampleParameterRequest>(kSampleParameter, gate_, context, request, response, [this](auto* call) {
    SampleFor(service_, call, DecodeParameter(call->request()), [call](const JointPart& part) {
      auto* reply = call->template MakeResponse<v1::SampleParameterResponse>();
      reply->set_value(part.values.front());
      EncodeStreams(part.after, reply->mutable_streams());
      call->Answer(*reply);
    });
  });
}

OptunaTrialsHandlers::Reactor* OptunaTrialsHandlers::AdvanceTrial(Context* context, const Bytes* request, Bytes* response) {
  return RunCall<v1::AdvanceTrialRequest>(kAdvanceTrial, gate_, context, request, response, [this](auto* call) {
    absl::StatusOr<engine::AdvanceTrialCommand> decoded = DecodeAdvance(call->request());
    if (!decoded.ok()) return call->Fail(decoded.status());
    const auto command = std::make_shared<engine::AdvanceTrialCommand>(*std::move(decoded));
    command->request = call->key();
    const int64_t trial_id = call->request().trial_id();
    WithStudy(service_, call, StudyOfTrial(trial_id), [this, call, command, trial_id](const engine::StudyRef& study) {
      command->trial = RefOf(study, trial_id);
      service_->AdvanceTrial(std::move(*command), [call](const absl::StatusOr<engine::AdvanceTrialAnswer>& advanced) {
        if (!advanced.ok()) return call->Fail(advanced.status());
        Guarded(call, [&] {
          auto* reply = call->template MakeResponse<v1::AdvanceTrialResponse>();
          if (advanced->trial) reply->set_trial(TrialBytes(*advanced->trial));
          call->Answer(*reply);
        });
      });
    });
  });
}

OptunaTrialsHandlers::Reactor* OptunaTrialsHandlers::GetWaitingTrials(Context* context, const Bytes* request, Bytes* response) {
  return RunCall<v1::GetWaitingTrialsRequest>(kGetWaitingTrials, gate_, context, request, response, [this](auto* call) {
    WithStudy(service_, call, call->request().study_id(), [this, call](const engine::StudyRef& study) {
      engine::ReadTrialsCommand command;
      command.study_uid = study.uid;
      command.waiting = true;
      service_->ReadTrials(std::move(command), [call](const absl::StatusOr<engine::ReadTrialsAnswer>& read) {
        if (!read.ok()) return call->Fail(read.status());
        Guarded(call, [&] {
          auto* reply = call->template MakeResponse<v1::GetWaitingTrialsResponse>();
          for (const engine::Trial& trial : read->trials) {
            if (trial.state == engine::TrialState::kWaiting) reply->add_trials(TrialBytes(trial));
          }
          call->Answer(*reply);
        });
      });
    });
  });
}

}  // namespace parzen::optuna
