// Streams a study to a LoadVisitor, a few thousand rows a read transaction.

#ifndef PARZEN_STORAGE_SQLITE_LOADER_H_
#define PARZEN_STORAGE_SQLITE_LOADER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/encoding/columns.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database.h"
#include "storage/storage.h"

namespace parzen::storage::sqlite {

class Loader {
 public:
  Loader(Database* database, uint64_t uid, LoadVisitor* visitor) : database_(database), uid_(uid), visitor_(visitor) {}
  absl::Status Load();

 private:
  // Each reads one page from where the last one ended; true where there may be more.
  absl::StatusOr<bool> LoadTrials(Connection& connection);
  absl::StatusOr<bool> LoadUnfinished(Connection& connection);
  absl::StatusOr<bool> LoadSystemAttrs(Connection& connection);
  absl::StatusOr<bool> LoadIntermediates(Connection& connection);
  absl::StatusOr<bool> LoadRequests(Connection& connection);
  using Page = absl::StatusOr<bool> (Loader::*)(Connection&);
  // Runs one of them until there is no more.
  absl::Status Pages(Page page);
  // One page in a read transaction of its own, in which the study is still there.
  absl::StatusOr<bool> LoadPage(Connection& connection, Page page);

  absl::Status LoadDistributions(Connection& connection);
  absl::Status Visit(Connection& connection, Query& row);
  absl::Status ReadLast(Connection& connection, int64_t id, TrialRow* trial);

  Database* const database_;
  const uint64_t uid_;
  LoadVisitor* const visitor_;
  int64_t study_id_ = 0;
  int64_t next_number_ = 0;
  int64_t last_locator_ = 0;
  int32_t distributions_ = 0;        // passed to the visitor so far
  std::vector<int64_t> unfinished_;  // numbers
  size_t next_unfinished_ = 0;
  int64_t next_attr_ = 0;            // number of the trial whose attribute comes next
  int64_t intermediate_trial_ = -1;  // the last value that was told: trial id and step
  int64_t intermediate_step_ = 0;

  // Of the row at hand; kept for their capacity.
  ParamScanner scanner_;
  std::vector<ParamScanner::Param> scanned_;
  std::vector<std::pair<std::string_view, double>> params_;
  std::string dists_text_;  // what dists_ was decoded from: it is the same for most rows
  std::vector<int32_t> dists_;
  std::vector<double> values_;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_LOADER_H_
