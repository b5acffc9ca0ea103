// The contract on SQLite: a file, a file with one commit a call, and memory.

#include "storage/sqlite/sqlite_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/temporary_directory.h"

namespace parzen::storage {
namespace {

class FilePlace : public StoragePlace {
 public:
  explicit FilePlace(bool group_commit) : group_commit_(group_commit) {}
  std::unique_ptr<Storage> Open() override {
    SqliteOptions options;
    options.path = directory_ / "studies.db";
    options.allow_network_fs = true;  // the tests' directory may lie anywhere
    options.group_commit = group_commit_;
    options.checkpoint_pages = 50;  // so that some run beside the tests
    absl::StatusOr<std::unique_ptr<Storage>> storage = OpenSqlite(std::move(options));
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }
  bool Keeps() const override { return true; }

 private:
  const bool group_commit_;
  TemporaryDirectory directory_;
};

class MemoryPlace : public StoragePlace {
 public:
  std::unique_ptr<Storage> Open() override {
    SqliteOptions options;
    options.path = ":memory:";
    absl::StatusOr<std::unique_ptr<Storage>> storage = OpenSqlite(std::move(options));
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }
  bool Keeps() const override { return false; }
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StorageContract,
                         testing::Values(StorageKind{"File", [] { return std::make_unique<FilePlace>(true); }},
                                         StorageKind{"FileOneCommitACall", [] { return std::make_unique<FilePlace>(false); }},
                                         StorageKind{"Memory", [] { return std::make_unique<MemoryPlace>(); }}),
                         [](const testing::TestParamInfo<StorageKind>& kind) { return kind.param.name; });

}  // namespace
}  // namespace parzen::storage
