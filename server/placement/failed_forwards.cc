#include "server/placement/failed_forwards.h"

namespace parzen::placement {
namespace {

FailedForwards::Reason ReasonOf(absl::StatusCode code) {
  using Reason = FailedForwards::Reason;
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return Reason::kUnreachable;
    case absl::StatusCode::kCancelled:
      return Reason::kBrokenOff;
    case absl::StatusCode::kDeadlineExceeded:
      return Reason::kLate;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
      return Reason::kRefused;
    default:
      return Reason::kOther;
  }
}

}  // namespace

void FailedForwards::Add(const absl::Status& rpc) { Add(ReasonOf(rpc.code())); }

std::vector<std::pair<std::string_view, int64_t>> FailedForwards::Counts() const {
  std::vector<std::pair<std::string_view, int64_t>> counts;
  for (size_t i = 0; i < kNames.size(); ++i) counts.emplace_back(kNames[i], counts_[i].load());
  return counts;
}

}  // namespace parzen::placement
