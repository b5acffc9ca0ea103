// Outcomes that could not be told for the transport's sake, told again from one thread while the connection lives: a server that
// is away for longer than a caller waits does not cost a result.

#ifndef PARZEN_CLIENTS_CPP_TELL_KEEPER_H_
#define PARZEN_CLIENTS_CPP_TELL_KEEPER_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "clients/cpp/lease_keeper.h"
#include "parzen/v1/parzen.pb.h"

namespace parzen {
inline namespace client {

// Whether the call failed on its way, or a server has said that it cannot now: it may have been done or not.
bool IsTransportError(const absl::Status& status);

class TellKeeper {
 public:
  // Makes one call, which ends by itself; CANCELLED once the connection is cancelled.
  using Tell = std::function<absl::Status(const v1::TellRequest&, v1::TellResponse*)>;
  // The outcome has an answer: the trial's lease needs no renewal any more.
  using Answered = std::function<void(const HeldLease*)>;

  TellKeeper(Tell tell, Answered answered) : tell_(std::move(tell)), answered_(std::move(answered)) {}
  ~TellKeeper();  // drops what is left; waits for a call under way

  // Sends the request, which keeps its request_id, until a server answers. The lease, which may be null, is kept meanwhile.
  void Keep(v1::TellRequest request, std::shared_ptr<HeldLease> lease);
  // What is being told of a trial.
  std::optional<v1::Outcome> Pending(const v1::TrialHandle& trial);

 private:
  struct Entry {
    v1::TellRequest request;
    std::shared_ptr<HeldLease> lease;
  };

  void Run();

  const Tell tell_;
  const Answered answered_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<Entry> entries_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::optional<std::thread> thread_ GUARDED_BY(mutex_);
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_TELL_KEEPER_H_
