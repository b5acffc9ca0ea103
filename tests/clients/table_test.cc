#include "clients/cli/table.h"

#include <sstream>

#include "clients/cli/terminal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Table Sample() {
  Table table({{"NAME", false, true}, {"COUNT", true}, {"STATE"}, {"NOTE", false, true}});
  table.Add({"digits", "3", "active", "short"});
  table.Add({"a-study-with-quite-a-long-name", "12345", "finished", "a note that goes on for longer than anyone would read"});
  return table;
}

TEST(TableText, AlignsWithoutALimit) {
  const std::string text = Sample().Render(std::nullopt, false);
  EXPECT_THAT(text, HasSubstr("digits                              3  active"));
  EXPECT_THAT(text, HasSubstr("longer than anyone would read"));
}

TEST(TableText, EveryWidthIsKept) {
  for (int width = 1; width < 130; ++width) {
    std::istringstream lines(Sample().Render(width, false));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), width) << line;
  }
}

TEST(TableText, CutsTextBeforeItLeavesOutColumns) {
  const std::string narrow = Sample().Render(60, false);
  EXPECT_THAT(narrow, HasSubstr("…"));
  EXPECT_THAT(narrow, HasSubstr("NOTE"));
  EXPECT_THAT(narrow, Not(HasSubstr("more columns")));
  const std::string narrower = Sample().Render(30, false);
  EXPECT_THAT(narrower, Not(HasSubstr("NOTE")));
  EXPECT_THAT(narrower, HasSubstr("more col"));
}

TEST(TableText, OtherPeoplesEscapesDoNotReachTheTerminal) {
  Table table({{"NAME", false, true}});
  table.Add({"\033[2Jevil\nname\xc2\x9b"});
  const std::string text = table.Render(std::nullopt, false);
  EXPECT_EQ(text, "NAME\n?[2Jevil name?\n");
}

TEST(TerminalText, Lengths) {
  EXPECT_EQ(DisplayWidth("größe"), 5);
  EXPECT_EQ(Truncate("größer", 4), "grö…");
  EXPECT_EQ(Truncate("gr", 4), "gr");
  // East Asian characters take two columns, combining marks none.
  EXPECT_EQ(DisplayWidth("名前"), 4);
  EXPECT_EQ(DisplayWidth("e\xcc\x81t"), 2);
  EXPECT_EQ(Truncate("名前です", 5), "名前…");
  EXPECT_EQ(Truncate("名前です", 4), "名…");
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2);
  EXPECT_EQ(ShortDuration(std::chrono::milliseconds(850)), "850ms");
  EXPECT_EQ(ShortDuration(std::chrono::milliseconds(3'200)), "3.2s");
  EXPECT_EQ(ShortDuration(std::chrono::seconds(245)), "4m05s");
  EXPECT_EQ(ShortDuration(std::chrono::hours(26)), "1d02h");
}

TEST(TerminalText, Times) {
  const auto time = std::chrono::system_clock::time_point(std::chrono::microseconds(1'700'000'000'123'456));
  EXPECT_EQ(UtcTime(time), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(ParseUtcTime("2023-11-14T22:13:20.123456Z"), time);
  EXPECT_EQ(ParseUtcTime("2023-11-14T23:13:20.123456+01:00"), time);
  EXPECT_EQ(ParseUtcTime("yesterday"), std::nullopt);
}

TEST(TerminalText, Sparklines) {
  EXPECT_EQ(Sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(Sparkline({9, 9, 0, 1}, 2), "▁█");
  EXPECT_EQ(Sparkline({1, 1}, 8), "▁▁");
  EXPECT_EQ(Sparkline({-1e308, HUGE_VAL, 1e308}, 8), "▁ █");
}

}  // namespace
}  // namespace parzen::cli
