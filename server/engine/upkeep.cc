#include "server/engine/upkeep.h"

#include <utility>

#include "server/engine/study/leases.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

constexpr int64_t kLeaseRetryMicros = 1'000'000;  // until storage that failed is tried again
constexpr int64_t kTickMicros = int64_t{60} * 1'000'000;

}  // namespace

Upkeep::Upkeep(const EngineContext& context, LiveStudies* studies) : context_(context), studies_(studies) {
  context_.lease_timer->WakeAt(kAllStudies, context_.monotonic_micros());
}

void Upkeep::Tick() {
  const int64_t now = context_.monotonic_micros();
  int64_t last = ticked_at_.load(std::memory_order_relaxed);
  if (last == 0) {  // the first call only starts the clock
    ticked_at_.compare_exchange_strong(last, now);
    return;
  }
  if (now - last < kTickMicros || !ticked_at_.compare_exchange_strong(last, now)) return;
  context_.readers->Post([this] {
    const int64_t by_requests = context_.request_micros();
    studies_->ExpireRequests(by_requests);
    studies_->Evict();
    context_.storage->ExpireRequests(by_requests, [](const absl::Status&) {});
  });
}

void Upkeep::LeasesDue(uint64_t uid) {
  if (uid != kAllStudies) return LoadLeased({uid});
  context_.readers->Post([this] {
    absl::StatusOr<std::vector<uint64_t>> uids = context_.storage->LeasedStudies();
    if (uids.ok()) return LoadLeased(*std::move(uids));
    context_.lease_timer->WakeAt(kAllStudies, context_.monotonic_micros() + kLeaseRetryMicros);
  });
}

// One after the other: other calls' loads take their turns.
void Upkeep::LoadLeased(std::vector<uint64_t> uids) {
  if (uids.empty() || stopped_.load()) return;
  const uint64_t uid = uids.back();
  uids.pop_back();
  studies_->WithUid(uid, [this, uid, uids = std::move(uids)](const absl::StatusOr<StudyPtr>& study) {
    if (study.ok()) {
      ExpireLeases(*study);
    } else if (!absl::IsNotFound(study.status()) && !error::IsNotOwner(study.status())) {
      context_.lease_timer->WakeAt(uid, context_.monotonic_micros() + kLeaseRetryMicros);
    }
    LoadLeased(uids);
  });
}

}  // namespace parzen::engine
