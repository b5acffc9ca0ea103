// Turns the work of one batch into statements. Nothing is sent here: what a batch needs to read comes first, in one round trip;
// then each piece is checked against it and becomes statements, which go in another.

#ifndef PARZEN_STORAGE_POSTGRES_BATCH_H_
#define PARZEN_STORAGE_POSTGRES_BATCH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/commit_queue.h"
#include "storage/encoding/trial_columns.h"
#include "storage/known_study.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/marks.h"

namespace parzen::storage::postgres {

class Batch {
 public:
  struct Statement {
    const char* sql;
    Values values;
  };

  // A study that the database has at an earlier revision than this server has seen (marks.h), which is not kept there yet.
  struct Setback {
    int64_t id = 0;
    uint64_t uid = 0;
    int64_t found = 0, known = 0;
  };

  // Reads, and locks the rows of, the studies that the items change: one round trip, which begins the transaction. What it finds
  // is kept in `studies`.
  static Answer Read(Connection& connection, std::span<const WorkItem> items, const Marks& marks, KnownStudies* studies,
                     std::vector<Setback>* setbacks);

  explicit Batch(KnownStudies* studies) : studies_(studies) {}

  // Appends the statements of one piece. A refusal, by the codes of storage.h, may leave some of them appended: what was
  // remembered is wrong then, and the batch is to be begun again without the piece.
  absl::Status Add(const Transaction& transaction);
  absl::Status Add(const NewStudy& work);
  absl::Status Add(const RequestRecord& request);

  // Appends what keeps the revisions that the studies have then. Last.
  void Finish();

  std::vector<Statement>& statements() { return statements_; }
  // Numbers of the statements that return no row where a name or a uid is in use.
  const std::vector<size_t>& creations() const { return creations_; }

  // To be called when the transaction has ended. Committed returns the ids of the studies that it deleted.
  std::vector<int64_t> Committed(Marks* marks);
  void RolledBack();

 private:
  void AddChange(KnownStudy* study, const InsertTrial& change, absl::Status* refusal);
  void AddChange(KnownStudy* study, const UpdateTrial& change, absl::Status* refusal);
  void AddChange(KnownStudy* study, const UpdateStudy& change, absl::Status* refusal);
  void AddChange(KnownStudy* study, const DeleteStudy& change, absl::Status* refusal);
  void AddChange(KnownStudy* study, const PutRequest& change, absl::Status* refusal);
  void Append(const char* sql, Values values) { statements_.push_back({sql, std::move(values)}); }
  // Fills dists_; new distributions are inserted.
  void Distributions(KnownStudy* study, std::span<const ParamRecord> params);
  void PutIntermediates(int64_t id, const std::vector<Intermediate>& intermediates);

  KnownStudies* const studies_;
  std::vector<KnownStudy*> touched_;
  absl::flat_hash_map<KnownStudy*, int64_t> revisions_;  // the last of each
  std::vector<Statement> statements_;
  std::vector<size_t> creations_;
  std::vector<int32_t> dists_;  // kept for their capacity
  TrialTexts texts_;
};

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_BATCH_H_
