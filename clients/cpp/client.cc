#include "parzen/client.h"

#include <utility>

#include "base/status_macros.h"
#include "clients/cpp/connection.h"
#include "clients/cpp/convert.h"
#include "clients/cpp/pruner_text.h"

namespace parzen {
inline namespace client {

absl::StatusOr<Client> Client::Create(ClientOptions options) {
  PARZEN_ASSIGN_OR_RETURN(std::shared_ptr<Connection> connection, Connection::Create(std::move(options)));
  return Client(std::move(connection));
}

absl::StatusOr<Study> Client::CreateStudy(const StudyConfig& config, bool exist_ok) const {
  v1::CreateStudyRequest request;
  request.set_request_id(NewRequestId());
  *request.mutable_study() = ToProto(config);
  if (!config.pruner.empty() && config.pruner != "auto") {
    PARZEN_ASSIGN_OR_RETURN(v1::PrunerConfig pruner, PrunerFromText(config.pruner));
    *request.mutable_study()->mutable_pruner() = std::move(pruner);
  }
  request.set_exist_ok(exist_ok);
  for (const std::string& study : config.warm_start_from) request.add_warm_start_from(study);
  request.set_warm_start_auto(config.warm_start_auto);
  v1::Study response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  return Study(connection_, FromProto(response));
}

absl::StatusOr<Study> Client::GetStudy(std::string_view name) const {
  v1::GetStudyRequest request;
  request.set_study(std::string(name));
  v1::Study response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  return Study(connection_, FromProto(response));
}

absl::StatusOr<std::vector<StudyInfo>> Client::Studies(std::string_view prefix) const {
  v1::ListStudiesRequest request;
  request.set_name_prefix(std::string(prefix));
  request.set_page_size(1000);
  std::vector<StudyInfo> studies;
  do {
    v1::ListStudiesResponse response;
    if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
    for (const v1::Study& study : response.studies()) studies.push_back(FromProto(study));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return studies;
}

absl::Status Client::DeleteStudy(std::string_view name) const {
  v1::DeleteStudyRequest request;
  request.set_request_id(NewRequestId());
  request.set_study(std::string(name));
  v1::DeleteStudyResponse response;
  return connection_->Call(request, &response);
}

absl::StatusOr<ServerInfo> Client::GetServerInfo() const {
  v1::ServerInfo response;
  if (const absl::Status status = connection_->Call(v1::GetServerInfoRequest(), &response); !status.ok()) return status;
  ServerInfo info{response.version(), response.api_version(), response.storage_id(), std::nullopt, response.live_studies()};
  if (response.has_start_time()) info.started = Time(std::chrono::seconds(response.start_time().seconds()));
  return info;
}

const std::string& Client::address() const { return connection_->address(); }
const std::string& Client::worker() const { return connection_->worker(); }
void Client::Cancel() const { connection_->Cancel(); }

}  // namespace client
}  // namespace parzen
