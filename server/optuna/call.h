// A unary call of optuna.StorageService: its request, and what a log line says of it.

#ifndef PARZEN_SERVER_OPTUNA_CALL_H_
#define PARZEN_SERVER_OPTUNA_CALL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "optuna/storage.pb.h"
#include "server/engine/types.h"
#include "server/rpc/call.h"
#include "server/rpc/grpc_carrier.h"

namespace parzen::optuna {

namespace wire = ::optuna;

// A trial's id says where it is: the study's number in the upper half, the trial's own in the lower.
inline int64_t StudyOfTrial(int64_t trial_id) { return trial_id >> 32; }
inline int64_t NumberOfTrial(int64_t trial_id) { return trial_id & 0xffffffff; }

// What a client may say beside its request, as metadata. Optuna's own says nothing; parzen.optuna.ParzenStorage does:
//   parzen-request-id-bin   16 bytes: the same id is done once and answered the same (see RequestKey)
//   parzen-worker           who runs the trial that the call begins
//   parzen-lease-seconds    how long that trial is kept without a sign of life
struct Extras {
  std::optional<engine::RequestId> request_id;
  std::string worker = "optuna";
  std::optional<int64_t> lease_micros;
};

// INVALID_ARGUMENT BAD_FIELD that names the metadata.
absl::StatusOr<Extras> ReadExtras(const rpc::Carrier& carrier);

// A hash of what a request says, the same whatever the order of its maps.
uint64_t HashOf(const security::Method& method, const google::protobuf::MessageLite& request);

template <typename Request>
class Call final : public rpc::UnaryCall {
 public:
  // Method and gate outlive the call.
  Call(const security::Method& method, rpc::CallGate* gate, std::unique_ptr<rpc::GrpcCarrier> carrier)
      : UnaryCall(method, gate, std::move(carrier)), request_(google::protobuf::Arena::CreateMessage<Request>(arena())) {}

  // Whether the call may go on; first of all.
  absl::Status Open() {
    PARZEN_RETURN_IF_ERROR(Admit(request_));
    PARZEN_ASSIGN_OR_RETURN(extras_, ReadExtras(carrier()));
    return absl::OkStatus();
  }

  // Once opened.
  const Request& request() const { return *request_; }
  const Extras& extras() const { return extras_; }
  // Ends the call with an answer whose bytes were made in pieces (rpc::GrpcCarrier::Keep).
  void AnswerInPieces(const std::vector<grpc::Slice>& pieces) { End(static_cast<rpc::GrpcCarrier&>(carrier()).Keep(pieces)); }
  engine::RequestKey key() const {
    if (!extras_.request_id) return {};
    return {extras_.request_id, HashOf(method(), *request_)};
  }

 private:
  ~Call() override = default;

  rpc::CallSubject Subject() const override;

  Request* const request_;
  Extras extras_;
};

template <typename Request>
rpc::CallSubject Call<Request>::Subject() const {
  rpc::CallSubject subject;
  if constexpr (requires { request_->study_name(); }) subject.study = request_->study_name();
  if constexpr (requires { request_->study_id(); }) subject.study = absl::StrCat("id ", request_->study_id());
  if constexpr (requires { request_->trial_id(); }) {
    subject.study = absl::StrCat("id ", StudyOfTrial(request_->trial_id()));
    subject.trial = NumberOfTrial(request_->trial_id());
  }
  return subject;
}

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_CALL_H_
