// This server among the replicas: says every second that it lives, knows when it may no longer be sure of that, and who else
// lives.
//
// The fence: a renewal counts from before it was asked for, and holds for kHold, which is less than the time after which others
// take over. Where no renewal came in that time, this server answers for no study, although it may be the database that is slow:
// others may be about to take them. From then on it is another replica: a renewal that comes too late does not count, the studies
// in memory are let go, and it joins anew.

#ifndef PARZEN_SERVER_PLACEMENT_MEMBERSHIP_H_
#define PARZEN_SERVER_PLACEMENT_MEMBERSHIP_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/replicas.h"

namespace parzen::placement {

using Roster = std::shared_ptr<const std::vector<storage::Replica>>;

class Membership {
 public:
  static constexpr std::chrono::milliseconds kPeriod{1000};
  static constexpr std::chrono::milliseconds kHold{2400};
  static constexpr std::chrono::milliseconds kSettle{2000};

  struct Events {
    // The fence has closed, and this server is about to join anew: what it owned is others'. Returns when nothing of it is left.
    std::function<void()> lapsed;
    // Once a period, after the renewal.
    std::function<void()> ticked;
    // Calls a second, to be told to the others.
    std::function<double()> load;
  };

  // Enters the table. `replicas` outlives it.
  static absl::StatusOr<std::unique_ptr<Membership>> Join(storage::Replicas* replicas, std::string address);
  ~Membership();
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // Before the first study is served.
  void Listen(Events events);
  // No event any more, once it has returned.
  void Hush() { Listen({}); }

  // Whether this server may answer for its studies, at this moment.
  bool Holds() const;
  // Whether this server has joined anew just now. It may be the database that was away, and that has gone back
  // (storage::Setback): the others are to say what they have seen of their studies before this one takes them.
  bool IsSettling() const { return Clock::now().time_since_epoch().count() < settled_at_.load(); }
  int64_t id() const { return id_.load(); }
  // Sent by those who have read it in the database.
  const std::string& secret() const { return secret_; }

  // As it was read last. Never null.
  Roster roster() const;
  // Reads it again; waits for the database.
  absl::Status Refresh();
  // A living replica; none where it is not on the roster.
  std::optional<storage::Replica> Find(int64_t id) const;
  // Whom a study goes to that is nobody's: the same for all who have the same roster, and spread evenly. None where nobody else
  // but `without` is there. Those that are leaving do not count.
  std::optional<storage::Replica> HeirOf(uint64_t uid, int64_t without) const;

 private:
  using Clock = std::chrono::steady_clock;

  Membership(storage::Replicas* replicas, std::string address, std::string secret)
      : replicas_(replicas), address_(std::move(address)), secret_(std::move(secret)) {}
  absl::Status JoinNow();
  void Run();
  void RenewNow();

  storage::Replicas* const replicas_;
  const std::string address_, secret_;
  std::atomic<int64_t> id_{0};
  std::atomic<Clock::rep> holds_until_{0};  // of the steady clock
  std::atomic<Clock::rep> settled_at_{0};

  Mutex events_mutex_;  // held while one is called
  Events events_ GUARDED_BY(events_mutex_);
  mutable Mutex mutex_;
  CondVar wake_;
  bool ending_ GUARDED_BY(mutex_) = false;
  Roster roster_ GUARDED_BY(mutex_) = std::make_shared<const std::vector<storage::Replica>>();
  std::thread thread_;
};

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_MEMBERSHIP_H_
