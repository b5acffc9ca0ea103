// Calls that were sent to a study's owner and brought no answer of it, counted by reason for the server's metrics.

#ifndef PARZEN_SERVER_PLACEMENT_FAILED_FORWARDS_H_
#define PARZEN_SERVER_PLACEMENT_FAILED_FORWARDS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace parzen::placement {

// Thread safe.
class FailedForwards {
 public:
  // In the order of Counts.
  enum class Reason {
    kUnreachable,  // no connection, or it broke
    kBrokenOff,    // this replica gave it up, since the other had stopped saying that it lives
    kRefused,      // the other takes no calls of this one: its secret or its version is another
    kLate,         // the client's time was over first
    kMoved,        // the study was not the other's any more
    kOther,        // whatever else; an answer that cannot be read
  };

  void Add(Reason reason) { ++counts_[static_cast<size_t>(reason)]; }
  // For a call that was not answered: by the status of the RPC, which is not OK.
  void Add(const absl::Status& rpc);
  // All reasons, by the names that the metrics have for them.
  std::vector<std::pair<std::string_view, int64_t>> Counts() const;

 private:
  static constexpr std::array<std::string_view, 6> kNames = {"unreachable", "broken_off", "refused", "late", "moved", "other"};
  std::array<std::atomic<int64_t>, kNames.size()> counts_{};
};

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_FAILED_FORWARDS_H_
