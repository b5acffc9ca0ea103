#include "storage/postgres/replicas.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"

namespace parzen::storage::postgres {
namespace {

constexpr int kRepeats = 20;
constexpr size_t kMarksAQuery = 1000;
// Of a server that says nothing: a renewal that takes longer comes too late in any case.
constexpr int kAnswerMillis = 4000;

// now() is the time at which a transaction began, which is the statement here: what it sees is at most that old.
#define PARZEN_LIVES(replica) replica ".renewed_at > now() - INTERVAL '3 seconds'"

constexpr char kForget[] = "DELETE FROM replicas WHERE renewed_at < now() - INTERVAL '1 hour'";
constexpr char kJoin[] =
    "INSERT INTO replicas (address, secret, renewed_at, leaving, load) VALUES ($1, $2, clock_timestamp(), 0, 0) RETURNING id";
constexpr char kRenew[] =
    "UPDATE replicas r SET renewed_at = clock_timestamp(), load = $2 WHERE r.id = $1 AND " PARZEN_LIVES("r") " RETURNING r.id";
constexpr char kBeginToLeave[] = "UPDATE replicas SET leaving = 1 WHERE id = $1";
constexpr char kGiveAll[] = "UPDATE study_owners SET owner = 0, epoch = epoch + 1 WHERE owner = $1";
constexpr char kLeave[] = "DELETE FROM replicas WHERE id = $1";
constexpr char kList[] =
    "SELECT r.id, r.address, r.secret, r.leaving, r.load, (SELECT count(*) FROM study_owners o WHERE o.owner = r.id)"
    " FROM replicas r WHERE " PARZEN_LIVES("r") " ORDER BY r.id";
#define PARZEN_FIND_OWNER                                                                       \
  "SELECT s.uid, s.name, r.id, o.owner FROM studies s JOIN study_owners o ON o.study_id = s.id" \
  " LEFT JOIN replicas r ON r.id = o.owner AND " PARZEN_LIVES("r") " WHERE s.name IS NOT NULL AND "
constexpr char kFindByUid[] = PARZEN_FIND_OWNER "s.uid = $1";
constexpr char kFindByName[] = PARZEN_FIND_OWNER "s.name = $1";
constexpr char kGive[] =
    "UPDATE study_owners o SET owner = $3, epoch = o.epoch + 1 FROM studies s"
    " WHERE s.id = o.study_id AND s.uid = ANY($2) AND o.owner = $1";
// The same as kMarkLost (marks.h), of many studies: $1 their uids, $2 the revisions that were seen. The revisions were read
// before this statement begins, so that the database has at least these unless it has gone back.
constexpr char kCompare[] =
    "UPDATE study_owners o SET lost_revision = v.revision, epoch = o.epoch + 1"
    " FROM unnest($1::bigint[], $2::bigint[]) AS v (uid, revision) JOIN studies s ON s.uid = v.uid"
    " WHERE o.study_id = s.id AND o.revision < v.revision AND o.lost_revision < v.revision";
constexpr char kSetbacks[] =
    "SELECT s.uid, s.name, o.revision, o.lost_revision FROM study_owners o JOIN studies s ON s.id = o.study_id"
    " WHERE o.lost_revision > 0 AND s.name IS NOT NULL";
// The trials first, by the index of those with leases: there are fewer of them than studies.
constexpr char kOrphans[] =
    "SELECT s.uid FROM studies s JOIN study_owners o ON o.study_id = s.id"
    " WHERE s.id IN (SELECT DISTINCT id >> 32 FROM trials WHERE state = 2 AND lease_micros > 0) AND s.name IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM replicas r WHERE r.id = o.owner AND " PARZEN_LIVES("r") ") LIMIT $1";

}  // namespace

absl::StatusOr<Rows> PostgresReplicas::Line::Query(const char* sql, const Values& values) {
  const MutexLock lock(&mutex_);
  bool reconnected = false;
  for (int conflicts = 0;;) {
    if (connection_ == nullptr || connection_->IsLost()) {
      connection_.reset();
      PARZEN_ASSIGN_OR_RETURN(connection_, Connection::Open(url_));
      connection_->set_answer_millis(kAnswerMillis);
      ++*connections_;
      reconnected = true;
    }
    absl::StatusOr<Rows> rows = connection_->Query(sql, values);
    if (rows.ok()) return rows;
    if (connection_->IsLost() && !reconnected) continue;
    if (connection_->last_failure() == Failure::kConflict && ++conflicts <= kRepeats) continue;
    return absl::UnavailableError(rows.status().message());
  }
}

absl::StatusOr<int64_t> PostgresReplicas::Join(std::string_view address, std::string_view secret) {
  PARZEN_RETURN_IF_ERROR(others_.Query(kForget, Values()).status());
  // What it was before is dead from now on, and not only when its time is over.
  PARZEN_RETURN_IF_ERROR(others_.Query(kLeave, Values().Int(self_->id)).status());
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, renewals_.Query(kJoin, Values().Text(address).Text(secret)));
  self_->id = rows.Int(0, 0);
  return rows.Int(0, 0);
}

absl::Status PostgresReplicas::Renew(double load) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, renewals_.Query(kRenew, Values().Int(self_->id).Double(load)));
  if (rows.size() == 1) return absl::OkStatus();
  return absl::AbortedError("this server could not say for three seconds that it lives; others may have taken its studies");
}

absl::Status PostgresReplicas::BeginToLeave() {
  self_->is_leaving = true;
  return others_.Query(kBeginToLeave, Values().Int(self_->id)).status();
}

absl::Status PostgresReplicas::Leave() {
  self_->is_leaving = true;
  PARZEN_RETURN_IF_ERROR(GiveAll());
  return others_.Query(kLeave, Values().Int(self_->id)).status();
}

absl::Status PostgresReplicas::Reach() { return probes_.Query("SELECT 1", Values()).status(); }

// A database that has gone back has broken every connection.
absl::StatusOr<std::vector<Setback>> PostgresReplicas::FindSetbacks() {
  const int64_t connections = connections_;
  if (connections != compared_) {
    const auto marks = marks_->All();
    for (size_t begin = 0; begin < marks.size(); begin += kMarksAQuery) {
      std::vector<int64_t> uids, revisions;
      for (size_t i = begin; i < std::min(begin + kMarksAQuery, marks.size()); ++i) {
        uids.push_back(static_cast<int64_t>(marks[i].first));
        revisions.push_back(marks[i].second);
      }
      PARZEN_RETURN_IF_ERROR(probes_.Query(kCompare, Values().Ints(uids).Ints(revisions)).status());
    }
    compared_ = connections;
  }
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, probes_.Query(kSetbacks, Values()));
  std::vector<Setback> setbacks;
  for (int row = 0; row < rows.size(); ++row) {
    setbacks.push_back({static_cast<uint64_t>(rows.Int(row, 0)), rows.Text(row, 1), rows.Int(row, 2), rows.Int(row, 3)});
  }
  return setbacks;
}

absl::StatusOr<std::vector<Replica>> PostgresReplicas::List() {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, others_.Query(kList, Values()));
  std::vector<Replica> replicas;
  for (int row = 0; row < rows.size(); ++row) {
    replicas.push_back({.id = rows.Int(row, 0),
                        .address = rows.Text(row, 1),
                        .secret = rows.Text(row, 2),
                        .is_leaving = rows.Int(row, 3) != 0,
                        .studies = rows.Int(row, 5),
                        .load = rows.Double(row, 4)});
  }
  return replicas;
}

absl::StatusOr<Ownership> PostgresReplicas::FindOwner(const char* sql, const Values& values, const std::string& what) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, others_.Query(sql, values));
  if (rows.size() == 0) return absl::NotFoundError(absl::StrCat("there is no study ", what));
  const bool is_owned = !rows.IsNull(0, 2);
  return Ownership{.uid = static_cast<uint64_t>(rows.Int(0, 0)),
                   .name = rows.Text(0, 1),
                   .owner = is_owned ? rows.Int(0, 2) : 0,
                   .is_left = !is_owned && rows.Int(0, 3) != 0};
}

absl::StatusOr<Ownership> PostgresReplicas::FindOwner(uint64_t uid) {
  return FindOwner(kFindByUid, Values().Int(static_cast<int64_t>(uid)), absl::StrCat("with uid ", uid));
}

absl::StatusOr<Ownership> PostgresReplicas::FindOwner(std::string_view name) {
  return FindOwner(kFindByName, Values().Text(name), absl::StrCat("\"", Abseil(name), "\""));
}

absl::Status PostgresReplicas::Give(std::span<const uint64_t> uids, int64_t heir) {
  const std::vector<int64_t> numbers(uids.begin(), uids.end());
  return others_.Query(kGive, Values().Int(self_->id).Ints(numbers).Int(heir)).status();
}

absl::Status PostgresReplicas::GiveAll() { return others_.Query(kGiveAll, Values().Int(self_->id)).status(); }

absl::StatusOr<std::vector<uint64_t>> PostgresReplicas::Orphans(int limit) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, others_.Query(kOrphans, Values().Int(limit)));
  std::vector<uint64_t> uids;
  for (int row = 0; row < rows.size(); ++row) uids.push_back(static_cast<uint64_t>(rows.Int(row, 0)));
  return uids;
}

}  // namespace parzen::storage::postgres
