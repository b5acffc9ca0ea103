// "OK means durable, also through a power cut."

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "storage/sqlite/check_file.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/power_cut_vfs.h"
#include "tests/storage/temporary_directory.h"

namespace parzen::storage {
namespace {

// Opens what a power cut left and expects trials 0 to at least `acknowledged` - 1, whole, each with its request.
void ExpectKept(const std::string& path, int64_t acknowledged) {
  SqliteOptions options;
  options.path = path;
  options.allow_network_fs = true;
  absl::StatusOr<std::unique_ptr<Storage>> storage = OpenSqlite(std::move(options));
  ASSERT_TRUE(storage.ok()) << storage.status();
  Loaded loaded;
  const absl::Status status = (*storage)->Load(7, &loaded);
  if (acknowledged == 0 && absl::IsNotFound(status)) return;
  ASSERT_TRUE(status.ok()) << status;
  const auto kept = static_cast<int64_t>(loaded.rows.size());
  ASSERT_GE(kept, acknowledged);
  ASSERT_EQ(loaded.requests.size(), loaded.rows.size());
  for (int64_t number = 0; number < kept; ++number) {
    ASSERT_EQ(loaded.rows[static_cast<size_t>(number)].number, number);
    if (number + 3 < acknowledged) continue;  // the newest are the ones at risk
    ASSERT_EQ(Show((*storage)->ReadTrials(7, std::vector<int64_t>{number}, View::kFull)->at(0)), Show(SampleTrial(number)));
  }
  storage->reset();
  absl::StatusOr<FileReport> report = CheckSqliteFile(path);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->findings, testing::IsEmpty());
}

TEST(SqlitePowerCut, EverythingAcknowledgedIsThere) {
  TemporaryDirectory directory;
  PowerCutVfs vfs;
  std::mt19937 random(20240607);
  SqliteOptions options;
  options.path = directory / "studies.db";
  options.allow_network_fs = true;
  options.vfs = vfs.name();
  options.checkpoint_pages = 15;  // so that cuts fall into checkpoints and fresh logs
  absl::StatusOr<std::unique_ptr<Storage>> opened = OpenSqlite(std::move(options));
  ASSERT_TRUE(opened.ok()) << opened.status();
  std::unique_ptr<Storage> storage = *std::move(opened);
  storage->CreateStudy(SampleStudy("study", 7), std::nullopt, nullptr);
  const int64_t epoch = *storage->AcquireStudy(7);

  int cuts = 0;
  std::vector<std::pair<std::string, int64_t>> left;  // a directory, and what was acknowledged when the power was cut
  const auto cut = [&](int64_t acknowledged) {
    const std::string name = directory / absl::StrCat("cut", cuts++);
    std::filesystem::create_directory(name);
    vfs.CutInto(name, random);
    left.emplace_back(name, acknowledged);
  };
  for (int64_t number = 0; number < 150; ++number) {
    Transaction transaction{7, epoch, {}};
    transaction.changes.emplace_back(InsertTrial{SampleTrial(number)});
    transaction.changes.emplace_back(PutRequest{SampleRequest(static_cast<uint8_t>(number), number + 1)});
    // On the writer's thread, at the moment of the answer; the checkpointer runs beside it.
    storage->Submit(std::move(transaction), [&, number](const absl::Status& status) {
      ASSERT_TRUE(status.ok()) << status;
      if (number % 3 == 0) cut(number + 1);
    });
    if (number % 2 == 0) storage->Flush();
  }
  storage->Flush();
  for (const auto& [name, acknowledged] : left) {
    SCOPED_TRACE(absl::StrCat(name, ", ", acknowledged, " acknowledged"));
    ExpectKept(name + "/studies.db", acknowledged);
    if (testing::Test::HasFailure()) return;
    std::filesystem::remove_all(name);
  }
  EXPECT_EQ(left.size(), 50u);
}

}  // namespace
}  // namespace parzen::storage
