// Outcomes that a worker has and the server may not have yet, kept in files until they are told: neither a server that is away
// nor a worker that dies loses one.

#ifndef PARZEN_CLIENTS_CLI_WORKER_SPOOL_H_
#define PARZEN_CLIENTS_CLI_WORKER_SPOOL_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "parzen/trial.h"

namespace parzen::cli {

class Spool {
 public:
  // In `directory`, which is made where it is missing; empty: $XDG_STATE_HOME/parzen, or ~/.local/state/parzen.
  static absl::StatusOr<Spool> Open(std::string directory);

  const std::string& directory() const { return directory_; }

  // One file an outcome, <study uid>-<trial>-<attempt>.json, on disk when this returns.
  absl::Status Put(const TrialHandle& handle, const Outcome& outcome) const;
  void Remove(const TrialHandle& handle) const;
  // What is kept of a study, by trial number. Files that cannot be read are left alone.
  std::vector<std::pair<TrialHandle, Outcome>> Of(uint64_t study_uid) const;

 private:
  explicit Spool(std::string directory) : directory_(std::move(directory)) {}
  std::string PathOf(const TrialHandle& handle) const;

  std::string directory_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_SPOOL_H_
