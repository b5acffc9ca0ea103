#include "clients/cpp/lease_keeper.h"

#include <algorithm>
#include <utility>

#include "clients/cpp/convert.h"

namespace parzen {
inline namespace client {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxTrials = 1'000;  // in one Heartbeat
constexpr int kRenewals = 3;          // in a lease's period
constexpr milliseconds kLongestRetry{5'000};

template <typename Duration>
milliseconds Millis(Duration duration) {
  return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(duration));
}

}  // namespace

bool HeldLease::stop_requested() const {
  const MutexLock lock(&mutex_);
  return stop_requested_;
}

bool HeldLease::lost() const {
  const MutexLock lock(&mutex_);
  return lost_;
}

void HeldLease::SetCallback(std::function<void(LeaseEvent)> callback) {
  const MutexLock lock(&mutex_);
  callback_ = std::move(callback);
  if (callback_ == nullptr) return;
  if (stop_requested_) callback_(LeaseEvent::kStopRequested);
  if (lost_) callback_(LeaseEvent::kLost);
}

void HeldLease::Happened(LeaseEvent event) {
  const MutexLock lock(&mutex_);
  bool& happened = event == LeaseEvent::kLost ? lost_ : stop_requested_;
  if (std::exchange(happened, true)) return;
  if (callback_ != nullptr) callback_(event);
}

LeaseKeeper::~LeaseKeeper() {
  std::optional<std::thread> thread;
  {
    const MutexLock lock(&mutex_);
    ending_ = true;
    thread.swap(thread_);
    wake_.NotifyAll();
  }
  if (thread) thread->join();
}

void LeaseKeeper::Hold(const std::shared_ptr<HeldLease>& lease) {
  const MutexLock lock(&mutex_);
  entries_.push_back({lease, lease.get(), Clock::now() + Millis(lease->period() / kRenewals)});
  if (!thread_) thread_.emplace([this] { Run(); });
  wake_.NotifyAll();
}

void LeaseKeeper::Release(const HeldLease* lease) {
  const MutexLock lock(&mutex_);
  std::erase_if(entries_, [lease](const Entry& entry) { return entry.key == lease; });
}

std::vector<std::shared_ptr<HeldLease>> LeaseKeeper::TakeDue(Clock::time_point now) {
  std::erase_if(entries_, [](const Entry& entry) { return entry.lease.expired(); });
  std::vector<std::shared_ptr<HeldLease>> due;
  for (Entry& entry : entries_) {
    std::shared_ptr<HeldLease> lease = entry.lease.lock();
    // What is due soon goes with what is due now.
    if (lease == nullptr || entry.due > now + Millis(lease->period() / 10) || due.size() == kMaxTrials) continue;
    entry.due = now + Millis(lease->period() / kRenewals);
    due.push_back(std::move(lease));
  }
  return due;
}

void LeaseKeeper::Run() {
  MutexLock lock(&mutex_);
  while (!ending_) {
    const auto first =
        std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.due < b.due; });
    if (first == entries_.end()) {
      wake_.Wait(&mutex_);
      continue;
    }
    const Clock::time_point now = Clock::now();
    if (first->due > now) {
      wake_.WaitUntil(&mutex_, Clock::time_point(first->due));
      continue;
    }
    const std::vector<std::shared_ptr<HeldLease>> due = TakeDue(now);
    lock.Unlock();
    if (!due.empty()) Renew(due);
    lock.Lock();
  }
}

void LeaseKeeper::Renew(const std::vector<std::shared_ptr<HeldLease>>& leases) {
  v1::HeartbeatRequest request;
  auto shortest = leases.front()->period();
  for (const std::shared_ptr<HeldLease>& lease : leases) {
    *request.add_trials() = ToProto(lease->handle());
    shortest = std::min(shortest, lease->period());
  }
  v1::HeartbeatResponse response;
  // A call that hangs must not cost the other trials their leases.
  const absl::Status status = beat_(request, Millis(shortest / 6), &response);
  const bool gone = absl::IsNotFound(status) || absl::IsInvalidArgument(status);  // the trials' studies are
  for (size_t i = 0; i < leases.size(); ++i) {
    const bool answered = status.ok() && static_cast<int>(i) < response.answers_size();
    const auto answer = answered ? response.answers(static_cast<int>(i)) : v1::HeartbeatResponse::CONTINUE;
    if (answer == v1::HeartbeatResponse::STOP) leases[i]->Happened(LeaseEvent::kStopRequested);
    if (gone || answer == v1::HeartbeatResponse::LEASE_LOST) {
      Release(leases[i].get());
      leases[i]->Happened(LeaseEvent::kLost);
    }
  }
  if (status.ok() || gone) return;
  // The server may come back; it gives every lease a full period then.
  const MutexLock lock(&mutex_);
  for (Entry& entry : entries_) {
    const bool sent = std::any_of(leases.begin(), leases.end(), [&entry](const auto& lease) { return lease.get() == entry.key; });
    if (sent) entry.due = Clock::now() + std::min(kLongestRetry, Millis(shortest / 12));
  }
}

}  // namespace client
}  // namespace parzen
