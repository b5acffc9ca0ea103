#include "server/security/token_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace parzen::security {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kToken[] = "sesame-open-0123456789";
// printf %s another-token-9876543210 | sha256sum
constexpr char kOther[] = "another-token-9876543210";
constexpr char kOtherHash[] = "c3f39d966294ad236987aa65ef096f8ac81da0a6fe0d3ccf0d266ec891f75186";

std::string Problem(const std::string& text) {
  const auto table = TokenTable::Parse("tokens", text);
  return table.ok() ? "accepted" : std::string(table.status().message());
}

TEST(TokenTable, FindsWhoAPlainTokenIs) {
  const auto table = TokenTable::Parse(
      "tokens", std::string("# who may call\n\n") + kToken + "  alice\tadmin\r\n" + "0123456789abcdef ci worker ci/ # CI\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->size(), 2);
  EXPECT_TRUE(table->has_plain_tokens());
  const Principal* alice = table->Find(kToken);
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(alice->name, "alice");
  EXPECT_EQ(alice->role, Role::kAdmin);
  EXPECT_EQ(alice->study_prefix, "");
  const Principal* ci = table->Find("0123456789abcdef");
  ASSERT_NE(ci, nullptr);
  EXPECT_EQ(ci->role, Role::kWorker);
  EXPECT_EQ(ci->study_prefix, "ci/");
}

TEST(TokenTable, FindsWhoAHashedTokenIs) {
  const auto table = TokenTable::Parse("tokens", std::string("sha256:") + kOtherHash + " bob reader\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_FALSE(table->has_plain_tokens());
  ASSERT_NE(table->Find(kOther), nullptr);
  EXPECT_EQ(table->Find(kOther)->name, "bob");
  EXPECT_EQ(table->Find(std::string("sha256:") + kOtherHash), nullptr) << "the hash itself is no token";
}

TEST(TokenTable, FindsNobodyForAnythingElse) {
  const auto table = TokenTable::Parse("tokens", std::string(kToken) + " alice admin\n");
  ASSERT_TRUE(table.ok());
  const std::string token = kToken;
  EXPECT_EQ(table->Find(""), nullptr);
  EXPECT_EQ(table->Find(token + "x"), nullptr);
  EXPECT_EQ(table->Find(token.substr(1)), nullptr);
  EXPECT_EQ(table->Find(token + std::string(1, '\0')), nullptr);
}

TEST(TokenTable, TheSamePrincipalMayHaveTwoTokens) {
  EXPECT_EQ(Problem(std::string(kToken) + " alice admin\n" + kOther + " alice admin\n"), "accepted");
}

TEST(TokenTable, RefusesEachMistakeByLineAndWithoutTheSecret) {
  const std::string token = kToken;
  EXPECT_THAT(Problem("\n" + token + " alice\n"), StartsWith("tokens:2: 2 words"));
  EXPECT_THAT(Problem(token + " alice admin a b\n"), StartsWith("tokens:1: 5 words"));
  EXPECT_THAT(Problem("short alice admin\n"), HasSubstr("the token has 5 characters; accepted: 16 to 512"));
  EXPECT_THAT(Problem(std::string(513, 'x') + " alice admin\n"), HasSubstr("513 characters"));
  EXPECT_THAT(Problem(token + "\xc3\xa9 alice admin\n"), HasSubstr("besides A-Z"));
  EXPECT_THAT(Problem(token + " alice root\n"), HasSubstr("accepted: reader, worker, admin"));
  EXPECT_THAT(Problem("sha256:12 alice admin\n"), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(Problem("sha256:" + std::string(64, 'g') + " alice admin\n"), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(Problem(token + " alice admin\n" + token + " bob reader\n"), StartsWith("tokens:2: the same token"));
  EXPECT_THAT(Problem(token + " " + std::string(129, 'p') + " admin\n"), HasSubstr("principal"));
  EXPECT_THAT(Problem(token + " a\x01 admin\n"), HasSubstr("control character"));
  EXPECT_THAT(Problem(token + " alice admin " + std::string(257, 'p') + "\n"), HasSubstr("study prefix"));
  EXPECT_THAT(Problem("alice admin " + token + "\n"), Not(HasSubstr(token)));
  EXPECT_THAT(Problem(token + " alice root\n"), Not(HasSubstr(token)));
}

TEST(TokenTable, HoldsABoundedNumber) {
  std::string text;
  for (int i = 0; i < 4'097; ++i) text += "token-token-token-" + std::to_string(i) + " p worker\n";
  EXPECT_THAT(Problem(text), HasSubstr("more than 4096 tokens"));
}

}  // namespace
}  // namespace parzen::security
