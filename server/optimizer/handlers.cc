#include "server/optimizer/handlers.h"

#include <chrono>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/call_context.h"
#include "base/status_macros.h"
#include "server/error/error.h"
#include "server/optimizer/call.h"
#include "server/optimizer/importances_codec.h"
#include "server/optimizer/methods.h"
#include "server/optimizer/study_codec.h"
#include "server/optimizer/trial_codec.h"
#include "server/security/access.h"
#include "server/version.h"

namespace parzen::optimizer {

// GetServerInfo has nothing to say. Beside the other decoders, not hiding them.
struct ServerInfoCommand {};
static absl::StatusOr<ServerInfoCommand> Decode(const v1::GetServerInfoRequest&) { return ServerInfoCommand(); }

namespace {

absl::Status FromException(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return error::OverLimit("LIMIT_MEMORY", "the server has no memory left for this call; try again");
  }
  return absl::InternalError(absl::StrCat("unexpected: ", error.what()));
}

// Opens a call and decodes its request to a command. No exception leaves it.
template <typename Request>
auto OpenAndDecode(Call<Request>* call) -> decltype(Decode(call->request())) {
  try {
    PARZEN_RETURN_IF_ERROR(call->Open());
    return Decode(call->request());
  } catch (const std::exception& error) {
    return FromException(error);
  }
}

}  // namespace

// Runs one unary call: opens it, decodes its request to a command, and hands that to `post(command, call)`, which ends the call.
template <typename Request, typename Post>
void Handlers::Run(const security::Method& method, std::unique_ptr<rpc::Carrier> carrier, Post post) {
  auto* const call = new Call<Request>(method, gate_, std::move(carrier));
  const CallScope scope(call->context());
  auto command = OpenAndDecode(call);
  if (!command.ok()) return call->Fail(command.status());
  if constexpr (requires { command->request; }) command->request = call->key();
  if constexpr (requires { command->principal; }) command->principal = std::string(call->caller().name());
  if (std::vector<uint64_t> studies; call->caller().restricted() && !(studies = StudiesOfHandles(call->request())).empty()) {
    auto kept = std::make_shared<std::decay_t<decltype(*command)>>(*std::move(command));
    CheckStudies(service_, call->caller(), std::move(studies), [post, kept, call](const absl::Status& allowed) {
      if (!allowed.ok()) return call->Fail(allowed);
      const CallScope later(call->context());
      post(std::move(*kept), call);
    });
    return;
  }
  post(*std::move(command), call);
}

namespace {

// Ends a call with what the engine answered: `encode(answer, response)` fills the response.
template <typename Response, typename Answer, typename EncodeAnswer>
auto AnswerWith(rpc::UnaryCall* call, EncodeAnswer encode) {
  return [call, encode](absl::StatusOr<Answer> answer) {
    if (!answer.ok()) return call->Fail(answer.status());
    Response* response = nullptr;
    try {
      response = call->MakeResponse<Response>();
      encode(*answer, response);
    } catch (const std::exception& error) {
      return call->Fail(FromException(error));
    }
    call->Answer(*response);
  };
}

// A study as the answer. The engine names a definition's fields as it knows them ("max_trials"), the request has them under
// "study".
auto AnswerStudy(rpc::UnaryCall* call) {
  return [call, answer = AnswerWith<v1::Study, engine::Study>(call, [](const engine::Study& study, v1::Study* response) {
                  Encode(study, response);
                })](absl::StatusOr<engine::Study> study) {
    if (study.ok()) return answer(std::move(study));
    call->Fail(UnderStudy(study.status()));
  };
}

template <typename Response, typename Answer>
auto AnswerAs(rpc::UnaryCall* call) {
  return AnswerWith<Response, Answer>(call, [](const Answer& answer, Response* response) { Encode(answer, response); });
}

template <typename Response>
auto AnswerEmpty(rpc::UnaryCall* call) {
  return [call](const absl::Status& status) {
    if (!status.ok()) return call->Fail(status);
    call->Answer(*call->MakeResponse<Response>());
  };
}

// A trial as the whole answer, in the FULL view or not.
auto AnswerTrial(rpc::UnaryCall* call, bool full) {
  return AnswerWith<v1::Trial, engine::Trial>(
      call, [full](const engine::Trial& trial, v1::Trial* response) { EncodeTrial(trial, full, response); });
}

// A page of trials.
template <typename Response, typename Answer>
auto AnswerPage(rpc::UnaryCall* call, bool full) {
  return AnswerWith<Response, Answer>(call, [full](const Answer& answer, Response* response) {
    EncodeTrials(answer.trials, full, response->mutable_trials());
    response->set_next_page_token(answer.next_page_token);
    if constexpr (requires { answer.revision; }) response->set_revision(answer.revision);
  });
}

}  // namespace

Handlers::Handlers(engine::Service* service, rpc::CallGate* gate, WatchRegistry* watches)
    : service_(service),
      gate_(gate),
      watches_(watches),
      start_micros_(
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()) {}

void Handlers::CreateStudy(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::CreateStudyRequest>(kCreateStudy, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    command.may_make = call->caller().CheckMakeStudy();
    if (!command.may_make.ok() && !command.exist_ok) return call->Fail(command.may_make);
    for (const std::string& earlier : command.warm_start_from.studies) {
      if (absl::Status allowed = call->caller().CheckStudy(earlier); !allowed.ok()) return call->Fail(allowed);
    }
    command.warm_start_from.visible_prefix = std::string(call->caller().study_prefix());
    service_->CreateStudy(std::move(command), AnswerStudy(call));
  });
}

void Handlers::GetStudy(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::GetStudyRequest>(kGetStudy, std::move(carrier), [this](auto query, rpc::UnaryCall* call) {
    service_->GetStudy(std::move(query.study),
                       AnswerWith<v1::Study, engine::Study>(
                           call, [whole = query.with_warm_start_snapshot](const engine::Study& study, v1::Study* response) {
                             whole ? EncodeWithSnapshot(study, response) : Encode(study, response);
                           }));
  });
}

void Handlers::ListStudies(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::ListStudiesRequest>(kListStudies, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    auto prefix = call->caller().VisiblePrefix(command.name_prefix);
    if (!prefix) return call->Answer(*call->MakeResponse<v1::ListStudiesResponse>());
    command.name_prefix = *std::move(prefix);
    service_->ListStudies(std::move(command), AnswerAs<v1::ListStudiesResponse, engine::ListStudiesAnswer>(call));
  });
}

void Handlers::UpdateStudy(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::UpdateStudyRequest>(kUpdateStudy, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->UpdateStudy(std::move(command), AnswerStudy(call));
  });
}

void Handlers::DeleteStudy(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::DeleteStudyRequest>(kDeleteStudy, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->DeleteStudy(std::move(command), AnswerEmpty<v1::DeleteStudyResponse>(call));
  });
}

void Handlers::Ask(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::AskRequest>(kAsk, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->Ask(std::move(command), AnswerAs<v1::AskResponse, engine::AskAnswer>(call));
  });
}

void Handlers::Tell(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::TellRequest>(kTell, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->Tell(std::move(command), AnswerAs<v1::TellResponse, engine::TellAnswer>(call));
  });
}

void Handlers::Report(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::ReportRequest>(kReport, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->Report(std::move(command), AnswerAs<v1::ReportResponse, engine::ReportAnswer>(call));
  });
}

void Handlers::Heartbeat(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::HeartbeatRequest>(kHeartbeat, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->Heartbeat(std::move(command), AnswerAs<v1::HeartbeatResponse, engine::HeartbeatAnswer>(call));
  });
}

void Handlers::StopTrial(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::StopTrialRequest>(kStopTrial, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->StopTrial(std::move(command), AnswerEmpty<v1::StopTrialResponse>(call));
  });
}

void Handlers::Enqueue(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::EnqueueRequest>(kEnqueue, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->Enqueue(std::move(command), AnswerWith<v1::EnqueueResponse, engine::Trial>(
                                              call, [](const engine::Trial& trial, v1::EnqueueResponse* answer) {
                                                EncodeTrial(trial, true, answer->mutable_trial());
                                              }));
  });
}

void Handlers::AddTrials(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::AddTrialsRequest>(kAddTrials, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->AddTrials(std::move(command), AnswerAs<v1::AddTrialsResponse, engine::AddTrialsAnswer>(call));
  });
}

void Handlers::Suggest(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::SuggestRequest>(kSuggest, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->Suggest(std::move(command), AnswerAs<v1::SuggestResponse, engine::SuggestAnswer>(call));
  });
}

void Handlers::UpdateTrial(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::UpdateTrialRequest>(kUpdateTrial, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->UpdateTrial(std::move(command), AnswerTrial(call, true));
  });
}

void Handlers::GetTrial(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::GetTrialRequest>(kGetTrial, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    const bool full = command.view == engine::View::kFull;
    service_->GetTrial(std::move(command), AnswerTrial(call, full));
  });
}

void Handlers::ListTrials(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::ListTrialsRequest>(kListTrials, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    const bool full = command.view == engine::View::kFull;
    service_->ListTrials(std::move(command), AnswerPage<v1::ListTrialsResponse, engine::ListTrialsAnswer>(call, full));
  });
}

void Handlers::BestTrials(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::BestTrialsRequest>(kBestTrials, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    const bool full = command.view == engine::View::kFull;
    service_->BestTrials(std::move(command), AnswerPage<v1::BestTrialsResponse, engine::BestTrialsAnswer>(call, full));
  });
}

void Handlers::RecommendTrials(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::RecommendTrialsRequest>(kRecommendTrials, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    const bool full = command.view == engine::View::kFull;
    service_->RecommendTrials(
        std::move(command), AnswerWith<v1::RecommendTrialsResponse, engine::RecommendTrialsAnswer>(
                                call, [full](const engine::RecommendTrialsAnswer& answer, v1::RecommendTrialsResponse* response) {
                                  Encode(answer, full, response);
                                }));
  });
}

void Handlers::GetImportances(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::GetImportancesRequest>(kGetImportances, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->GetImportances(std::move(command), AnswerAs<v1::GetImportancesResponse, engine::GetImportancesAnswer>(call));
  });
}

void Handlers::ExplainTrial(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::ExplainTrialRequest>(kExplainTrial, std::move(carrier), [this](auto command, rpc::UnaryCall* call) {
    service_->ExplainTrial(std::move(command), AnswerAs<v1::ExplainTrialResponse, engine::ExplainTrialAnswer>(call));
  });
}

void Handlers::GetServerInfo(std::unique_ptr<rpc::Carrier> carrier) {
  Run<v1::GetServerInfoRequest>(kGetServerInfo, std::move(carrier), [this](auto, rpc::UnaryCall* call) {
    auto* info = call->MakeResponse<v1::ServerInfo>();
    info->set_version(std::string(kVersion));
    EncodeTime(start_micros_, info->mutable_start_time());
    info->set_storage_id(service_->StorageId());
    info->set_api_version("v1");
    info->set_live_studies(service_->LiveStudies());
    info->set_role(std::string(security::RoleName(call->caller().role())));
    info->set_study_prefix(std::string(call->caller().study_prefix()));
    call->Answer(*info);
  });
}

absl::StatusOr<engine::WatchCommand> Handlers::OpenWatch(rpc::StreamCarrier* carrier, security::Caller* caller) {
  try {
    PARZEN_ASSIGN_OR_RETURN(*caller, rpc::AdmitCaller(gate_->access, kWatchStudy, *carrier));
    v1::WatchStudyRequest message;
    PARZEN_RETURN_IF_ERROR(carrier->Read(gate_->max_bytes, &message));
    PARZEN_RETURN_IF_ERROR(CheckNamedStudy(*caller, message));
    return Decode(message);
  } catch (const std::exception& error) {
    return FromException(error);
  }
}

void Handlers::WatchStudy(std::unique_ptr<rpc::StreamCarrier> carrier) {
  security::Caller caller;
  auto command = OpenWatch(carrier.get(), &caller);
  watches_->Start(service_, std::move(command), std::move(caller), std::move(carrier));
}

}  // namespace parzen::optimizer
