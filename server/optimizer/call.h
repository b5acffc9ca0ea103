// A unary call of parzen.v1: what its request is about, which studies it touches, and its request_id.

#ifndef PARZEN_SERVER_OPTIMIZER_CALL_H_
#define PARZEN_SERVER_OPTIMIZER_CALL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "parzen/v1/parzen.pb.h"
#include "server/engine/service.h"
#include "server/engine/types.h"
#include "server/optimizer/request_id.h"
#include "server/optimizer/request_limits.h"
#include "server/rpc/call.h"
#include "server/security/gate.h"

namespace parzen::optimizer {

// Whether the caller may touch the study that the request names; OK where it names none.
template <typename Request>
absl::Status CheckNamedStudy(const security::Caller& caller, const Request& request) {
  if constexpr (requires { request.study().name(); }) {
    return caller.CheckStudy(request.study().name());
  } else if constexpr (requires { request.study(); }) {
    return caller.CheckStudy(request.study());
  }
  return absl::OkStatus();
}

// The uids of the studies whose trials a request names, each once.
template <typename Request>
std::vector<uint64_t> StudiesOfHandles(const Request& request) {
  std::vector<uint64_t> uids;
  const auto add = [&uids](const v1::TrialHandle& handle) {
    if (uids.empty() || uids.back() != handle.study_uid()) uids.push_back(handle.study_uid());
  };
  if constexpr (requires { request.trial(); }) add(request.trial());
  if constexpr (requires { request.outcomes(); }) {
    for (const auto& outcome : request.outcomes()) add(outcome.trial());
  }
  if constexpr (requires { request.reports(); }) {
    for (const auto& report : request.reports()) add(report.trial());
  }
  if constexpr (requires { request.trials(0).study_uid(); }) {
    for (const v1::TrialHandle& handle : request.trials()) add(handle);
  }
  return uids;
}

// Looks the studies up by uid and calls `done` with OK where the caller may touch all of them, else with the first refusal.
// `caller` stays valid until then. For requests that name studies by uid only; a name is for Caller::CheckStudy.
void CheckStudies(engine::Service* service, const security::Caller& caller, std::vector<uint64_t> uids,
                  std::function<void(absl::Status)> done);

// A handle's study and number.
rpc::CallSubject SubjectOf(const v1::TrialHandle& handle);

template <typename Request>
class Call final : public rpc::UnaryCall {
 public:
  // Method and gate outlive the call.
  Call(const security::Method& method, rpc::CallGate* gate, std::unique_ptr<rpc::Carrier> carrier)
      : UnaryCall(method, gate, std::move(carrier)), request_(google::protobuf::Arena::CreateMessage<Request>(arena())) {}

  // Whether the call may go on; first of all.
  absl::Status Open() {
    PARZEN_RETURN_IF_ERROR(Admit(request_));
    if (limits() != nullptr) PARZEN_RETURN_IF_ERROR(CheckRequest(*limits(), *request_));
    PARZEN_RETURN_IF_ERROR(CheckNamedStudy(caller(), *request_));
    if constexpr (requires { request_->clear_request_id(); }) {
      request_id_ = request_->request_id();
      request_->clear_request_id();
      if (request_id_.empty()) return absl::OkStatus();
      PARZEN_ASSIGN_OR_RETURN(key_.id, ParseRequestId(request_id_));
      // Deterministic: no request has a map. The label is part of what is in the file.
      key_.payload_hash = engine::PayloadHash(method().label, request_->SerializeAsString());
    }
    return absl::OkStatus();
  }

  // The request_id and the hash of the rest of a mutating request; once opened.
  const engine::RequestKey& key() const { return key_; }

  const Request& request() const { return *request_; }

 private:
  ~Call() override = default;

  rpc::CallSubject Subject() const override;

  Request* const request_;  // without its request_id, once opened
  std::string request_id_;
  engine::RequestKey key_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <typename Request>
rpc::CallSubject Call<Request>::Subject() const {
  rpc::CallSubject subject;
  if constexpr (requires { request_->trial(); }) subject = SubjectOf(request_->trial());
  if constexpr (requires { request_->outcomes(); }) {
    if (request_->outcomes_size() > 0) subject = SubjectOf(request_->outcomes(0).trial());
  }
  if constexpr (requires { request_->reports(); }) {
    if (request_->reports_size() > 0) subject = SubjectOf(request_->reports(0).trial());
  }
  if constexpr (requires { request_->study().name(); }) {
    subject.study = request_->study().name();
  } else if constexpr (requires { request_->study(); }) {
    subject.study = request_->study();
  }
  if constexpr (requires { request_->number(); }) subject.trial = request_->number();
  subject.request_id = request_id_;
  return subject;
}

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_CALL_H_
