#include "clients/cli/utf8.h"

#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

TEST(Utf8, KnowsItsForms) {
  for (const std::string_view good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                      "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(good));
    EXPECT_EQ(RepairUtf8(good), good);
  }
  for (const std::string_view bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
                                     "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "caf\xe9"}) {
    EXPECT_FALSE(IsUtf8(bad));
    EXPECT_TRUE(IsUtf8(RepairUtf8(bad)));
  }
  EXPECT_EQ(RepairUtf8("caf\xe9 \xe2\x82\xac"), "caf\uFFFD \u20AC");
}

TEST(Utf8, CutsBetweenCharacters) {
  const std::string text = "a\u20AC\u20ACb";  // 1 + 3 + 3 + 1 bytes
  for (size_t bytes = 0; bytes <= text.size() + 1; ++bytes) {
    EXPECT_TRUE(IsUtf8(Utf8Head(text, bytes)));
    EXPECT_TRUE(IsUtf8(Utf8Tail(text, bytes)));
    EXPECT_LE(Utf8Head(text, bytes).size(), bytes);
    EXPECT_LE(Utf8Tail(text, bytes).size(), bytes);
  }
  EXPECT_EQ(Utf8Head(text, 4), "a\u20AC");
  EXPECT_EQ(Utf8Head(text, 3), "a");
  EXPECT_EQ(Utf8Tail(text, 4), "\u20ACb");
  EXPECT_EQ(Utf8Tail(text, 3), "b");
}

}  // namespace
}  // namespace parzen::cli
