// A database file in a directory of its own, for tests of what lies in it.

#ifndef PARZEN_TESTS_STORAGE_SQLITE_FILE_H_
#define PARZEN_TESTS_STORAGE_SQLITE_FILE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "storage/sqlite/sqlite_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/temporary_directory.h"

namespace parzen::storage {

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class SqliteFile : public testing::Test {
 protected:
  SqliteOptions Options() {
    SqliteOptions options;
    options.path = path_;
    options.allow_network_fs = true;
    options.checkpoint_pages = 10;
    options.now_micros = [] { return int64_t{1767225599} * 1000000; };  // 2025-12-31 23:59:59
    options.warn = [this](std::string_view text) { warnings_.emplace_back(text); };
    return options;
  }
  absl::StatusOr<std::unique_ptr<SqliteStorage>> TryOpen() { return OpenSqlite(Options()); }
  std::unique_ptr<SqliteStorage> Open() {
    absl::StatusOr<std::unique_ptr<SqliteStorage>> storage = TryOpen();
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }
  // With one study of so many trials.
  void MakeFile(int64_t trials) {
    std::unique_ptr<Storage> storage = Open();
    ASSERT_NE(storage, nullptr);
    storage->CreateStudy(SampleStudy("study", 7), std::nullopt, nullptr);
    const int64_t epoch = *storage->AcquireStudy(7);
    for (int64_t number = 0; number < trials; ++number) {
      storage->Submit({7, epoch, {InsertTrial{SampleTrial(number)}, PutRequest{SampleRequest(1, number + 1)}}}, nullptr);
    }
    storage->Flush();
    Loaded loaded;
    ASSERT_TRUE(storage->Load(7, &loaded).ok());
    ASSERT_EQ(loaded.rows.size(), static_cast<size_t>(trials));
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) names.push_back(entry.path().filename());
    return names;
  }
  // Opening is refused and the file is as it was.
  absl::Status ExpectRefusedUntouched(absl::StatusCode code) {
    const std::string before = ReadFile(path_);
    const absl::StatusOr<std::unique_ptr<SqliteStorage>> storage = TryOpen();
    EXPECT_EQ(storage.status().code(), code) << storage.status();
    EXPECT_TRUE(before == ReadFile(path_)) << "the file was changed";
    EXPECT_THAT(std::string(storage.status().message()), testing::HasSubstr(path_));
    return storage.status();
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "studies.db";
  std::vector<std::string> warnings_;
};

}  // namespace parzen::storage

#endif  // PARZEN_TESTS_STORAGE_SQLITE_FILE_H_
