// The channels of a connection: to the addresses that it was given, one at a time, and straight to the owners of studies.

#ifndef PARZEN_CLIENTS_CPP_LINES_H_
#define PARZEN_CLIENTS_CPP_LINES_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "clients/cpp/credentials.h"
#include "clients/cpp/owners.h"
#include "parzen/v1/parzen.grpc.pb.h"

namespace parzen {
inline namespace client {

// One channel. Calls under way keep theirs when it is replaced.
struct Line {
  std::string address;
  bool is_straight = false;  // to a study's owner, because a server has named it
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Optimizer::Stub> stub;
};
using LinePtr = std::shared_ptr<Line>;

// Thread safe.
class Lines {
 public:
  // Asks the server on a line for its database's id; empty where it does not say so in time.
  using StorageIdOf = std::function<std::string(const Line&, std::chrono::milliseconds bound)>;
  static constexpr std::chrono::milliseconds kIntroduction{1'000};  // that a server has to say it

  // `addresses`: at least one. `credentials` outlives this. `server_name`: as Tls has it. `elsewhere`: whether addresses that
  // were not given may be called, where an owner is there.
  Lines(std::vector<std::string> addresses, Credentials* credentials, std::string server_name, bool elsewhere,
        StorageIdOf storage_id_of);

  // For a study's next call: straight to its owner where that is known and has the same studies, else to the address whose turn
  // it is. Another one than before where the TLS files have changed. The first call to an owner waits until it has said what it
  // has, for half of the time that is `left` at most; others go to the addresses that were given meanwhile.
  LinePtr For(const StudyKey& study, std::chrono::milliseconds left);
  // What a server has said of the study's owner. Whether the study's next call goes straight to it, unless it fails.
  bool Learn(const StudyKey& study, std::string_view owner);
  // The next call opens another one to the same address.
  void GiveUp(const LinePtr& line);
  // The next call goes to the next address, unless another thread has seen to that. False where there is but one.
  bool MoveOn(const LinePtr& line);
  // The owner's server has failed: for a while calls go by the addresses that were given. For a straight line.
  void Leave(const LinePtr& line);

  size_t addresses() const { return addresses_.size(); }

 private:
  LinePtr Make(const std::string& address, bool is_straight) const;
  LinePtr Current() REQUIRES(mutex_);
  // Null where the address may mean another machine here than where the servers are. Takes twice the bound at most.
  LinePtr Introduce(const std::string& owner, std::chrono::milliseconds bound) EXCLUDES(mutex_);

  const std::vector<std::string> addresses_;
  Credentials* const credentials_;
  const std::string server_name_;
  const StorageIdOf storage_id_of_;
  Mutex mutex_;
  Owners owners_ GUARDED_BY(mutex_);
  size_t at_ GUARDED_BY(mutex_) = 0;                                       // which of the addresses is called
  LinePtr current_ GUARDED_BY(mutex_);                                     // to it; null: it is opened by the next call
  absl::flat_hash_map<std::string, LinePtr> straight_ GUARDED_BY(mutex_);  // by address; null: it is being introduced
  std::string storage_id_ GUARDED_BY(mutex_);                              // empty: not asked for yet
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_LINES_H_
