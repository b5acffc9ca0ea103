// One worker a name: a second one would take the first one's trials for its own that it left behind, and run them twice.

#ifndef PARZEN_CLIENTS_CLI_WORKER_NAME_LOCK_H_
#define PARZEN_CLIENTS_CLI_WORKER_NAME_LOCK_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "clients/cli/worker/process.h"

namespace parzen::cli {

// Held on this machine as long as the process lives and the object does; it leaves no file behind, however the process ends.
class NameLock {
 public:
  // FAILED_PRECONDITION, with the other's process id where it is known, where a worker on this machine has the name in this
  // study.
  static absl::StatusOr<NameLock> Take(uint64_t study_uid, const std::string& name);

 private:
  explicit NameLock(Descriptor socket) : socket_(std::move(socket)) {}

  Descriptor socket_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_NAME_LOCK_H_
