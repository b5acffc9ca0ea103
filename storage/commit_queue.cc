#include "storage/commit_queue.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/string_view.h"

namespace parzen::storage {
namespace {

// A batch ends when it has this many changes, so that an import of thousands of trials holds nobody up for long.
constexpr size_t kBatchChanges = 4096;
constexpr std::chrono::seconds kPurgeRetry(5);

size_t Changes(const Work& work) {
  const auto* transaction = std::get_if<Transaction>(&work);
  return transaction == nullptr ? 1 : transaction->changes.size();
}

}  // namespace

CommitQueue::CommitQueue(Committer* committer, Options options) : committer_(committer), options_(std::move(options)) {
  thread_ = std::thread([this] { Run(); });
}

CommitQueue::~CommitQueue() {
  {
    const MutexLock lock(&mutex_);
    stop_ = true;
  }
  wake_->NotifyOne();
  thread_.join();
}

void CommitQueue::Submit(Work work, Callback done) { Push(WorkItem{.work = std::move(work), .done = std::move(done)}); }

void CommitQueue::Expire(int64_t now, Callback done) { Push(Expiry{now, std::move(done)}); }

absl::StatusOr<int64_t> CommitQueue::Acquire(uint64_t uid) {
  if (OnThread()) return absl::FailedPreconditionError("AcquireStudy waits for the writer and cannot be called from a callback");
  absl::StatusOr<int64_t> epoch;
  Wait([&] { epoch = committer_->Acquire(uid); });
  return epoch;
}

void CommitQueue::Flush() {
  if (OnThread()) return;
  Wait([] {});
}

void CommitQueue::Push(Entry entry) {
  const std::shared_ptr<CondVar> wake = wake_;
  {
    const MutexLock lock(&mutex_);
    queue_.push_back(std::move(entry));
  }
  // Not under the lock: where both share a core, the woken thread runs at once, and would wait for it.
  wake->NotifyOne();
}

void CommitQueue::Wait(Barrier barrier) {
  // Shared: the waiter may be gone before set_value returns.
  auto reached = std::make_shared<std::promise<void>>();
  std::future<void> future = reached->get_future();
  Push([reached, barrier = std::move(barrier)] {
    barrier();
    reached->set_value();
  });
  future.wait();
}

void CommitQueue::Run() {
  if (const absl::Status status = committer_->FindDeleted(); !status.ok()) {
    Warn(absl::StrCat("what is left of deleted studies stays until the next start: ", status.message()));
  }
  for (Next next; Take(&next); next = {}) {
    RunNext(next);
    if (!expiries_.empty()) {
      RunExpirySlice();
    } else if (committer_->HasDeleted()) {
      RunPurgeSlice();
    }
  }
}

void CommitQueue::WaitForWork() {
  if (!expiries_.empty()) return;
  while (!stop_ && queue_.empty()) {
    if (!committer_->HasDeleted()) {
      wake_->Wait(&mutex_);
    } else if (!purge_after_ || !wake_->WaitUntil(&mutex_, *purge_after_)) {
      return;
    }
  }
}

bool CommitQueue::Take(Next* next) {
  const MutexLock lock(&mutex_);
  WaitForWork();
  if (queue_.empty()) return !stop_ || !expiries_.empty();
  if (auto* expiry = std::get_if<Expiry>(&queue_.front())) {
    next->expiry = std::move(*expiry);
    queue_.pop_front();
    return true;
  }
  if (auto* barrier = std::get_if<Barrier>(&queue_.front())) {
    next->barrier = std::move(*barrier);
    queue_.pop_front();
    return true;
  }
  size_t changes = 0;
  while (!queue_.empty() && changes < kBatchChanges) {
    auto* item = std::get_if<WorkItem>(&queue_.front());
    if (item == nullptr) break;
    changes += Changes(item->work);
    next->items.push_back(std::move(*item));
    queue_.pop_front();
    if (!options_.group_commit) break;
  }
  return true;
}

void CommitQueue::RunNext(Next& next) {
  if (next.expiry) {
    expiries_.push_back(*std::move(next.expiry));
  } else if (next.barrier) {
    while (!expiries_.empty()) RunExpirySlice();
    next.barrier();
  } else if (!next.items.empty()) {
    RunBatch(next.items);
  }
}

void CommitQueue::RunBatch(std::vector<WorkItem>& batch) {
  const auto start = std::chrono::steady_clock::now();
  if (const absl::Status status = committer_->Commit(batch); !status.ok()) return Fail(batch, status);
  const auto kept = std::count_if(batch.begin(), batch.end(), [](const WorkItem& item) { return !item.refused; });
  if (options_.committed && kept > 0) {
    options_.committed(kept, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  // A batch that was refused whole says nothing about the disk.
  if (failures_ > 0 && kept > 0) {
    Warn(absl::StrCat("commits succeed again, after ", failures_, " that failed"));
    failures_ = 0;
  }
  for (WorkItem& item : batch) {
    if (item.done) item.done(item.outcome);
  }
}

void CommitQueue::Fail(std::vector<WorkItem>& batch, const absl::Status& status) {
  // The first of a row is told; a full disk fails every call.
  if (failures_++ == 0) Warn(absl::StrCat("a commit failed, and so do the ", batch.size(), " calls in it: ", status.message()));
  absl::flat_hash_set<uint64_t> lost;
  for (const WorkItem& item : batch) {
    const auto* transaction = std::get_if<Transaction>(&item.work);
    // What carries an epoch that is over says nothing about the study's present owner.
    if (transaction != nullptr && committer_->Lose(*transaction, status)) lost.insert(transaction->study_uid);
  }
  std::vector<WorkItem> behind;
  {
    const MutexLock lock(&mutex_);
    std::deque<Entry> others;
    for (Entry& entry : queue_) {
      auto* item = std::get_if<WorkItem>(&entry);
      const auto* transaction = item == nullptr ? nullptr : std::get_if<Transaction>(&item->work);
      if (transaction != nullptr && lost.contains(transaction->study_uid)) {
        behind.push_back(std::move(*item));
      } else {
        others.push_back(std::move(entry));
      }
    }
    queue_ = std::move(others);
  }
  for (std::vector<WorkItem>* items : {&batch, &behind}) {
    for (WorkItem& item : *items) {
      if (item.done) item.done(status);
    }
  }
}

void CommitQueue::RunExpirySlice() {
  const absl::StatusOr<bool> more = committer_->ExpireSlice(expiries_.front().now);
  if (more.ok() && *more) return;
  const Expiry expiry = std::move(expiries_.front());
  expiries_.pop_front();
  if (expiry.done) expiry.done(more.status());
}

void CommitQueue::RunPurgeSlice() {
  if (purge_after_ && std::chrono::steady_clock::now() < *purge_after_) return;
  const absl::Status status = committer_->PurgeSlice();
  purge_after_.reset();
  if (status.ok()) return;
  purge_after_ = std::chrono::steady_clock::now() + kPurgeRetry;
  Warn(absl::StrCat("removing a deleted study's rows failed: ", status.message()));
}

void CommitQueue::Warn(std::string_view text) const {
  if (options_.warn) options_.warn(text);
}

}  // namespace parzen::storage
