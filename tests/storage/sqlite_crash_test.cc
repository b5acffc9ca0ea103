// A server that is killed: what was acknowledged is there, and nothing is half there.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "storage/sqlite/sqlite_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/temporary_directory.h"

namespace parzen::storage {
namespace {

// Starts the writer, kills it when it has acknowledged `kill_after` trials more, and returns the last number that it
// acknowledged.
int64_t WriteAndKill(const std::string& path, int kill_after) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl(PARZEN_CRASH_WRITER, PARZEN_CRASH_WRITER, path.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::FILE* lines = fdopen(ends[0], "r");
  int64_t last = -1;
  char line[64];
  for (int count = 0; std::fgets(line, sizeof line, lines) != nullptr; ++count) {
    // A line that the kill cut short acknowledges nothing.
    const std::string text = line;
    if (text.back() == '\n') last = std::stoll(text.substr(6));
    if (count == kill_after) kill(child, SIGKILL);
  }
  std::fclose(lines);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with status " << status;
  return last;
}

TEST(SqliteCrash, EverythingAcknowledgedIsThereAfterAKill) {
  TemporaryDirectory directory;
  const std::string path = directory / "studies.db";
  int64_t before = -1;
  for (const int kill_after : {0, 1, 7, 40, 3, 100, 250, 2}) {
    SCOPED_TRACE(kill_after);
    const int64_t last = WriteAndKill(path, kill_after);
    ASSERT_GT(last, before);

    SqliteOptions options;
    options.path = path;
    options.allow_network_fs = true;
    absl::StatusOr<std::unique_ptr<Storage>> storage = OpenSqlite(std::move(options));
    ASSERT_TRUE(storage.ok()) << storage.status();
    Loaded loaded;
    ASSERT_TRUE((*storage)->Load(7, &loaded).ok());
    EXPECT_GE(static_cast<int64_t>(loaded.rows.size()), last + 1);
    EXPECT_EQ(loaded.requests.size(), loaded.rows.size()) << "a transaction is half there";
    for (size_t i = 0; i < loaded.rows.size(); ++i) ASSERT_EQ(loaded.rows[i].number, static_cast<int64_t>(i));
    const auto newest = static_cast<int64_t>(loaded.rows.size()) - 1;
    for (const int64_t number : {int64_t{0}, last, newest}) {
      absl::StatusOr<std::vector<TrialRecord>> trials = (*storage)->ReadTrials(7, std::vector<int64_t>{number}, View::kFull);
      ASSERT_TRUE(trials.ok()) << trials.status();
      EXPECT_EQ(Show(trials->at(0)), Show(SampleTrial(number)));
    }
    before = newest;
  }
}

}  // namespace
}  // namespace parzen::storage
