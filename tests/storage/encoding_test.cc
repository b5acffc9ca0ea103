#include "storage/encoding/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "storage/encoding/double_text.h"
#include "storage/encoding/json_scanner.h"
#include "tests/storage/sample_records.h"

namespace parzen::storage::sqlite {
namespace {

std::string Doubles(const std::vector<double>& values) {
  std::string out;
  EncodeDoubles(values, &out);
  return out;
}

TEST(Encoding, DoublesAreShortAndReadable) {
  EXPECT_EQ(Doubles({}), "");
  EXPECT_EQ(Doubles({0.1, 3, -0.0, 1e22, 1e-7}), "[0.1,3,-0,1e+22,1e-07]");
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Doubles({inf, -inf, std::bit_cast<double>(uint64_t{0x7ff8000000000000}),
                     std::bit_cast<double>(uint64_t{0xfff8000000000001})}),
            R"__(["Infinity","-Infinity","NaN","NaN(fff8000000000001)"])__");
}

TEST(Encoding, EveryDoubleKeepsItsBits) {
  std::mt19937_64 random(1);
  std::vector<double> values = AwkwardDoubles();
  for (int i = 0; i < 20000; ++i) values.push_back(std::bit_cast<double>(random()));
  std::vector<double> read;
  ASSERT_TRUE(DecodeDoubles(Doubles(values), &read));
  ASSERT_EQ(read.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(Bits(read[i]), Bits(values[i]));
}

TEST(Encoding, MalformedTextsAreRefused) {
  std::vector<double> doubles;
  for (const char* bad : {"[", "[1", "[1,", "[1,]", "1", "[x]", "[\"nan\"]", "[\"NaN(7ff0000000000000)\"]",
                          "[\"NaN(zzzzzzzzzzzzzzzz)\"]", "[1]x", "[1 2]", "[\"Infinity]", "{}"}) {
    EXPECT_FALSE(DecodeDoubles(bad, &doubles)) << bad;
  }
  NamedDoubles named;
  for (const char* bad :
       {"{", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{a:1}", "{\"a\":1,}", "[1]", "{\"\\x\":1}", "{\"\\u12\":1}", "{\"a\":1}}"}) {
    EXPECT_FALSE(DecodeNamedDoubles(bad, &named)) << bad;
  }
  std::vector<int32_t> indexes;
  for (const char* bad : {"[", "[-1]", "[1.5]", "[99999999999]", "[a]", "[1]]"})
    EXPECT_FALSE(DecodeIndexes(bad, &indexes)) << bad;
  ParamScanner scanner;
  std::vector<ParamScanner::Param> params;
  for (const auto& [text, internal] : std::vector<std::pair<const char*, const char*>>{{"{\"a\":1", ""},
                                                                                       {"{\"a\":\"x\"}", ""},
                                                                                       {"{\"a\":\"x\"}", "[null]"},
                                                                                       {"{\"a\":\"x\"}", "[1"},
                                                                                       {"{\"a\":\"x\"}", "[1,2]"},
                                                                                       {"{\"a\":\"x\"}", "[]"},
                                                                                       {"{\"a\":1,\"b\":2}", "[1]"},
                                                                                       {"{\"a\":1}", "[nul]"},
                                                                                       {"", "[1]"},
                                                                                       {"[1]", ""}}) {
    EXPECT_FALSE(scanner.Scan(text, internal, &params)) << text << " " << internal;
  }
}

// What somebody may have typed by hand is understood.
TEST(Encoding, EscapesOfOtherWritersAreRead) {
  NamedDoubles named;
  ASSERT_TRUE(DecodeNamedDoubles(R"({"\u00e4\ud83d\udc0d\/\b\f\n\r\t\"\\":1e3})", &named));
  EXPECT_EQ(named[0].first, "\xc3\xa4\xf0\x9f\x90\x8d/\b\f\n\r\t\"\\");
  EXPECT_EQ(named[0].second, 1000);
}

TEST(Encoding, InternalValuesAreKeptWhereTheyDiffer) {
  ParamColumns columns;
  const std::vector<ParamRecord> numbers = {{"a", 0.5, "0.5", ""}, {"b", -0.0, "-0", ""}};
  ASSERT_TRUE(EncodeParams(numbers, std::vector<int32_t>{3, 4}, &columns).ok());
  EXPECT_EQ(columns.params, R"({"a":0.5,"b":-0})");
  EXPECT_EQ(columns.internal, "");
  EXPECT_EQ(columns.dists, "[3,4]");
  const std::vector<ParamRecord> mixed = {{"a", 0.5, "0.5", ""}, {"k", 2, "\"rbf\"", ""}, {"z", -0.0, "0", ""}};
  ASSERT_TRUE(EncodeParams(mixed, std::vector<int32_t>{0, 1, 2}, &columns).ok());
  EXPECT_EQ(columns.internal, "[null,2,-0]");
}

TEST(Encoding, JsonValues) {
  for (const char* good : {"0", "-0", "1.5e-7", "1E+5", "null", "true", "\"x\"", "[1, {\"a\": []}]", " 1 ", "\"\\u00e4\""}) {
    EXPECT_TRUE(IsJsonValue(good)) << good;
  }
  for (const char* bad : {"", "-", "01", "1.", ".5", "1e", "+1", "0x1", "NaN", "1 2", "\"", "[1,]", "{\"a\":1}}"}) {
    EXPECT_FALSE(IsJsonValue(bad)) << bad;
  }
}

}  // namespace
}  // namespace parzen::storage::sqlite
