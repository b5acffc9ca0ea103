#include "server/optuna/trials_reply.h"

#include <algorithm>
#include <utility>

#include "server/optuna/run.h"
#include "server/optuna/trial_codec.h"

namespace parzen::optuna {

void TrialsReply::ReadPiece() {
  service_->ReadTrials(command_, [self = shared_from_this()](const absl::StatusOr<engine::ReadTrialsAnswer>& read) {
    if (!read.ok()) return self->call_->Fail(read.status());
    Guarded(self->call_, [&] { self->Take(read->trials); });
  });
}

void TrialsReply::Take(const std::vector<engine::Trial>& trials) {
  if (!trials.empty()) {
    wire::GetTrialsReply piece;
    for (const engine::Trial& trial : trials) EncodeTrial(trial, piece.add_trials());
    pieces_.push_back(rpc::SliceOf(piece));
  }
  if (trials.size() < engine::kTrialsAtATime) return call_->AnswerInPieces(pieces_);
  const int64_t last = trials.back().handle.number;
  std::erase_if(command_.numbers, [last](int64_t number) { return number <= last; });
  command_.after = std::max(*command_.after, last);
  ReadPiece();
}

}  // namespace parzen::optuna
