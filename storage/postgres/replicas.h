// The table of replicas, on connections of its own: a renewal must not wait behind anything else.

#ifndef PARZEN_STORAGE_POSTGRES_REPLICAS_H_
#define PARZEN_STORAGE_POSTGRES_REPLICAS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/marks.h"
#include "storage/replicas.h"

namespace parzen::storage::postgres {

// Who this server is among the replicas, for whoever acquires studies.
struct Self {
  std::atomic<int64_t> id{0};           // 0: it has not joined, and takes every study
  std::atomic<bool> is_leaving{false};  // it takes none
};

class PostgresReplicas final : public Replicas {
 public:
  // Both outlive it.
  PostgresReplicas(std::string url, Self* self, const Marks* marks)
      : self_(self), marks_(marks), renewals_(url, &connections_), others_(url, &connections_), probes_(url, &connections_) {}

  absl::StatusOr<int64_t> Join(std::string_view address, std::string_view secret) override;
  absl::Status Renew(double load) override;
  absl::Status BeginToLeave() override;
  absl::Status Leave() override;
  absl::Status Reach() override;
  absl::StatusOr<std::vector<Setback>> FindSetbacks() override;
  absl::StatusOr<std::vector<Replica>> List() override;
  absl::StatusOr<Ownership> FindOwner(uint64_t uid) override;
  absl::StatusOr<Ownership> FindOwner(std::string_view name) override;
  absl::Status Give(std::span<const uint64_t> uids, int64_t heir) override;
  absl::Status GiveAll() override;
  absl::StatusOr<std::vector<uint64_t>> Orphans(int limit) override;

 private:
  // A connection that is opened when it is needed. One statement at a time, each a transaction.
  class Line {
   public:
    // Counts what it opens in `connections`, which outlives it.
    Line(std::string url, std::atomic<int64_t>* connections) : url_(std::move(url)), connections_(connections) {}
    // Runs again after a conflict, and with a new connection where the old one was found lost: what is run may be done twice.
    absl::StatusOr<Rows> Query(const char* sql, const Values& values) EXCLUDES(mutex_);

   private:
    const std::string url_;
    std::atomic<int64_t>* const connections_;
    Mutex mutex_;
    std::unique_ptr<Connection> connection_ GUARDED_BY(mutex_);
  };

  absl::StatusOr<Ownership> FindOwner(const char* sql, const Values& values, const std::string& what);

  Self* const self_;
  const Marks* const marks_;
  std::atomic<int64_t> connections_{0};  // that were opened
  std::atomic<int64_t> compared_{0};     // as many as there were when the marks were last compared
  Line renewals_, others_, probes_;
};

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_REPLICAS_H_
