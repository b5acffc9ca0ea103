// Exactly once for calls that belong to no study: CreateStudy and DeleteStudy. Their requests are kept outside the studies.

#ifndef PARZEN_SERVER_ENGINE_GLOBAL_REQUESTS_H_
#define PARZEN_SERVER_ENGINE_GLOBAL_REQUESTS_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "server/engine/service.h"
#include "server/engine/study/request_table.h"
#include "server/engine/threads/thread_pool.h"
#include "server/error/error.h"
#include "storage/storage.h"

namespace parzen::engine {

class GlobalRequests {
 public:
  GlobalRequests(storage::Storage* storage, ThreadPool* readers, std::function<int64_t()> request_micros, int64_t lifetime_micros)
      : storage_(storage), readers_(readers), request_micros_(std::move(request_micros)), lifetime_micros_(lifetime_micros) {}

  // Calls `run` for a request that is new, `recall` with the kept result for one that was answered, either on a reader thread;
  // one that is under way is waited for.
  template <typename Answer>
  void Once(const RequestKey& key, Done<Answer> done, std::function<void(Done<Answer>)> run,
            std::function<void(const std::string&, Done<Answer>)> recall);

  // What keeps an answer; nullopt where there is no id.
  std::optional<storage::RequestRecord> Kept(const RequestKey& key, std::string result) const {
    if (!key.id) return std::nullopt;
    return storage::RequestRecord{*key.id, 0, key.payload_hash, std::move(result), -1, request_micros_() + lifetime_micros_};
  }

 private:
  void End(const RequestId& id);

  storage::Storage* const storage_;
  ThreadPool* const readers_;
  const std::function<int64_t()> request_micros_;  // see request_clock.h
  const int64_t lifetime_micros_;
  Mutex mutex_;
  RequestTable requests_ GUARDED_BY(mutex_);  // those under way
};

template <typename Answer>
void GlobalRequests::Once(const RequestKey& key, Done<Answer> done, std::function<void(Done<Answer>)> run,
                          std::function<void(const std::string&, Done<Answer>)> recall) {
  if (!key.id) return readers_->Post([run = std::move(run), done = std::move(done)] { run(done); });
  RequestTable::Lookup lookup;
  {
    const MutexLock lock(&mutex_);
    lookup = requests_.Begin(key, [&] { return [this, key, done, run, recall] { Once(key, done, run, recall); }; });
  }
  if (lookup.found == RequestTable::Found::kPending) return;
  if (lookup.found == RequestTable::Found::kReused) return done(error::RequestReused());
  auto ending = [this, id = *key.id, done = std::move(done)](absl::StatusOr<Answer> answer) {
    done(std::move(answer));
    End(id);
  };
  readers_->Post([this, key, ending = std::move(ending), run = std::move(run), recall = std::move(recall)] {
    const absl::StatusOr<std::optional<storage::RequestRecord>> kept = storage_->FindRequest(*key.id);
    if (!kept.ok()) return ending(error::FromStorage(kept.status()));
    if (!kept->has_value()) return run(ending);
    if ((*kept)->payload_hash != key.payload_hash) return ending(error::RequestReused());
    recall((*kept)->result, ending);
  });
}

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_GLOBAL_REQUESTS_H_
