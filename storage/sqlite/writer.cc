#include "storage/sqlite/writer.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

// A batch ends when it has this many changes, so that an import of thousands of trials holds nobody up for long.
constexpr size_t kBatchChanges = 4096;
constexpr std::chrono::seconds kPurgeRetry(5);

size_t Changes(const Writer::Work& work) {
  const auto* transaction = std::get_if<Transaction>(&work);
  return transaction == nullptr ? 1 : transaction->changes.size();
}

// A failure of the file as callers may see it: the codes of storage.h.
absl::Status Failure(const absl::Status& status) {
  if (IsEnvironmentFailure(status)) return status;
  return absl::UnavailableError(status.message());
}

}  // namespace

Writer::Writer(Database* database, Options options)
    : database_(database), options_(std::move(options)), applier_(&registry_), last_epoch_(database->opens() << 32) {
  thread_ = std::thread([this] { Run(); });
}

Writer::~Writer() {
  {
    const MutexLock lock(&mutex_);
    stop_ = true;
  }
  wake_.NotifyOne();
  thread_.join();
}

void Writer::Submit(Work work, Callback done) { Push(Item{.work = std::move(work), .done = std::move(done)}); }

void Writer::Expire(int64_t now, Callback done) { Push(Expiry{now, std::move(done)}); }

absl::StatusOr<int64_t> Writer::Acquire(uint64_t uid) {
  if (OnThread()) return absl::FailedPreconditionError("AcquireStudy waits for the writer and cannot be called from a callback");
  absl::StatusOr<int64_t> epoch;
  Wait([&] { epoch = AcquireNow(uid); });
  return epoch;
}

void Writer::Flush() {
  if (OnThread()) return;
  Wait([] {});
}

void Writer::Push(Entry entry) {
  // Woken under the lock: its callback may let the storage's owner end it before this thread has let go of it.
  const MutexLock lock(&mutex_);
  queue_.push_back(std::move(entry));
  wake_.NotifyOne();
}

void Writer::Wait(Barrier barrier) {
  // Shared: the waiter may be gone before set_value returns.
  auto reached = std::make_shared<std::promise<void>>();
  std::future<void> future = reached->get_future();
  Push([reached, barrier = std::move(barrier)] {
    barrier();
    reached->set_value();
  });
  future.wait();
}

void Writer::Run() {
  if (const absl::Status status = InTransaction([&](Connection& connection) { return purger_.Resume(connection); });
      !status.ok() && options_.warn) {
    options_.warn(absl::StrCat("what is left of deleted studies stays until the next start: ", status.message()));
  }
  std::vector<Entry> entries;
  while (TakeBatch(&entries)) {
    RunEntries(entries);
    entries.clear();
    if (!expiries_.empty()) {
      RunExpirySlice();
    } else if (purger_.HasWork()) {
      RunPurgeSlice();
    }
  }
}

void Writer::WaitForWork() {
  if (!expiries_.empty()) return;
  while (!stop_ && queue_.empty()) {
    if (!purger_.HasWork()) {
      wake_.Wait(&mutex_);
    } else if (!purge_after_ || !wake_.WaitUntil(&mutex_, *purge_after_)) {
      return;
    }
  }
}

bool Writer::TakeBatch(std::vector<Entry>* batch) {
  const MutexLock lock(&mutex_);
  WaitForWork();
  if (queue_.empty()) return !stop_ || !expiries_.empty();
  size_t changes = 0;
  while (!queue_.empty() && changes < kBatchChanges) {
    const auto* item = std::get_if<Item>(&queue_.front());
    if (item == nullptr && !batch->empty()) break;
    changes += item == nullptr ? kBatchChanges : Changes(item->work);
    batch->push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (!options_.group_commit) break;
  }
  return true;
}

void Writer::RunEntries(std::vector<Entry>& entries) {
  if (entries.empty()) return;
  if (auto* expiry = std::get_if<Expiry>(&entries.front())) {
    expiries_.push_back(std::move(*expiry));
  } else if (const auto* barrier = std::get_if<Barrier>(&entries.front())) {
    while (!expiries_.empty()) RunExpirySlice();
    (*barrier)();
  } else {
    RunBatch(entries);
  }
}

void Writer::RunBatch(std::vector<Entry>& batch) {
  const auto start = std::chrono::steady_clock::now();
  absl::Status status;
  {
    const Gate::Writing gate(options_.gate);
    absl::StatusOr<Database::Lease> connection = database_->Write();
    status = connection.status();
    bool again = status.ok();
    while (again) {
      again = false;
      status = TryBatch(**connection, batch, &again);
      if (!status.ok() || again) {
        (*connection)->Rollback();
        applier_.RolledBack();
      }
    }
    if (connection.ok() && !status.ok()) connection->Discard();
  }
  if (!status.ok()) return Fail(batch, Failure(status));
  const auto kept = std::count_if(batch.begin(), batch.end(), [](const Entry& entry) { return !std::get<Item>(entry).refused; });
  if (options_.committed && kept > 0) {
    options_.committed(kept, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  // A batch that was refused whole says nothing about the disk.
  if (failures_ > 0 && kept > 0) {
    if (options_.warn) options_.warn(absl::StrCat("commits succeed again, after ", failures_, " that failed"));
    failures_ = 0;
  }
  purger_.Add(applier_.Committed());
  for (Entry& entry : batch) {
    auto& item = std::get<Item>(entry);
    if (item.done) item.done(item.outcome);
  }
}

absl::Status Writer::TryBatch(Connection& connection, std::vector<Entry>& batch, bool* again) {
  PARZEN_RETURN_IF_ERROR(connection.Prepared("BEGIN IMMEDIATE").Run());
  for (Entry& entry : batch) {
    auto& item = std::get<Item>(entry);
    if (item.refused) {
      Refuse(item, item.outcome);
      continue;
    }
    PARZEN_RETURN_IF_ERROR(RunItem(connection, item, again));
    if (*again) return absl::OkStatus();
  }
  return Commit(connection);
}

absl::Status Writer::Commit(Connection& connection) {
  PARZEN_RETURN_IF_ERROR(connection.Prepared("COMMIT").Run());
  return database_->CheckCommit();
}

absl::Status Writer::RunItem(Connection& connection, Item& item, bool* again) {
  absl::Status refusal;
  PARZEN_RETURN_IF_ERROR(std::visit([&](const auto& work) { return applier_.Check(connection, work, &refusal); }, item.work));
  if (!refusal.ok()) {
    Refuse(item, std::move(refusal));
    return absl::OkStatus();
  }
  absl::Status status = std::visit([&](const auto& work) { return applier_.Apply(connection, work); }, item.work);
  if (status.ok() || IsEnvironmentFailure(status)) return status;
  // Half of it is written: the batch is run again without it.
  Refuse(item, std::move(status));
  *again = true;
  return absl::OkStatus();
}

void Writer::Refuse(Item& item, absl::Status status) {
  std::visit([&](const auto& work) { applier_.Refused(work, status); }, item.work);
  item.outcome = std::move(status);
  item.refused = true;
}

void Writer::Fail(std::vector<Entry>& batch, const absl::Status& status) {
  // The first of a row is told; a full disk fails every call.
  if (failures_++ == 0 && options_.warn) {
    options_.warn(absl::StrCat("a commit failed, and so do the ", batch.size(), " calls in it: ", status.message()));
  }
  absl::flat_hash_set<uint64_t> lost;
  for (const Entry& entry : batch) {
    const auto* transaction = std::get_if<Transaction>(&std::get<Item>(entry).work);
    // What carries an epoch that is over says nothing about the study's present owner.
    if (transaction != nullptr && registry_.Lose(transaction->study_uid, transaction->epoch, status) != nullptr) {
      lost.insert(transaction->study_uid);
    }
  }
  std::vector<Entry> behind;
  {
    const MutexLock lock(&mutex_);
    std::deque<Entry> others;
    for (Entry& entry : queue_) {
      const auto* item = std::get_if<Item>(&entry);
      const auto* transaction = item == nullptr ? nullptr : std::get_if<Transaction>(&item->work);
      const bool fails = transaction != nullptr && lost.contains(transaction->study_uid);
      if (fails) {
        behind.push_back(std::move(entry));
      } else {
        others.push_back(std::move(entry));
      }
    }
    queue_ = std::move(others);
  }
  for (std::vector<Entry>* entries : {&batch, &behind}) {
    for (Entry& entry : *entries) {
      auto& item = std::get<Item>(entry);
      if (item.done) item.done(status);
    }
  }
}

absl::Status Writer::InTransaction(const std::function<absl::Status(Connection&)>& slice) {
  const Gate::Writing gate(options_.gate);
  PARZEN_ASSIGN_OR_RETURN(Database::Lease connection, database_->Write());
  absl::Status status = connection->Prepared("BEGIN IMMEDIATE").Run();
  if (status.ok()) status = slice(*connection);
  if (status.ok()) status = Commit(*connection);
  if (!status.ok()) {
    connection->Rollback();
    connection.Discard();
  }
  return status;
}

void Writer::RunExpirySlice() {
  bool more = false;
  const absl::Status status = InTransaction([&](Connection& connection) {
    absl::StatusOr<bool> left = Purger::ExpireSlice(connection, expiries_.front().now);
    more = left.ok() && *left;
    return left.status();
  });
  if (status.ok() && more) return;
  const Expiry expiry = std::move(expiries_.front());
  expiries_.pop_front();
  if (expiry.done) expiry.done(status.ok() ? status : Failure(status));
}

void Writer::RunPurgeSlice() {
  if (purge_after_ && std::chrono::steady_clock::now() < *purge_after_) return;
  const absl::Status status = InTransaction([&](Connection& connection) { return purger_.RemoveSlice(connection); });
  if (status.ok()) {
    purge_after_.reset();
    purger_.Committed();
    return;
  }
  purge_after_ = std::chrono::steady_clock::now() + kPurgeRetry;
  if (options_.warn) options_.warn(absl::StrCat("removing a deleted study's rows failed: ", status.message()));
}

absl::StatusOr<int64_t> Writer::AcquireNow(uint64_t uid) {
  absl::StatusOr<Database::Lease> connection = database_->Write();
  if (!connection.ok()) return Failure(connection.status());
  absl::StatusOr<KnownStudy*> study = registry_.Find(**connection, uid);
  if (!study.ok()) {
    if (absl::IsNotFound(study.status())) return study.status();
    connection->Discard();
    return Failure(study.status());
  }
  (*study)->epoch = ++last_epoch_;
  (*study)->lost = absl::OkStatus();
  return (*study)->epoch;
}

}  // namespace parzen::storage::sqlite
