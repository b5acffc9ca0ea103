// parzend's options: flag over environment over file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "server/main/options.h"

namespace parzen {
namespace {

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

}  // namespace
}  // namespace parzen
