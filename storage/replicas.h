// Several servers over one database: who lives, and whose a study is.
//
// Each server keeps one row, which it renews by the database's clock; one that has not done so for kLifetime is dead, and others
// may take its studies. A study's owner stands beside its epoch: whoever takes a study moves the epoch, so that a transaction of
// the owner before is refused. Once a server has joined, Storage::AcquireStudy takes a study only from nobody, from a dead server
// or from itself; else it answers PERMISSION_DENIED, and takes nothing.
//
// No clock of a server is compared with another's. A server that counts from before it asked for a renewal stops in time if it
// stops before kLifetime is over.

#ifndef PARZEN_STORAGE_REPLICAS_H_
#define PARZEN_STORAGE_REPLICAS_H_

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parzen::storage {

struct Replica {
  int64_t id = 0;           // never used again; 0 is nobody's
  std::string address;      // HOST:PORT, for other replicas and clients
  std::string secret;       // who sends it has read it in this database: a replica
  bool is_leaving = false;  // takes no study any more
  int64_t studies = 0;      // that it owns
  double load = 0;          // calls a second for them, as it last said
};

struct Ownership {
  uint64_t uid = 0;
  std::string name;
  int64_t owner = 0;     // a living replica; 0: nobody
  bool is_left = false;  // by a replica that is dead, and that nobody has followed yet
};

// A study that the database has at an earlier revision than was acknowledged: results are lost.
struct Setback {
  uint64_t uid = 0;
  std::string name;
  int64_t found = 0;  // the revision that the database has
  int64_t known = 0;  // the highest that a server has seen
};

// Thread safe. Everything waits for the database. Errors, besides those below: UNAVAILABLE.
class Replicas {
 public:
  static constexpr std::chrono::milliseconds kLifetime{3000};

  virtual ~Replicas() = default;

  // Enters this server, as a new replica whatever it was before. Returns its id.
  virtual absl::StatusOr<int64_t> Join(std::string_view address, std::string_view secret) = 0;
  // Says that it lives. ABORTED where that comes too late: it is dead, and is to join anew.
  virtual absl::Status Renew(double load) = 0;
  // From now on this server takes no study, and the others know.
  virtual absl::Status BeginToLeave() = 0;
  // The last: its studies are nobody's, and its row is gone.
  virtual absl::Status Leave() = 0;

  // One round trip to the database, on a connection that nothing else waits for: whether it answers.
  virtual absl::Status Reach() = 0;
  // The studies that have gone back, and are refused until that is accepted. Where a connection was lost since the last time,
  // what this server has seen committed is compared with what the database has first. One caller at a time.
  virtual absl::StatusOr<std::vector<Setback>> FindSetbacks() = 0;
  // Those that live, by id.
  virtual absl::StatusOr<std::vector<Replica>> List() = 0;
  // NOT_FOUND.
  virtual absl::StatusOr<Ownership> FindOwner(uint64_t uid) = 0;
  virtual absl::StatusOr<Ownership> FindOwner(std::string_view name) = 0;

  // Of these studies, hands those that this server owns to `heir` (0: to nobody).
  virtual absl::Status Give(std::span<const uint64_t> uids, int64_t heir) = 0;
  // Hands all that this server owns to nobody.
  virtual absl::Status GiveAll() = 0;
  // Studies that nobody living owns and whose trials have leases, which somebody must see run out; at most `limit`.
  virtual absl::StatusOr<std::vector<uint64_t>> Orphans(int limit) = 0;
};

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_REPLICAS_H_
