#include "clients/cli/worker/process.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::HasSubstr;

std::string ReadAll(int fd) {
  std::string text;
  char buffer[4096];
  while (true) {
    pollfd slot{fd, POLLIN, 0};
    poll(&slot, 1, -1);
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got <= 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

TEST(Processes, OutputErrorsEnvironmentAndExitCode) {
  auto process = Process::Start({"sh", "-c", "echo \"$A\"; echo no >&2; cat; exit 3"}, {{"A", "a b"}});
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ(ReadAll(process->output()), "a b\n");
  EXPECT_EQ(ReadAll(process->errors()), "no\n");
  EXPECT_EQ(DescribeExit(process->Wait()), "exit code 3");
}

TEST(Processes, SuccessNeedsNoWords) {
  auto process = Process::Start({"true"}, {});
  ASSERT_TRUE(process.ok());
  pollfd slot{process->ended(), POLLIN, 0};
  EXPECT_EQ(poll(&slot, 1, -1), 1);
  EXPECT_EQ(DescribeExit(process->Wait()), "");
}

TEST(Processes, SignalsReachTheWholeGroup) {
  // The shell waits for its child: only a signal to both ends them.
  auto process = Process::Start({"sh", "-c", "echo up; sleep 1000 & wait; sleep 1000"}, {});
  ASSERT_TRUE(process.ok());
  char buffer[8];
  pollfd slot{process->output(), POLLIN, 0};
  poll(&slot, 1, -1);
  ASSERT_GT(read(process->output(), buffer, sizeof(buffer)), 0);
  process->Signal(SIGTERM);
  EXPECT_EQ(DescribeExit(process->Wait()), "killed by signal 15 (Terminated)");
  EXPECT_EQ(ReadAll(process->output()), "");  // nobody holds the pipe any more
}

TEST(Processes, WhatCannotRunSaysWhy) {
  const auto process = Process::Start({"/no/such/program"}, {});
  EXPECT_THAT(std::string(process.status().message()), HasSubstr("cannot run '/no/such/program': No such file"));
  const auto long_one = Process::Start({"true", std::string(1 << 20, 'x')}, {});
  EXPECT_TRUE(absl::IsInvalidArgument(long_one.status())) << long_one.status();
}

}  // namespace
}  // namespace parzen::cli
