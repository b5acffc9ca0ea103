// Streams a study to a LoadVisitor, a few thousand rows a read transaction.

#ifndef PARZEN_STORAGE_POSTGRES_LOADER_H_
#define PARZEN_STORAGE_POSTGRES_LOADER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/encoding/columns.h"
#include "storage/postgres/pool.h"
#include "storage/storage.h"

namespace parzen::storage::postgres {

class Loader {
 public:
  Loader(Pool* pool, uint64_t uid, LoadVisitor* visitor) : pool_(pool), uid_(uid), visitor_(visitor) {}
  absl::Status Load();

 private:
  // What one page brought; passed to the visitor outside the transaction, which may be run twice.
  struct Page {
    int64_t study_id = 0;
    std::vector<std::string> distributions;  // new ones
    Rows trials, lasts, rows;
    std::vector<TrialRecord> unfinished;
  };
  // Reads one page, in which the study is still there.
  template <typename Function>
  absl::StatusOr<Page> ReadPage(Function read);
  absl::Status LoadTrials();
  absl::Status LoadUnfinished();
  absl::Status LoadRequests();
  absl::Status LoadSystemAttrs(const std::string& key);
  absl::Status LoadIntermediates();
  absl::Status Visit(const Page& page, int row, int* last);

  Pool* const pool_;
  const uint64_t uid_;
  LoadVisitor* const visitor_;
  int64_t next_number_ = 0;
  int32_t distributions_ = 0;        // passed to the visitor so far
  std::vector<int64_t> unfinished_;  // numbers

  // Of the row at hand; kept for their capacity.
  ParamScanner scanner_;
  std::vector<ParamScanner::Param> scanned_;
  std::vector<std::pair<std::string_view, double>> params_;
  std::string dists_text_;  // what dists_ was decoded from: it is the same for most rows
  std::vector<int32_t> dists_;
  std::vector<double> values_;
};

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_LOADER_H_
