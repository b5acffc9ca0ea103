// Handlers of studies.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/optuna/attributes.h"
#include "server/optuna/handlers.h"
#include "server/optuna/methods.h"

namespace parzen::optuna {
namespace {

using engine::Study;

wire::StudyDirection EncodeDirection(Direction direction) {
  return direction == Direction::kMinimize ? wire::MINIMIZE : wire::MAXIMIZE;
}

void EncodeAttributes(const engine::Attributes& attributes, google::protobuf::Map<std::string, std::string>* map) {
  for (const auto& [key, json] : attributes) (*map)[key] = json;
}

void EncodeStudy(const Study& study, wire::Study* message) {
  message->set_study_id(study.id);
  message->set_study_name(study.name);
  for (const Direction direction : study.definition->directions) message->add_directions(EncodeDirection(direction));
  EncodeAttributes(study.user_attrs, message->mutable_user_attributes());
  EncodeAttributes(SystemAttributesOf(study), message->mutable_system_attributes());
}

absl::StatusOr<engine::CreateStudyCommand> DecodeNewStudy(const wire::CreateNewStudyRequest& request) {
  engine::CreateStudyCommand command;
  command.name = request.study_name();
  command.any_name = true;
  command.definition.directions.clear();
  for (const int direction : request.directions()) {
    if (direction != wire::MINIMIZE && direction != wire::MAXIMIZE) {
      return error::BadField("directions", absl::StrCat("has ", direction, "; 0 and 1 are accepted"));
    }
    command.definition.directions.push_back(direction == wire::MINIMIZE ? Direction::kMinimize : Direction::kMaximize);
  }
  return command;
}

// GetAllStudies: page after page. Those with an empty name, which a listing begins behind, come last.
class AllStudies : public std::enable_shared_from_this<AllStudies> {
 public:
  AllStudies(engine::Service* service, rpc::UnaryCall* call, std::string prefix) : service_(service), call_(call) {
    command_.page_size = 1000;
    command_.name_prefix = std::move(prefix);
  }

  void ReadPage() {
    service_->ListStudies(command_, [self = shared_from_this()](absl::StatusOr<engine::ListStudiesAnswer> page) {
      if (!page.ok()) return self->call_->Fail(page.status());
      std::move(page->studies.begin(), page->studies.end(), std::back_inserter(self->studies_));
      self->command_.page_token = page->next_page_token;
      if (!page->next_page_token.empty()) return self->ReadPage();
      if (!self->command_.name_prefix.empty()) return self->Answer();
      self->service_->GetStudy("", [self](absl::StatusOr<Study> nameless) {
        if (nameless.ok()) self->studies_.push_back(*std::move(nameless));
        self->Answer();
      });
    });
  }

 private:
  // In the order in which they were made.
  void Answer() {
    Guarded(call_, [this] {
      std::sort(studies_.begin(), studies_.end(), [](const Study& a, const Study& b) { return a.id < b.id; });
      auto* reply = call_->MakeResponse<wire::GetAllStudiesReply>();
      for (const Study& study : studies_) EncodeStudy(study, reply->add_studies());
      call_->Answer(*reply);
    });
  }

  engine::Service* const service_;
  rpc::UnaryCall* const call_;
  engine::ListStudiesCommand command_;
  std::vector<Study> studies_;
};

engine::UpdateStudyCommand NewAttribute(engine::RequestKey request, const std::string& key, const std::string& json,
                                        bool system) {
  engine::UpdateStudyCommand command;
  command.request = request;
  command.python_attrs = true;
  (system ? command.system_attrs : command.user_attrs).emplace_back(key, json);
  if (system) command.metric_names = MetricNamesOf(key, json);
  return command;
}

}  // namespace

void OptunaHandlers::WithFace(rpc::UnaryCall* call, int64_t study_id, std::function<void(const Study&)> then) {
  WithStudy(call, study_id, [this, call, then = std::move(then)](const engine::StudyRef& ref) {
    service_->GetStudy(ref.name, [call, ref, then](absl::StatusOr<Study> study) {
      if (!study.ok()) return call->Fail(study.status());
      // Its name may be another's by now.
      if (study->uid != ref.uid) return call->Fail(error::NoSuchStudy(absl::StrCat("with id ", ref.id, ": it was deleted")));
      Guarded(call, [&] { then(*study); });
    });
  });
}

void OptunaHandlers::UpdateStudy(rpc::UnaryCall* call, int64_t study_id, engine::UpdateStudyCommand command,
                                 std::function<void(rpc::UnaryCall*)> answer) {
  WithFace(call, study_id, [this, call, command = std::move(command), answer = std::move(answer)](const Study& study) mutable {
    command.study = study.name;
    command.study_uid = study.uid;
    if (command.metric_names && command.metric_names->size() != study.definition->directions.size()) command.metric_names.reset();
    service_->UpdateStudy(std::move(command), [call, answer](const absl::StatusOr<Study>& updated) {
      if (!updated.ok()) return call->Fail(updated.status());
      answer(call);
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::CreateNewStudy(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::CreateNewStudyRequest>(kCreateNewStudy, context, request, response, [this](auto* call) {
    absl::StatusOr<engine::CreateStudyCommand> command = DecodeNewStudy(call->request());
    if (!command.ok()) return call->Fail(command.status());
    if (absl::Status allowed = call->caller().CheckStudy(command->name); !allowed.ok()) return call->Fail(allowed);
    command->request = call->key();
    command->may_make = call->caller().CheckMakeStudy();
    service_->CreateStudy(*std::move(command), [this, call](const absl::StatusOr<Study>& made) {
      if (!made.ok()) return call->Fail(made.status());
      service_->GetStudy(made->name, [call](const absl::StatusOr<Study>& study) {
        if (!study.ok()) return call->Fail(study.status());
        auto* reply = call->template MakeResponse<wire::CreateNewStudyReply>();
        reply->set_study_id(study->id);
        call->Answer(*reply);
      });
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::DeleteStudy(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::DeleteStudyRequest>(kDeleteStudy, context, request, response, [this](auto* call) {
    WithStudy(call, call->request().study_id(), [this, call](const engine::StudyRef& study) {
      engine::DeleteStudyCommand command;
      command.request = call->key();
      command.study = study.name;
      command.study_uid = study.uid;
      service_->DeleteStudy(std::move(command), [call](const absl::Status& deleted) {
        if (!deleted.ok()) return call->Fail(deleted);
        AnswerEmpty<wire::DeleteStudyReply>(call);
      });
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::SetStudyUserAttribute(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::SetStudyUserAttributeRequest>(kSetStudyUserAttribute, context, request, response, [this](auto* call) {
    const auto& message = call->request();
    UpdateStudy(call, message.study_id(), NewAttribute(call->key(), message.key(), message.value(), false),
                AnswerEmpty<wire::SetStudyUserAttributeReply>);
  });
}

OptunaHandlers::Reactor* OptunaHandlers::SetStudySystemAttribute(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::SetStudySystemAttributeRequest>(kSetStudySystemAttribute, context, request, response, [this](auto* call) {
    const auto& message = call->request();
    UpdateStudy(call, message.study_id(), NewAttribute(call->key(), message.key(), message.value(), true),
                AnswerEmpty<wire::SetStudySystemAttributeReply>);
  });
}

OptunaHandlers::Reactor* OptunaHandlers::GetStudyIdFromName(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::GetStudyIdFromNameRequest>(kGetStudyIdFromName, context, request, response, [this](auto* call) {
    const std::string& name = call->request().study_name();
    if (absl::Status allowed = call->caller().CheckStudy(name); !allowed.ok()) return call->Fail(allowed);
    service_->GetStudy(name, [call](const absl::StatusOr<Study>& study) {
      if (!study.ok()) return call->Fail(study.status());
      auto* reply = call->template MakeResponse<wire::GetStudyIdFromNameReply>();
      reply->set_study_id(study->id);
      call->Answer(*reply);
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::GetStudyNameFromId(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::GetStudyNameFromIdRequest>(kGetStudyNameFromId, context, request, response, [this](auto* call) {
    WithFace(call, call->request().study_id(), [call](const Study& study) {
      auto* reply = call->template MakeResponse<wire::GetStudyNameFromIdReply>();
      reply->set_study_name(study.name);
      call->Answer(*reply);
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::GetStudyDirections(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::GetStudyDirectionsRequest>(kGetStudyDirections, context, request, response, [this](auto* call) {
    WithFace(call, call->request().study_id(), [call](const Study& study) {
      auto* reply = call->template MakeResponse<wire::GetStudyDirectionsReply>();
      for (const Direction direction : study.definition->directions) reply->add_directions(EncodeDirection(direction));
      call->Answer(*reply);
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::GetStudyUserAttributes(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::GetStudyUserAttributesRequest>(kGetStudyUserAttributes, context, request, response, [this](auto* call) {
    WithFace(call, call->request().study_id(), [call](const Study& study) {
      auto* reply = call->template MakeResponse<wire::GetStudyUserAttributesReply>();
      EncodeAttributes(study.user_attrs, reply->mutable_user_attributes());
      call->Answer(*reply);
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::GetStudySystemAttributes(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::GetStudySystemAttributesRequest>(kGetStudySystemAttributes, context, request, response, [this](auto* call) {
    WithFace(call, call->request().study_id(), [call](const Study& study) {
      auto* reply = call->template MakeResponse<wire::GetStudySystemAttributesReply>();
      EncodeAttributes(SystemAttributesOf(study), reply->mutable_system_attributes());
      call->Answer(*reply);
    });
  });
}

OptunaHandlers::Reactor* OptunaHandlers::GetAllStudies(Context* context, const Bytes* request, Bytes* response) {
  return Run<wire::GetAllStudiesRequest>(kGetAllStudies, context, request, response, [this](auto* call) {
    auto prefix = call->caller().VisiblePrefix("");
    if (!prefix) return AnswerEmpty<wire::GetAllStudiesReply>(call);
    std::make_shared<AllStudies>(service_, call, *std::move(prefix))->ReadPage();
  });
}

}  // namespace parzen::optuna
