#include "server/security/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "server/error/error.h"

namespace parzen::security {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kFirst[] = "first-token-0123456789";
constexpr char kSecond[] = "second-token-9876543210";

class TokenFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "tokens-" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  // A new file under the old name, as editors and Kubernetes do it: another inode each time.
  void Replace(const std::string& text) {
    std::ofstream(path_ + ".new") << text;
    chmod((path_ + ".new").c_str(), 0600);
    ASSERT_EQ(std::rename((path_ + ".new").c_str(), path_.c_str()), 0);
  }

  static std::string Outcome(const TokenFile& file, const std::string& header) {
    const auto principal = file.Authenticate(header);
    if (principal.ok()) return (*principal)->name;
    EXPECT_EQ(principal.status().code(), absl::StatusCode::kUnauthenticated);
    return error::GetErrorDetail(principal.status())->reason;
  }

  std::string path_;
};

TEST_F(TokenFileTest, AuthenticatesABearerHeader) {
  Replace(std::string(kFirst) + " alice admin\n");
  const auto file = TokenFile::Open(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Outcome(**file, std::string("Bearer ") + kFirst), "alice");
  EXPECT_EQ(Outcome(**file, std::string("bearer ") + kFirst), "alice") << "RFC 7235: the scheme's case does not matter";
  EXPECT_EQ(Outcome(**file, ""), "TOKEN_MISSING");
  EXPECT_EQ(Outcome(**file, kFirst), "TOKEN_MALFORMED");
  EXPECT_EQ(Outcome(**file, std::string("Basic ") + kFirst), "TOKEN_MALFORMED");
  EXPECT_EQ(Outcome(**file, "Bearer "), "TOKEN_UNKNOWN");
  EXPECT_EQ(Outcome(**file, std::string("Bearer ") + kFirst + " "), "TOKEN_UNKNOWN");
  EXPECT_EQ(Outcome(**file, "Bearer " + std::string(513, 'x')), "TOKEN_MALFORMED");
}

TEST_F(TokenFileTest, ARefusalDoesNotRepeatTheToken) {
  Replace(std::string(kFirst) + " alice admin\n");
  const auto file = TokenFile::Open(path_);
  ASSERT_TRUE(file.ok());
  for (const std::string& header : {std::string("Bearer ") + kSecond, std::string(kSecond)}) {
    EXPECT_THAT((*file)->Authenticate(header).status().ToString(), Not(HasSubstr(kSecond)));
  }
}

TEST_F(TokenFileTest, TakesUpAChange) {
  Replace(std::string(kFirst) + " alice admin\n");
  auto file = TokenFile::Open(path_);
  ASSERT_TRUE(file.ok());
  const auto held = (*file)->Authenticate(std::string("Bearer ") + kFirst);
  bool changed = true;
  EXPECT_TRUE((*file)->Poll(&changed).ok());
  EXPECT_FALSE(changed);
  Replace(std::string(kSecond) + " bob reader\n");
  EXPECT_TRUE((*file)->Poll(&changed).ok());
  EXPECT_TRUE(changed);
  EXPECT_EQ(Outcome(**file, std::string("Bearer ") + kFirst), "TOKEN_UNKNOWN");
  EXPECT_EQ(Outcome(**file, std::string("Bearer ") + kSecond), "bob");
  EXPECT_EQ((*held)->name, "alice") << "a call that is under way keeps its principal";
}

TEST_F(TokenFileTest, ABrokenOrMissingFileLeavesTheTokensAsTheyAre) {
  Replace(std::string(kFirst) + " alice admin\n");
  auto file = TokenFile::Open(path_);
  ASSERT_TRUE(file.ok());
  bool changed = true;
  Replace("nonsense\n");
  EXPECT_THAT(std::string((*file)->Poll(&changed).message()), HasSubstr(":1: 1 words"));
  EXPECT_FALSE(changed);
  EXPECT_TRUE((*file)->Poll(&changed).ok()) << "said once";
  EXPECT_EQ(Outcome(**file, std::string("Bearer ") + kFirst), "alice");
  std::filesystem::remove(path_);
  EXPECT_EQ((*file)->Poll(&changed).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE((*file)->Poll(&changed).ok()) << "said once";
  EXPECT_EQ(Outcome(**file, std::string("Bearer ") + kFirst), "alice");
  Replace("# nobody\n");
  EXPECT_THAT(std::string((*file)->Poll(&changed).message()), HasSubstr("no token"));
  EXPECT_EQ(Outcome(**file, std::string("Bearer ") + kFirst), "alice");
  Replace(std::string(kSecond) + " bob reader\n");
  EXPECT_TRUE((*file)->Poll(&changed).ok());
  EXPECT_TRUE(changed);
  EXPECT_EQ(Outcome(**file, std::string("Bearer ") + kSecond), "bob");
}

TEST_F(TokenFileTest, RefusesToBeginWithABadFile) {
  EXPECT_EQ(TokenFile::Open(path_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(TokenFile::Open(::testing::TempDir()).status().message()), HasSubstr("not a regular file"));
  Replace("# nobody yet\n");
  EXPECT_THAT(std::string(TokenFile::Open(path_).status().message()), HasSubstr("no token"));
  Replace(std::string(kFirst) + " alice admin\n");
  chmod(path_.c_str(), 0666);
  EXPECT_THAT(std::string(TokenFile::Open(path_).status().message()), HasSubstr("may be written by everybody"));
}

TEST_F(TokenFileTest, SaysWhetherPlainTokensLieOpen) {
  Replace(std::string(kFirst) + " alice admin\n");
  EXPECT_FALSE((*TokenFile::Open(path_))->exposed());
  chmod(path_.c_str(), 0644);
  EXPECT_TRUE((*TokenFile::Open(path_))->exposed());
  Replace("sha256:" + std::string(64, 'a') + " alice admin\n");
  chmod(path_.c_str(), 0644);
  EXPECT_FALSE((*TokenFile::Open(path_))->exposed());
}

}  // namespace
}  // namespace parzen::security
