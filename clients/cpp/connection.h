// The one place of the client library that speaks gRPC: a channel, deadlines, retries and errors.

#ifndef PARZEN_CLIENTS_CPP_CONNECTION_H_
#define PARZEN_CLIENTS_CPP_CONNECTION_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cpp/credentials.h"
#include "clients/cpp/lease_keeper.h"
#include "clients/cpp/proxy.h"
#include "clients/cpp/request_id.h"
#include "clients/cpp/tell_keeper.h"
#include "parzen/client.h"
#include "parzen/v1/parzen.pb.h"

namespace grpc {
class ClientContext;
class Status;
}  // namespace grpc

namespace parzen {
inline namespace client {

struct Line;
class Lines;
using LinePtr = std::shared_ptr<Line>;

// Every call blocks until it is answered, its timeout is over or the connection is cancelled. UNAVAILABLE is tried again with
// growing pauses: a request with its request_id is recorded once however often it arrives. Where there are several addresses, the
// next one is tried at once, and all calls stay there until that one is gone, too. A study's calls go straight to the server that
// owns it, once another one has said which that is; where it fails, they go back to the addresses that were given. Thread safe.
class Connection {
 public:
  static absl::StatusOr<std::shared_ptr<Connection>> Create(ClientOptions options);
  // `addresses`: those of `options.address`, at least one.
  Connection(ClientOptions options, std::vector<std::string> addresses, std::unique_ptr<Credentials> credentials);
  ~Connection();

  absl::Status Call(const v1::CreateStudyRequest& request, v1::Study* response);
  absl::Status Call(const v1::GetStudyRequest& request, v1::Study* response);
  absl::Status Call(const v1::ListStudiesRequest& request, v1::ListStudiesResponse* response);
  absl::Status Call(const v1::UpdateStudyRequest& request, v1::Study* response);
  absl::Status Call(const v1::DeleteStudyRequest& request, v1::DeleteStudyResponse* response);
  absl::Status Call(const v1::AskRequest& request, v1::AskResponse* response);
  absl::Status Call(const v1::TellRequest& request, v1::TellResponse* response);
  absl::Status Call(const v1::ReportRequest& request, v1::ReportResponse* response);
  absl::Status Call(const v1::EnqueueRequest& request, v1::EnqueueResponse* response);
  absl::Status Call(const v1::AddTrialsRequest& request, v1::AddTrialsResponse* response);
  absl::Status Call(const v1::SuggestRequest& request, v1::SuggestResponse* response);
  absl::Status Call(const v1::UpdateTrialRequest& request, v1::Trial* response);
  absl::Status Call(const v1::StopTrialRequest& request, v1::StopTrialResponse* response);
  absl::Status Call(const v1::ExplainTrialRequest& request, v1::ExplainTrialResponse* response);
  absl::Status Call(const v1::GetTrialRequest& request, v1::Trial* response);
  absl::Status Call(const v1::ListTrialsRequest& request, v1::ListTrialsResponse* response);
  absl::Status Call(const v1::BestTrialsRequest& request, v1::BestTrialsResponse* response);
  absl::Status Call(const v1::RecommendTrialsRequest& request, v1::RecommendTrialsResponse* response);
  absl::Status Call(const v1::GetImportancesRequest& request, v1::GetImportancesResponse* response);
  absl::Status Call(const v1::GetServerInfoRequest& request, v1::ServerInfo* response);

  // Reads a watch until `on_message` answers false (OK) or the stream ends; a cut one is opened again at the last revision, and
  // so is one that another server than the study's owner forwards.
  absl::Status Watch(v1::WatchStudyRequest request, const std::function<bool(const v1::WatchStudyResponse&)>& on_message);

  void Cancel();

  LeaseKeeper& leases() { return *leases_; }
  TellKeeper& tells() { return *tells_; }

  const std::string& address() const { return options_.address; }
  const std::string& worker() const { return options_.worker; }

 private:
  struct UnderWay;
  absl::Status ToStatus(const grpc::Status& status, const Line& line) const;
  // Sets what every call carries.
  void Prepare(grpc::ClientContext* context) const;
  // Of the server there; empty where it does not say in time.
  std::string StorageIdAt(const Line& line, std::chrono::milliseconds bound);
  // After an attempt on a straight line has ended so, with so much time left: whether the next one comes at once. It goes by the
  // addresses that were given, unless the server is only slow, which `is_slow` says then.
  bool ComesAtOnce(const LinePtr& line, const grpc::Status& status, std::chrono::milliseconds left, bool* is_slow);
  template <typename Request, typename Response, typename Method>
  absl::Status Retry(Method method, const Request& request, Response* response);
  template <typename Request, typename Response, typename Method>
  absl::Status RetryFor(std::chrono::milliseconds timeout, Method method, const Request& request, Response* response);

  const ClientOptions options_;
  const std::unique_ptr<Credentials> credentials_;
  std::unique_ptr<UnderWay> under_way_;
  std::unique_ptr<Lines> lines_;
  std::unique_ptr<LeaseKeeper> leases_;  // its thread uses the rest
  std::unique_ptr<TellKeeper> tells_;    // and so does this one's
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_CONNECTION_H_
