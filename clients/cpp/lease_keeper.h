// Renews the leases of the trials that a connection holds, from one thread: it starts with the first lease and ends with the
// connection. A trial is held as long as somebody has its HeldLease; whoever lets go of it lets the lease run out.

#ifndef PARZEN_CLIENTS_CPP_LEASE_KEEPER_H_
#define PARZEN_CLIENTS_CPP_LEASE_KEEPER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "parzen/trial.h"
#include "parzen/v1/parzen.pb.h"

namespace parzen {
inline namespace client {

// What renewals have said of a trial. Thread safe.
class HeldLease {
 public:
  HeldLease(const TrialHandle& handle, double seconds) : handle_(handle), seconds_(seconds) {}

  const TrialHandle& handle() const { return handle_; }
  std::chrono::duration<double> period() const { return std::chrono::duration<double>(seconds_); }
  bool stop_requested() const;
  bool lost() const;
  // As Trial::OnLease.
  void SetCallback(std::function<void(LeaseEvent)> callback);
  // Something happened; the second time it is nothing new.
  void Happened(LeaseEvent event);

 private:
  const TrialHandle handle_;
  const double seconds_;
  mutable Mutex mutex_;  // held while the callback runs
  bool stop_requested_ GUARDED_BY(mutex_) = false, lost_ GUARDED_BY(mutex_) = false;
  std::function<void(LeaseEvent)> callback_ GUARDED_BY(mutex_);
};

class LeaseKeeper {
 public:
  using Clock = std::chrono::steady_clock;
  // Makes a Heartbeat that ends by itself within the time given.
  using Beat = std::function<absl::Status(const v1::HeartbeatRequest&, std::chrono::milliseconds, v1::HeartbeatResponse*)>;

  explicit LeaseKeeper(Beat beat) : beat_(std::move(beat)) {}
  ~LeaseKeeper();  // waits for a Heartbeat under way

  // Renews it from now on, until it is released, lost, or nobody else has it.
  void Hold(const std::shared_ptr<HeldLease>& lease);
  void Release(const HeldLease* lease);

 private:
  struct Entry {
    std::weak_ptr<HeldLease> lease;
    const HeldLease* key;
    Clock::time_point due;
  };

  void Run();
  // What is due now; forgets what nobody has.
  std::vector<std::shared_ptr<HeldLease>> TakeDue(Clock::time_point now) REQUIRES(mutex_);
  void Renew(const std::vector<std::shared_ptr<HeldLease>>& leases);

  const Beat beat_;
  Mutex mutex_;
  CondVar wake_;
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::optional<std::thread> thread_ GUARDED_BY(mutex_);
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_LEASE_KEEPER_H_
