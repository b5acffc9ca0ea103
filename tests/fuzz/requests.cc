// Requests of every unary RPC as arbitrary bytes, several to one server, through the codec and the engine over a storage in
// memory.
//
// Input: { METHOD (1 byte) SIZE (2 bytes, little-endian) REQUEST (SIZE bytes) }. In a trial's handle, a study_uid below 8 stands
// for the study of that index, since real ones are random. Every call is answered, by OK or by a code that says something; at the
// end every study's numbers are without hole and everything can be read.

#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "parzen/v1/parzen.pb.h"
#include "server/engine/service.h"
#include "server/error/error.h"
#include "server/optimizer/importances_codec.h"
#include "server/optimizer/methods.h"
#include "server/optimizer/study_codec.h"
#include "server/optimizer/trial_codec.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/fuzz/invariant.h"

namespace parzen::fuzz {
namespace {

void CheckStatus(const absl::Status& status) {
  static const std::set<absl::StatusCode> kSaySomething = {absl::StatusCode::kOk,
                                                           absl::StatusCode::kInvalidArgument,
                                                           absl::StatusCode::kNotFound,
                                                           absl::StatusCode::kAlreadyExists,
                                                           absl::StatusCode::kAborted,
                                                           absl::StatusCode::kFailedPrecondition,
                                                           absl::StatusCode::kResourceExhausted,
                                                           absl::StatusCode::kUnimplemented};
  Require(kSaySomething.contains(status.code()), "a code says something: " + status.ToString());
  Require(status.ok() || !status.message().empty(), "a refusal has a message");
  Require(status.ok() || error::GetErrorDetail(status).has_value(), "a refusal has a reason: " + status.ToString());
}

class Server {
 public:
  Server() {
    storage::SqliteOptions options;
    options.path = ":memory:";
    auto opened = storage::OpenSqlite(std::move(options));
    Require(opened.ok(), "a storage in memory opens");
    storage_ = *std::move(opened);
    engine::ServiceOptions engine;
    engine.compute_threads = 1;
    engine.reader_threads = 1;
    service_ = engine::Service::Create(storage_.get(), std::move(engine));
  }

  // The method at a place of this list, which seed_requests.py knows too.
  void Call(uint8_t method, const std::string& bytes) {
    using S = engine::Service;
    static constexpr void (Server::* kMethods[])(const std::string&) = {
        &Server::CallOne<v1::CreateStudyRequest, &S::CreateStudy>,
        &Server::CallOne<v1::GetStudyRequest, &S::GetStudy>,
        &Server::CallOne<v1::ListStudiesRequest, &S::ListStudies>,
        &Server::CallOne<v1::UpdateStudyRequest, &S::UpdateStudy>,
        &Server::CallOne<v1::AskRequest, &S::Ask>,
        &Server::CallOne<v1::TellRequest, &S::Tell>,
        &Server::CallOne<v1::ReportRequest, &S::Report>,
        &Server::CallOne<v1::HeartbeatRequest, &S::Heartbeat>,
        &Server::CallOne<v1::EnqueueRequest, &S::Enqueue>,
        &Server::CallOne<v1::AddTrialsRequest, &S::AddTrials>,
        &Server::CallOne<v1::SuggestRequest, &S::Suggest>,
        &Server::CallOne<v1::UpdateTrialRequest, &S::UpdateTrial>,
        &Server::CallOne<v1::GetTrialRequest, &S::GetTrial>,
        &Server::CallOne<v1::ListTrialsRequest, &S::ListTrials>,
        &Server::CallOne<v1::BestTrialsRequest, &S::BestTrials>,
        &Server::CallOne<v1::ExplainTrialRequest, &S::ExplainTrial>,
        &Server::CallOne<v1::RecommendTrialsRequest, &S::RecommendTrials>,
        &Server::CallOne<v1::DeleteStudyRequest, &S::DeleteStudy>,
        &Server::CallOne<v1::StopTrialRequest, &S::StopTrial>,
        &Server::CallOne<v1::GetImportancesRequest, &S::GetImportances>,
    };
    constexpr int kOthers = 2;  // WatchStudy and GetServerInfo
    static_assert(std::size(kMethods) + kOthers == optimizer::kMethods.size(), "every unary method of the API");
    (this->*kMethods[method % std::size(kMethods)])(bytes);
  }

  void CheckWhole() {
    const auto studies = Wait<engine::ListStudiesAnswer>(
        [this](auto done) { service_->ListStudies({.page_size = 1000, .page_token = "", .name_prefix = ""}, std::move(done)); });
    Require(studies.ok(), "studies can be listed: " + studies.status().ToString());
    for (const engine::Study& study : studies->studies) {
      engine::ListTrialsCommand command;
      command.study = study.name;
      command.page_size = 10'000;
      command.view = storage::View::kFull;
      const auto page = Wait<engine::ListTrialsAnswer>([&](auto done) { service_->ListTrials(command, std::move(done)); });
      Require(page.ok(), "trials can be listed: " + page.status().ToString());
      for (size_t i = 0; i < page->trials.size(); ++i) {
        Require(page->trials[i].handle.number == static_cast<int64_t>(i), "numbers have no hole");
      }
      v1::Study encoded;
      optimizer::Encode(study, &encoded);
      v1::ListTrialsResponse response;
      optimizer::EncodeTrials(page->trials, true, response.mutable_trials());
      Require(response.IsInitialized() && !response.SerializeAsString().empty() == !page->trials.empty(),
              "an answer can be sent");
    }
  }

 private:
  template <typename Answer, typename Start>
  absl::StatusOr<Answer> Wait(Start start) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<Answer>>>();
    auto future = promise->get_future();
    start([promise](absl::StatusOr<Answer> answer) { promise->set_value(std::move(answer)); });
    return future.get();
  }

  void SetUid(v1::TrialHandle* handle) const {
    if (handle->study_uid() < uids_.size()) handle->set_study_uid(uids_[handle->study_uid()]);
  }
  template <typename Request>
  void SetUids(Request* request) const {
    if constexpr (requires { request->mutable_outcomes(0)->mutable_trial(); }) {
      for (auto& outcome : *request->mutable_outcomes()) {
        if (outcome.has_trial()) SetUid(outcome.mutable_trial());
      }
    } else if constexpr (requires { request->mutable_reports(0)->mutable_trial(); }) {
      for (auto& report : *request->mutable_reports()) {
        if (report.has_trial()) SetUid(report.mutable_trial());
      }
    } else if constexpr (requires { request->mutable_trial(); }) {
      if (request->has_trial()) SetUid(request->mutable_trial());
    } else if constexpr (requires { SetUid(request->mutable_trials(0)); }) {
      for (auto& handle : *request->mutable_trials()) SetUid(&handle);
    }
  }

  // A request decoded; nullopt where it was refused.
  template <typename Request>
  auto Open(const std::string& bytes) {
    Request request;
    using Command = std::decay_t<decltype(*optimizer::Decode(request))>;
    std::optional<Command> opened;
    if (!request.ParseFromString(bytes)) return opened;
    SetUids(&request);
    engine::RequestKey key;
    if constexpr (requires { request.clear_request_id(); }) {
      // One of 256 ids, so that some meet.
      if (!request.request_id().empty()) {
        key.id.emplace();
        key.id->back() = static_cast<uint8_t>(request.request_id()[0]);
      }
      request.clear_request_id();
      key.payload_hash = engine::PayloadHash(request.GetTypeName(), request.SerializeAsString());
    }
    auto command = optimizer::Decode(request);
    if (!command.ok()) {
      CheckStatus(command.status());
      return opened;
    }
    if constexpr (requires { command->request; }) command->request = key;
    opened = *std::move(command);
    return opened;
  }

  template <typename Request, auto kMethod>
  void CallOne(const std::string& bytes) {
    Run<Request>(bytes, kMethod);
  }

  template <typename Request, typename Command, typename Answer>
  void Run(const std::string& bytes, void (engine::Service::*method)(Command, engine::Done<Answer>)) {
    auto command = Open<Request>(bytes);
    if (!command) return;
    const auto answer = Wait<Answer>([&](auto done) { (service_.get()->*method)(*std::move(command), std::move(done)); });
    CheckStatus(answer.status());
    if constexpr (std::is_same_v<Request, v1::CreateStudyRequest>) {
      if (answer.ok() && uids_.size() < 8) uids_.push_back(answer->uid);
    }
  }

  template <typename Request, typename Command>
  void Run(const std::string& bytes, void (engine::Service::*method)(Command, std::function<void(absl::Status)>)) {
    auto command = Open<Request>(bytes);
    if (!command) return;
    const auto answer = Wait<bool>([&](auto done) {
      (service_.get()->*method)(*std::move(command), [done](const absl::Status& status) {
        done(status.ok() ? absl::StatusOr<bool>(true) : absl::StatusOr<bool>(status));
      });
    });
    CheckStatus(answer.status());
  }

  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<engine::Service> service_;
  std::vector<uint64_t> uids_;
};

}  // namespace
}  // namespace parzen::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static google::protobuf::LogSilencer quiet;
  parzen::fuzz::Server server;
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  for (int calls = 0; calls < 40 && input.size() >= 3; ++calls) {
    const auto method = static_cast<uint8_t>(input[0]);
    const size_t length = static_cast<uint8_t>(input[1]) | static_cast<size_t>(static_cast<uint8_t>(input[2])) << 8;
    input.remove_prefix(3);
    server.Call(method, std::string(input.substr(0, length)));
    input.remove_prefix(std::min(length, input.size()));
  }
  server.CheckWhole();
  return 0;
}
