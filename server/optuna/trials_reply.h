// GetTrials' answer, which may hold a hundred thousand trials: read, and turned into bytes, some at a time, so that nothing but
// those bytes grows with it.

#ifndef PARZEN_SERVER_OPTUNA_TRIALS_REPLY_H_
#define PARZEN_SERVER_OPTUNA_TRIALS_REPLY_H_

#include <grpcpp/support/slice.h>

#include <memory>
#include <vector>

#include "optuna/storage.pb.h"
#include "server/engine/service.h"
#include "server/optuna/call.h"

namespace parzen::optuna {

// Ends the call. A piece shows its trials as they are when it is read; one that goes on after that is among those that the client
// asks for by their ids the next time.
class TrialsReply : public std::enable_shared_from_this<TrialsReply> {
 public:
  // `service` and the call outlive the answer.
  TrialsReply(engine::Service* service, Call<wire::GetTrialsRequest>* call, engine::ReadTrialsCommand command)
      : service_(service), call_(call), command_(std::move(command)) {}

  // Reads on, and answers once all is read. One thread at a time.
  void ReadPiece();

 private:
  void Take(const std::vector<engine::Trial>& trials);

  engine::Service* const service_;
  Call<wire::GetTrialsRequest>* const call_;
  engine::ReadTrialsCommand command_;  // of the next piece
  std::vector<grpc::Slice> pieces_;
};

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_TRIALS_REPLY_H_
