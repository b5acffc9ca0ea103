#include "clients/cpp/tell_keeper.h"

#include <chrono>
#include <utility>

#include "parzen/error.h"

namespace parzen {
inline namespace client {
namespace {

constexpr std::chrono::milliseconds kPause{1'000};  // between rounds that did not get through

bool IsSame(const v1::TrialHandle& a, const v1::TrialHandle& b) {
  return a.study_uid() == b.study_uid() && a.number() == b.number() && a.attempt() == b.attempt();
}

}  // namespace

bool IsTransportError(const absl::Status& status) {
  return absl::IsUnavailable(status) || (absl::IsDeadlineExceeded(status) && ErrorReason(status).empty());
}

TellKeeper::~TellKeeper() {
  std::optional<std::thread> thread;
  {
    const MutexLock lock(&mutex_);
    ending_ = true;
    thread.swap(thread_);
    wake_.NotifyAll();
  }
  if (thread) thread->join();
}

void TellKeeper::Keep(v1::TellRequest request, std::shared_ptr<HeldLease> lease) {
  const MutexLock lock(&mutex_);
  entries_.push_back({std::move(request), std::move(lease)});
  if (!thread_) thread_.emplace([this] { Run(); });
  wake_.NotifyAll();
}

std::optional<v1::Outcome> TellKeeper::Pending(const v1::TrialHandle& trial) {
  const MutexLock lock(&mutex_);
  for (const Entry& entry : entries_) {
    if (IsSame(entry.request.outcomes(0).trial(), trial)) return entry.request.outcomes(0);
  }
  return std::nullopt;
}

void TellKeeper::Run() {
  MutexLock lock(&mutex_);
  while (!ending_) {
    if (entries_.empty()) {
      wake_.Wait(&mutex_);
      continue;
    }
    // It stays in the queue, so that Pending sees it, until it has an answer. Only this thread removes entries.
    const Entry entry = entries_.front();
    lock.Unlock();
    v1::TellResponse response;
    const absl::Status status = tell_(entry.request, &response);
    const bool again = IsTransportError(status);
    if (!again) answered_(entry.lease.get());
    lock.Lock();
    entries_.pop_front();
    if (!again) continue;
    entries_.push_back(entry);
    const auto until = std::chrono::steady_clock::now() + kPause;
    while (!ending_ && wake_.WaitUntil(&mutex_, until)) {
    }
  }
}

}  // namespace client
}  // namespace parzen
