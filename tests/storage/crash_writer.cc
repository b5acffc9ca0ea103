// Writes to a storage until it is killed, and says on stdout what was acknowledged: "trial NUMBER" lines after each commit.
//
//   storage_crash_writer FILE

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/storage/sample_records.h"

namespace parzen::storage {
namespace {

class Numbers : public LoadVisitor {
 public:
  void OnDistribution(int32_t, std::string_view) override {}
  void OnTrial(const TrialRow& row) override { next = row.number + 1; }
  void OnUnfinished(TrialRecord) override {}
  void OnRequest(const RequestId&, int64_t at) override { locator = at; }
  int64_t next = 0, locator = 0;
};

int Run(const char* path) {
  SqliteOptions options;
  options.path = path;
  options.allow_network_fs = true;
  options.checkpoint_pages = 20;
  absl::StatusOr<std::unique_ptr<Storage>> storage = OpenSqlite(std::move(options));
  if (!storage.ok()) {
    std::fprintf(stderr, "%s\n", storage.status().ToString().c_str());
    return 1;
  }
  (*storage)->CreateStudy(SampleStudy("study", 7), std::nullopt, nullptr);
  const int64_t epoch = *(*storage)->AcquireStudy(7);
  Numbers numbers;
  if (!(*storage)->Load(7, &numbers).ok()) return 1;
  for (int64_t number = numbers.next;; ++number) {
    Transaction transaction{7, epoch, {}};
    transaction.changes.emplace_back(InsertTrial{SampleTrial(number)});
    transaction.changes.emplace_back(PutRequest{SampleRequest(1, ++numbers.locator)});
    (*storage)->Submit(std::move(transaction), [number](const absl::Status& status) {
      if (!status.ok()) std::_Exit(1);
      const std::string line = absl::StrCat("trial ", number, "\n");
      if (write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(1);
    });
    if (number % 8 == 0) (*storage)->Flush();
  }
}

}  // namespace
}  // namespace parzen::storage

int main(int argc, char** argv) { return argc == 2 ? parzen::storage::Run(argv[1]) : 2; }
