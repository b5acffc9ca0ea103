// parzend's options: flag over environment over file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/main/health.h"
#include "server/main/names.h"
#include "server/main/options.h"

namespace parzen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A variable of the environment for the length of a test.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~Environment() { unsetenv(name_); }

 private:
  const char* name_;
};

std::optional<int> Parse(std::vector<const char*> arguments, Options* options) {
  arguments.insert(arguments.begin(), "parzend");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data(), options);
}

TEST(OptionsTest, Defaults) {
  Options options;
  ASSERT_EQ(Parse({"--db", "a.db"}, &options), std::nullopt);
  EXPECT_EQ(options.db, "a.db");
  EXPECT_EQ(options.listen, "127.0.0.1:7070");
  EXPECT_EQ(options.log_level, "info");
  EXPECT_FALSE(options.allow_network_fs);
  EXPECT_EQ(options.shutdown_seconds, 10);
  EXPECT_EQ(options.db_wait_seconds, 60);
}

TEST(OptionsTest, FlagOverEnvironmentOverFile) {
  const std::string path = ::testing::TempDir() + "parzend.toml";
  std::ofstream(path) << "db = \"file.db\"\nlisten = \"127.0.0.1:1\"\nlog-level = \"warn\"\nlog-json = true\n";
  const Environment db("PARZEN_DB", "environment.db");
  const Environment listen("PARZEN_LISTEN", "127.0.0.1:2");
  const Environment network("PARZEN_ALLOW_NETWORK_FS", "true");
  Options options;
  ASSERT_EQ(Parse({"--config", path.c_str(), "--listen=127.0.0.1:3"}, &options), std::nullopt);
  EXPECT_EQ(options.listen, "127.0.0.1:3");  // flag
  EXPECT_EQ(options.db, "environment.db");   // environment
  EXPECT_EQ(options.log_level, "warn");      // file
  EXPECT_TRUE(options.log_json);             // file
  EXPECT_TRUE(options.allow_network_fs);     // environment
}

TEST(OptionsTest, TheFileMayBeNamedByTheEnvironment) {
  const std::string path = ::testing::TempDir() + "parzend2.ini";
  std::ofstream(path) << "db = file.db\n";
  const Environment config("PARZEN_CONFIG", path);
  Options options;
  ASSERT_EQ(Parse({}, &options), std::nullopt);
  EXPECT_EQ(options.db, "file.db");
}

TEST(OptionsTest, MistakesEndTheProcess) {
  Options options;
  EXPECT_EQ(Parse({}, &options), 2);  // no database
  EXPECT_EQ(Parse({"--db", "a", "--log-level", "loud"}, &options), 2);
  EXPECT_EQ(Parse({"--db", "a", "--no-such-flag"}, &options), 2);
  EXPECT_EQ(Parse({"--db", "a", "--max-watches", "-1"}, &options), 2);
  EXPECT_EQ(Parse({"--db", "a", "--config", "/no/such/file"}, &options), 2);
  const std::string path = ::testing::TempDir() + "parzend3.toml";
  std::ofstream(path) << "db = \"a\"\nlisden = \"x\"\n";
  EXPECT_EQ(Parse({"--config", path.c_str()}, &options), 2);
}

TEST(OptionsTest, HelpAndVersionEndWell) {
  Options options;
  EXPECT_EQ(Parse({"--help"}, &options), 0);
  EXPECT_EQ(Parse({"--version"}, &options), 0);
}

// What `parse` prints to stdout and stderr.
struct Printed {
  std::string out, err;
};
Printed Print(const std::function<void()>& parse) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  parse();
  return {testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(OptionsTest, UnknownNamesAreRefusedNamingTheNearest) {
  Options options;
  EXPECT_THAT(Print([&] { EXPECT_EQ(Parse({"--db=a", "--log-levle=warn"}, &options), 2); }).err, HasSubstr("--log-level"));
  const std::string path = ::testing::TempDir() + "parzend4.toml";
  std::ofstream(path) << "db = \"a\"\nlisden = \"127.0.0.1:1\"\n";
  EXPECT_THAT(Print([&] { EXPECT_EQ(Parse({"--config", path.c_str()}, &options), 2); }).err,
              AllOf(HasSubstr("the key lisden"), HasSubstr("the nearest is listen")));
  const Environment environment("PARZEN_MAX_WATCH", "3");
  EXPECT_THAT(Print([&] { EXPECT_EQ(Parse({"--db=a"}, &options), 2); }).err,
              AllOf(HasSubstr("PARZEN_MAX_WATCH,"), HasSubstr("the nearest is PARZEN_MAX_WATCHES")));
}

TEST(OptionsTest, VariablesOfOthersAreNoMistake) {
  const std::vector<std::string> flags = {"db", "port-file"};
  const auto check = [&flags](const char* entry) {
    const char* const environment[] = {entry, nullptr};
    return CheckEnvironment(flags, environment);
  };
  for (const char* entry : {"PATH=/bin", "PARZEN_DB=a", "PARZEN_ADDRESS=x:1", "PARZEN_TOKEN=t", "PARZEN_PARAM_LR=0.1",
                            "PARZENDB=a", "PARZEN_SERVICE_HOST=10.0.0.1", "PARZEN_SERVICE_PORT_GRPC=7070",
                            "PARZEN_PORT=tcp://10.0.0.1:7070", "PARZEN_PORT_7070_TCP_ADDR=10.0.0.1"}) {
    EXPECT_TRUE(check(entry).ok()) << entry;
  }
  for (const char* entry : {"PARZEN_PORT=7070", "PARZEN_=x", "PARZEN_DBS=x"}) EXPECT_FALSE(check(entry).ok()) << entry;
}

TEST(OptionsTest, PrintsEveryOptionAndItsSource) {
  const std::string path = ::testing::TempDir() + "parzend5.toml";
  std::ofstream(path) << "db = \"fi\\le \\\"x\\\".db\"\nmax-watches = 7\n";
  const Environment environment("PARZEN_LOG_JSON", "true");
  Options options;
  const Printed printed = Print([&] {
    EXPECT_EQ(Parse({"--config", path.c_str(), "--print-config", "--limit", "attributes=3,parameters=2"}, &options), 0);
  });
  for (const char* line :
       {"max-watches = 7  # file\n", "log-json = true  # environment, PARZEN_LOG_JSON\n", "insecure = false  # default\n",
        "limit = \"attributes=3,parameters=2\"  # flag\n", "listen = \"127.0.0.1:7070\"  # default\n"}) {
    EXPECT_THAT(printed.out, HasSubstr(line));
  }
  // What is printed is a file of options with the same values.
  const std::string again = ::testing::TempDir() + "parzend6.toml";
  std::ofstream(again) << printed.out;
  Options read;
  unsetenv("PARZEN_LOG_JSON");
  ASSERT_EQ(Parse({"--config", again.c_str()}, &read), std::nullopt);
  EXPECT_EQ(read.db, options.db);
  EXPECT_EQ(read.max_watches, 7);
  EXPECT_TRUE(read.log_json);
  EXPECT_EQ(read.limits, (std::vector<std::string>{"attributes=3", "parameters=2"}));
}

TEST(HealthTest, AsksThisMachine) {
  const auto target = [](const char* listen) {
    Options options;
    options.listen = listen;
    const auto answer = HealthTarget(options);
    return answer.ok() ? *answer : std::string(answer.status().message());
  };
  EXPECT_EQ(target("0.0.0.0:7070"), "127.0.0.1:7070");
  EXPECT_EQ(target("[::]:7070"), "[::1]:7070");
  EXPECT_EQ(target("10.1.2.3:7070"), "10.1.2.3:7070");
  EXPECT_EQ(target("unix:/run/parzen"), "unix:/run/parzen");
  EXPECT_THAT(target("127.0.0.1:0"), HasSubstr("--port-file"));
}

TEST(ListenTest, BeyondThisMachineOnlyOnPurpose) {
  for (const char* local : {"127.0.0.1:7070", "127.1.2.3:0", "localhost:7070", "[::1]:7070", "unix:/tmp/parzen.sock"}) {
    EXPECT_TRUE(CheckListen(local, false).ok()) << local;
  }
  for (const char* wide : {"0.0.0.0:7070", "[::]:7070", "10.0.0.1:7070", "example.org:7070", "127.0.0.1.example.org:7070"}) {
    EXPECT_FALSE(CheckListen(wide, false).ok()) << wide;
    EXPECT_TRUE(CheckListen(wide, true).ok()) << wide;
  }
  for (const char* bad :
       {"", "7070", ":7070", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x", "::1:7070", "[]:7070", "unix:"}) {
    EXPECT_FALSE(CheckListen(bad, true).ok()) << bad;
  }
}

TEST(ListenTest, MetricsByAddressOnly) {
  for (const char* good : {"", "127.0.0.1:9464", "0.0.0.0:0", "[::1]:9464", "[::]:9464"}) {
    EXPECT_TRUE(CheckMetricsListen(good).ok()) << good;
  }
  for (const char* bad :
       {"9464", "localhost:9464", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:9464,8080", "::1:9464"}) {
    EXPECT_FALSE(CheckMetricsListen(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace parzen
