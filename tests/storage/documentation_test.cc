// The SQL of docs/storage.md, run with the sqlite3 shell on a database that a server has open.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "storage/sqlite/sqlite_storage.h"
#include "tests/storage/sample_records.h"
#include "tests/storage/temporary_directory.h"

namespace parzen::storage {
namespace {

std::vector<std::string> SqlOfDocumentation() {
  std::ifstream in(PARZEN_SOURCE_DIR "/docs/storage.md");
  std::vector<std::string> blocks;
  std::string line;
  bool inside = false;
  while (std::getline(in, line)) {
    if (line == "```sql") {
      blocks.emplace_back();
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

struct Output {
  int exit_code;
  std::string text;  // both streams
};

Output RunShell(const std::string& database, const std::string& sql_file) {
  const std::string command = "sqlite3 -readonly -batch -bail '" + database + "' < '" + sql_file + "' 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  Output output{-1, ""};
  char buffer[4096];
  for (size_t size; (size = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.text.append(buffer, size);
  output.exit_code = WEXITSTATUS(pclose(pipe));
  return output;
}

class DocumentedSql : public testing::Test {
 protected:
  DocumentedSql() {
    SqliteOptions options;
    options.path = path_;
    options.allow_network_fs = true;
    storage_ = *OpenSqlite(std::move(options));
    StudyRecord study = SampleStudy("digits", 7);
    study.definition = R"({"directions": ["maximize"]})";
    storage_->CreateStudy(study, std::nullopt, nullptr);
    const int64_t epoch = *storage_->AcquireStudy(7);
    for (int64_t number = 0; number < 4; ++number) {
      TrialRecord trial = PlainTrial(number);
      trial.state = number == 2 ? TrialState::kRunning : number == 3 ? TrialState::kFailed : TrialState::kComplete;
      if (trial.state == TrialState::kComplete) trial.values = {number == 1 ? 0.75 : 0.5};
      trial.started_at = 1700000000000000;
      trial.reason = number == 3 ? "out of memory" : "";
      trial.intermediates = {{1, 0.25, 1700000000000000}};
      trial.user_attrs = {{"note", "\"good\""}};
      storage_->Submit({7, epoch, {InsertTrial{trial}}}, nullptr);
    }
    storage_->Flush();
  }
  Output Run(const std::string& sql) {
    const std::string file = directory_ / "query.sql";
    std::ofstream(file) << sql;
    return RunShell(path_, file);
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_ / "studies.db";
  std::unique_ptr<Storage> storage_;
};

TEST_F(DocumentedSql, EveryQueryRunsAndFindsSomething) {
  const std::vector<std::string> blocks = SqlOfDocumentation();
  EXPECT_GE(blocks.size(), 8u);
  for (const std::string& sql : blocks) {
    const Output output = Run(sql);
    EXPECT_EQ(output.exit_code, 0) << sql << output.text;
    EXPECT_FALSE(output.text.empty()) << sql;
  }
}

TEST_F(DocumentedSql, TheViewsShowWhatTheySay) {
  EXPECT_EQ(Run("SELECT study, number, value FROM best;").text, "digits|1|0.75\n");
  EXPECT_EQ(Run("SELECT number, state, reason FROM trial_list WHERE number >= 2;").text, "2|RUNNING|\n3|FAILED|out of memory\n");
  EXPECT_EQ(Run("SELECT param, value FROM trial_params WHERE number = 0;").text, "lr|0.001\nkernel|poly\n");
  EXPECT_EQ(Run("SELECT params ->> '$.kernel', internal FROM trials WHERE number = 0;").text, "poly|[null,1]\n");
}

TEST_F(DocumentedSql, TheShellsBackupIsAGoodFile) {
  const std::string copy = directory_ / "copy.db";
  const Output output = Run(".backup '" + copy + "'\n");
  ASSERT_EQ(output.exit_code, 0) << output.text;
  SqliteOptions options;
  options.path = copy;
  options.allow_network_fs = true;
  absl::StatusOr<std::unique_ptr<Storage>> storage = OpenSqlite(std::move(options));
  ASSERT_TRUE(storage.ok()) << storage.status();
  EXPECT_EQ(Show((*storage)->ReadTrials(7, std::vector<int64_t>{1}, View::kFull)->at(0)),
            Show(storage_->ReadTrials(7, std::vector<int64_t>{1}, View::kFull)->at(0)));
}

}  // namespace
}  // namespace parzen::storage
