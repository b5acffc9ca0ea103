#include "storage/copy/copy.h"

#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "storage/copy/end.h"
#include "storage/open.h"

namespace parzen::storage {
namespace copy {
namespace {

absl::StatusOr<std::unique_ptr<End>> OpenEnd(const std::string& location, Role role) {
  const char* const which = role == Role::kSource ? "the source: " : "the target: ";
  absl::StatusOr<std::unique_ptr<End>> end = [&]() -> absl::StatusOr<std::unique_ptr<End>> {
    if (!IsPostgresUrl(location)) return OpenSqliteEnd(location, role);
#ifdef PARZEN_POSTGRES
    return OpenPostgresEnd(location, role);
#else
    return BuiltWithoutPostgres();
#endif
  }();
  if (end.ok()) return end;
  return absl::Status(end.status().code(), absl::StrCat(which, end.status().message()));
}

// Counts and digest of a study's rows; `visit` sees each.
absl::Status ReadStudy(End& end, int64_t id, CopiedStudy* study,
                       const std::function<absl::Status(const Table&, const Row&)>& visit) {
  Digest digest;
  for (const Table& table : StudyTables()) {
    const int64_t before = study->rows;
    PARZEN_RETURN_IF_ERROR(end.Read(table, id, [&](const Row& row) {
      digest.Add(table, row);
      ++study->rows;
      return visit ? visit(table, row) : absl::OkStatus();
    }));
    const std::string_view name = table.name;
    if (name == "trials") study->trials = study->rows - before;
    if (name == "requests") study->requests = study->rows - before;
  }
  study->digest = digest.value();
  return absl::OkStatus();
}

std::string Named(const StudyKey& study) {
  return absl::StrFormat("study \"%s\" (uid %016x, id %d)", study.name, study.uid, study.id);
}

class Copier {
 public:
  Copier(End& source, End& target) : source_(source), target_(target) {}

  absl::StatusOr<CopyReport> Run(const std::function<void(int64_t, int64_t)>& progress) {
    CopyReport report;
    PARZEN_ASSIGN_OR_RETURN(const std::vector<StudyKey> studies, source_.Studies());
    PARZEN_ASSIGN_OR_RETURN(const std::vector<StudyKey> there, target_.Studies());
    for (const StudyKey& study : there) {
      by_uid_[study.uid] = by_id_[study.id] = by_name_[study.name] = &study;
    }
    // Before anything is written: a target that does not fit stays as it was.
    for (const StudyKey& study : studies) PARZEN_RETURN_IF_ERROR(CheckRoom(study));
    for (const StudyKey& study : studies) {
      PARZEN_RETURN_IF_ERROR(target_.CheckUnserved());
      PARZEN_ASSIGN_OR_RETURN(CopiedStudy copied, by_uid_.contains(study.uid) ? Compare(study) : Copy(study));
      report.studies.push_back(std::move(copied));
      if (progress) progress(static_cast<int64_t>(report.studies.size()), static_cast<int64_t>(studies.size()));
    }
    PARZEN_ASSIGN_OR_RETURN(report.server_requests, CopyRest());
    PARZEN_RETURN_IF_ERROR(target_.CheckUnserved());
    return report;
  }

 private:
  absl::Status CheckRoom(const StudyKey& study) const {
    const auto uid = by_uid_.find(study.uid);
    const auto id = by_id_.find(study.id);
    const auto name = by_name_.find(study.name);
    const StudyKey* const known = uid == by_uid_.end() ? nullptr : uid->second;
    if (known != nullptr && known->id == study.id && known->name == study.name) return absl::OkStatus();
    const StudyKey* const other = known != nullptr         ? known
                                  : id != by_id_.end()     ? id->second
                                  : name != by_name_.end() ? name->second
                                                           : nullptr;
    if (other == nullptr) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the target holds ", Named(*other), ", which is in the way of ", Named(study), "; nothing was copied"));
  }

  absl::StatusOr<CopiedStudy> Compare(const StudyKey& study) {
    CopiedStudy from{.name = study.name, .uid = study.uid, .was_there = true}, to;
    PARZEN_RETURN_IF_ERROR(ReadStudy(source_, study.id, &from, nullptr));
    PARZEN_RETURN_IF_ERROR(ReadStudy(target_, study.id, &to, nullptr));
    if (from.digest == to.digest && from.rows == to.rows) return from;
    return absl::FailedPreconditionError(absl::StrFormat(
        "the target holds %s already, with %d rows where the source has %d, or other ones: one of both was written to "
        "since they were copied. Delete it in the target to have it copied anew",
        Named(study), to.rows, from.rows));
  }

  absl::StatusOr<CopiedStudy> Copy(const StudyKey& study) {
    CopiedStudy from{.name = study.name, .uid = study.uid}, to;
    PARZEN_RETURN_IF_ERROR(target_.Begin());
    absl::Status status =
        ReadStudy(source_, study.id, &from, [this](const Table& table, const Row& row) { return target_.Insert(table, row); });
    if (status.ok()) status = target_.Commit();
    if (!status.ok()) {
      target_.Rollback();
      return absl::Status(status.code(), absl::StrCat(Named(study), ": ", status.message()));
    }
    PARZEN_RETURN_IF_ERROR(ReadStudy(target_, study.id, &to, nullptr));
    if (from.digest == to.digest && from.rows == to.rows) return from;
    return absl::DataLossError(
        absl::StrFormat("%s: the target gives back other rows (%d, digest %016x) than were written (%d, digest %016x)",
                        Named(study), to.rows, to.digest, from.rows, from.digest));
  }

  // What is of no study: the requests, and the ids that are used.
  absl::StatusOr<int64_t> CopyRest() {
    PARZEN_ASSIGN_OR_RETURN(const int64_t last_id, source_.LastStudyId());
    absl::flat_hash_map<std::string, uint64_t> digests;
    PARZEN_RETURN_IF_ERROR(target_.Begin());
    absl::Status status = source_.Read(ServerRequests(), 0, [&](const Row& row) {
      digests[std::get<std::string>(row[0])] = DigestOf(row);
      return target_.Insert(ServerRequests(), row);
    });
    if (status.ok()) status = target_.Commit();
    if (!status.ok()) {
      target_.Rollback();
      return status;
    }
    PARZEN_RETURN_IF_ERROR(target_.RaiseLastStudyId(last_id));
    const auto count = static_cast<int64_t>(digests.size());
    PARZEN_RETURN_IF_ERROR(target_.Read(ServerRequests(), 0, [&](const Row& row) {
      const auto known = digests.find(std::get<std::string>(row[0]));
      if (known != digests.end() && known->second == DigestOf(row)) digests.erase(known);
      return absl::OkStatus();
    }));
    if (digests.empty()) return count;
    return absl::FailedPreconditionError(
        absl::StrCat(digests.size(), " answered requests of no study are in the target with another answer"));
  }

  static uint64_t DigestOf(const Row& row) {
    Digest digest;
    digest.Add(ServerRequests(), row);
    return digest.value();
  }

  End& source_;
  End& target_;
  absl::flat_hash_map<uint64_t, const StudyKey*> by_uid_;
  absl::flat_hash_map<int64_t, const StudyKey*> by_id_;
  absl::flat_hash_map<std::string, const StudyKey*> by_name_;
};

}  // namespace
}  // namespace copy

absl::StatusOr<CopyReport> CopyStorage(const CopyOptions& options) {
  PARZEN_ASSIGN_OR_RETURN(const std::unique_ptr<copy::End> source, copy::OpenEnd(options.from, copy::Role::kSource));
  PARZEN_ASSIGN_OR_RETURN(const std::unique_ptr<copy::End> target, copy::OpenEnd(options.to, copy::Role::kTarget));
  if (source->StorageId() == target->StorageId()) {
    return absl::FailedPreconditionError("source and target are the same database, or a copy of its files");
  }
  return copy::Copier(*source, *target).Run(options.progress);
}

}  // namespace parzen::storage
