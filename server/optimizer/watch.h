// WatchStudy's streams. A stream has at most one write in flight and no queue: it reads on from its last revision when the client
// has taken what was sent. It costs no thread: one thread a server, the keeper, ends streams that make no progress and wakes
// those that rest.

#ifndef PARZEN_SERVER_OPTIMIZER_WATCH_H_
#define PARZEN_SERVER_OPTIMIZER_WATCH_H_

#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "server/engine/service.h"
#include "server/rpc/call_meter.h"
#include "server/rpc/carrier.h"
#include "server/security/gate.h"

namespace parzen::optimizer {

class WatchStream;

struct WatchOptions {
  int max_streams = 1000;  // at a time; more are refused: RESOURCE_EXHAUSTED LIMIT_WATCHES
  // A write that takes longer ends the stream: RESOURCE_EXHAUSTED SLOW_CONSUMER. A client that does not even take that in the
  // same time again is cut off.
  std::chrono::milliseconds slow_after{30'000};
  rpc::CallMeter* meter = nullptr;  // told of each stream that ends; null: nobody measures
  // Asked about once a second whether the caller may still watch, since its token may be taken away; null: everybody may.
  security::Gate* access = nullptr;
  // From one read to the next, at least, unless there was more to read: what changes meanwhile goes out together, so that a watch
  // of a busy study costs little. The first change after a pause goes out at once. While messages hold many trials the rest is
  // doubled from one to the next, up to the longest, and halved again when they do not.
  std::chrono::milliseconds rest{20};
  std::chrono::milliseconds longest_rest{160};
};

// The streams that are open. Thread safe. Outlives the servers.
class WatchRegistry {
 public:
  explicit WatchRegistry(const WatchOptions& options);
  ~WatchRegistry();
  WatchRegistry(const WatchRegistry&) = delete;
  WatchRegistry& operator=(const WatchRegistry&) = delete;

  // Opens a stream for a request, or one that fails with what is wrong with it. The caller's place is held until it ends.
  void Start(engine::Service* service, absl::StatusOr<engine::WatchCommand> command, security::Caller caller,
             std::unique_ptr<rpc::StreamCarrier> carrier);
  // Ends every stream with `status`, and those that come later too.
  void CloseAll(const absl::Status& status);
  int open() const;

 private:
  friend class WatchStream;

  absl::Status Add(std::shared_ptr<WatchStream> stream);
  // The stream has ended; what it holds of the engine is let go on the keeper's thread, outside of all callbacks.
  void Retire(WatchStream* stream);
  // The keeper lets the stream read when it is time.
  void Rest(std::weak_ptr<WatchStream> stream, std::chrono::steady_clock::time_point until);
  // Those whose rest is over by `now`.
  std::vector<std::weak_ptr<WatchStream>> TakeRested(std::chrono::steady_clock::time_point now) REQUIRES(mutex_);
  void LookAfter();
  // Waits until there is something to do, but not beyond `next_check` while streams are open. False where there will be nothing
  // any more.
  bool WaitForWork(std::chrono::steady_clock::time_point next_check) REQUIRES(mutex_);

  const WatchOptions options_;
  mutable Mutex mutex_;
  CondVar wake_;
  absl::Status closed_ GUARDED_BY(mutex_);  // not OK: no stream is opened any more
  bool stopping_ GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<WatchStream*, std::shared_ptr<WatchStream>> streams_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<WatchStream>> retired_ GUARDED_BY(mutex_);
  std::multimap<std::chrono::steady_clock::time_point, std::weak_ptr<WatchStream>> resting_ GUARDED_BY(mutex_);
  std::thread keeper_;  // last: it uses the rest
};

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_WATCH_H_
