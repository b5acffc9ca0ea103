// Looks after the database where that is another process (PostgreSQL): whether it answers, how long it takes, and whether it has
// gone back. With SQLite there is nothing to look after.

#ifndef PARZEN_SERVER_MAIN_DATABASE_WATCH_H_
#define PARZEN_SERVER_MAIN_DATABASE_WATCH_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "server/main/every.h"
#include "server/placement/membership.h"
#include "storage/storage.h"

namespace parzen {

// Thread safe.
class DatabaseWatch {
 public:
  struct Events {
    // Whether calls can be served as far as the database goes; at every change, by one thread. They can at first.
    std::function<void(bool ready)> changed;
    // The seconds of a round trip, which is made once a second.
    std::function<void(double seconds)> answered;
    // A study has gone back (storage::Setback): what is in memory of it is not what is kept. Once a second while it is so.
    std::function<void(uint64_t uid)> went_back;
  };

  // All outlive it; `membership` is null for a server that is alone. A replica is ready while it may answer for its studies, a
  // server that is alone while the database answers.
  DatabaseWatch(storage::Storage* storage, const placement::Membership* membership, Events events);

  bool ready() const { return ready_.load(); }
  // For the server's metrics.
  std::vector<storage::Figure> Figures() const;

 private:
  void Probe();
  void CheckSetbacks();
  void Look();

  storage::Replicas* const replicas_;  // null: the database is a file
  const placement::Membership* const membership_;
  const Events events_;
  absl::flat_hash_set<uint64_t> known_setbacks_;  // the probing thread's own
  std::atomic<int64_t> setbacks_{0};
  std::atomic<bool> answers_{true};
  std::atomic<bool> ready_{true};
  std::unique_ptr<Every> probing_, looking_;  // last: they use the rest
};

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_DATABASE_WATCH_H_
