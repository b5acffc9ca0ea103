// Handlers of trials.

#include <utility>

#include "base/status_macros.h"
#include "server/optuna/attributes.h"
#include "server/optuna/handlers.h"
#include "server/optuna/methods.h"
#include "server/optuna/trial_codec.h"
#include "server/optuna/trials_reply.h"

namespace parzen::optuna {
namespace {

absl::Status NoSuchTrial(int64_t trial_id) { return error::NoSuchTrial(absl::StrCat("there is no trial with id ", trial_id)); }

}  // namespace

void OptunaHandlers::Amend(rpc::UnaryCall* call, int64_t trial_id, engine::AmendTrialCommand command,
                           std::function<void(rpc::UnaryCall*)> answer) {
  WithStudy(
      call, StudyOfTrial(trial_id),
      [this, call, trial_id, command = std::move(command), answer = std::move(answer)](const engine::StudyRef& study) mutable {
        command.trial = RefOf(study, trial_id);
        service_->AmendTrial(std::move(command), [call, answer](const absl::StatusOr<std::monostate>& amended) {
          if (!amended.ok()) return call->Fail(amended.status());
          answer(call);
        });
      });
}

OptunaHandlers::Reactor* OptunaHandlers::CreateNewTrial(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::CreateNewTrialRequest>(kCreateNewTrial, context, request, response, [this](auto* call) {
    engine::BeginTrialCommand command;
    command.request = call->key();
    command.worker = call->extras().worker;
    command.lease_micros = call->extras().lease_micros;
    command.principal = std::string(call->caller().name());
    if (!call->request().template_trial_is_none()) {
      absl::Status decoded = DecodeTemplate(call->request().template_trial(), &command);
      if (!decoded.ok()) return call->Fail(decoded);
    }
    const auto kept = std::make_shared<engine::BeginTrialCommand>(std::move(command));
    WithStudy(call, call->request().study_id(), [this, call, kept](const engine::StudyRef& study) {
      kept->study_uid = study.uid;
      service_->BeginTrial(std::move(*kept), [call](const absl::StatusOr<engine::BeginTrialAnswer>& begun) {
        if (!begun.ok()) return call->Fail(begun.status());
        auto* reply = call->template MakeResponse<wire::CreateNewTrialReply>();
        reply->set_trial_id(begun->id);
        call->Answer(*reply);
      });
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::SetTrialParameter(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::SetTrialParameterRequest>(kSetTrialParameter, context, request, response, [this](auto* call) {
    const auto& message = call->request();
    absl::StatusOr<engine::ChosenParam> param =
        DecodeParam(message.param_name(), message.param_value_internal(), message.distribution());
    if (!param.ok()) return call->Fail(param.status());
    WithStudy(call, StudyOfTrial(message.trial_id()), [this, call, param = *std::move(param)](const engine::StudyRef& study) {
      service_->SetParameter({call->key(), RefOf(study, call->request().trial_id()), param},
                             [call](const absl::StatusOr<std::monostate>& set) {
                               if (!set.ok()) return call->Fail(set.status());
                               AnswerEmpty<wire::SetTrialParameterReply>(call);
                             });
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::SetTrialStateValues(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::SetTrialStateValuesRequest>(kSetTrialStateValues, context, request, response, [this](auto* call) {
    const auto& message = call->request();
    absl::StatusOr<engine::TrialState> state = DecodeState(message.state());
    if (!state.ok()) return call->Fail(state.status());
    WithStudy(call, StudyOfTrial(message.trial_id()), [this, call, state = *state](const engine::StudyRef& study) {
      engine::SetTrialStateCommand command;
      command.trial = RefOf(study, call->request().trial_id());
      command.state = state;
      command.values.assign(call->request().values().begin(), call->request().values().end());
      command.request = call->key();
      command.worker = call->extras().worker;
      command.lease_micros = call->extras().lease_micros;
      command.principal = std::string(call->caller().name());
      service_->SetTrialState(std::move(command), [call](const absl::StatusOr<bool>& updated) {
        if (!updated.ok()) return call->Fail(updated.status());
        auto* reply = call->template MakeResponse<wire::SetTrialStateValuesReply>();
        reply->set_trial_updated(*updated);
        call->Answer(*reply);
      });
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::SetTrialIntermediateValue(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::SetTrialIntermediateValueRequest>(kSetTrialIntermediateValue, context, request, response, [this](auto* call) {
    engine::AmendTrialCommand command;
    command.request = call->key();
    command.intermediates.push_back({call->request().step(), call->request().intermediate_value(), 0});
    Amend(call, call->request().trial_id(), std::move(command), AnswerEmpty<wire::SetTrialIntermediateValueReply>);
  });
}

OptunaHandlers::Reactor* OptunaHandlers::SetTrialUserAttribute(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::SetTrialUserAttributeRequest>(kSetTrialUserAttribute, context, request, response, [this](auto* call) {
    engine::AmendTrialCommand command;
    command.request = call->key();
    command.user_attrs.emplace_back(call->request().key(), call->request().value());
    Amend(call, call->request().trial_id(), std::move(command), AnswerEmpty<wire::SetTrialUserAttributeReply>);
  });
}

OptunaHandlers::Reactor* OptunaHandlers::SetTrialSystemAttribute(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::SetTrialSystemAttributeRequest>(kSetTrialSystemAttribute, context, request, response, [this](auto* call) {
    engine::AmendTrialCommand command;
    command.request = call->key();
    command.system_attrs.emplace_back(call->request().key(), call->request().value());
    command.constraints = ConstraintsOf(call->request().key(), call->request().value());
    Amend(call, call->request().trial_id(), std::move(command), AnswerEmpty<wire::SetTrialSystemAttributeReply>);
  });
}

OptunaHandlers::Reactor* OptunaHandlers::GetTrialIdFromStudyIdTrialNumber(Context* context, const Bytes* request,
                                                                          Bytes* response) {
  return Run<wire::GetTrialIdFromStudyIdTrialNumberRequest>(
      kGetTrialIdFromStudyIdTrialNumber, context, request, response, [this](auto* call) {
        WithStudy(call, call->request().study_id(), [this, call](const engine::StudyRef& study) {
          service_->ReadTrials(
              {study.uid, std::nullopt, {call->request().trial_number()}},
              [call](const absl::StatusOr<engine::ReadTrialsAnswer>& read) {
                if (!read.ok()) return call->Fail(read.status());
                if (read->trials.empty()) {
                  return call->Fail(error::NoSuchTrial(absl::StrCat("the study has no trial ", call->request().trial_number())));
                }
                auto* reply = call->template MakeResponse<wire::GetTrialIdFromStudyIdTrialNumberReply>();
                reply->set_trial_id(read->trials.front().id);
                call->Answer(*reply);
              });
        });
      });
}

OptunaHandlers::Reactor* OptunaHandlers::GetTrial(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::GetTrialRequest>(kGetTrial, context, request, response, [this](auto* call) {
    const int64_t id = call->request().trial_id();
    WithStudy(call, StudyOfTrial(id), [this, call, id](const engine::StudyRef& study) {
      service_->ReadTrials({study.uid, std::nullopt, {NumberOfTrial(id)}},
                           [call, id](const absl::StatusOr<engine::ReadTrialsAnswer>& read) {
                             if (!read.ok()) return call->Fail(read.status());
                             if (read->trials.empty()) return call->Fail(NoSuchTrial(id));
                             Guarded(call, [&] {
                               auto* reply = call->template MakeResponse<wire::GetTrialReply>();
                               EncodeTrial(read->trials.front(), reply->mutable_trial());
                               call->Answer(*reply);
                             });
                           });
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::GetTrials(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::GetTrialsRequest>(kGetTrials, context, request, response, [this](auto* call) {
    WithStudy(call, call->request().study_id(), [this, call](const engine::StudyRef& study) {
      const wire::GetTrialsRequest& message = call->request();
      engine::ReadTrialsCommand command;
      command.study_uid = study.uid;
      // Ids of this study are its numbers above its first; one outside of it comes before or after them all.
      const int64_t first = study.id << 32;
      command.after = std::max<int64_t>(message.trial_id_greater_than(), first - 1) - first;
      for (const int64_t id : message.included_trial_ids()) {
        if (StudyOfTrial(id) == study.id) command.numbers.push_back(NumberOfTrial(id));
      }
      std::make_shared<TrialsReply>(service_, call, std::move(command))->ReadPiece();
    });
  });
}

}  // namespace parzen::optuna
