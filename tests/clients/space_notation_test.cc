#include "clients/cli/space_notation.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::HasSubstr;

Parameter Parsed(std::string_view text) {
  const absl::StatusOr<Parameter> parameter = ParseParameter(text);
  EXPECT_TRUE(parameter.ok()) << parameter.status();
  return parameter.ok() ? *parameter : Parameter{};
}

std::string Refused(std::string_view text) {
  const absl::StatusOr<Parameter> parameter = ParseParameter(text);
  EXPECT_FALSE(parameter.ok()) << text;
  return std::string(parameter.status().message());
}

TEST(SpaceNotation, ReadsEachKind) {
  EXPECT_EQ(Parsed("lr=float(1e-5,1e-1,log)"), (Parameter{"lr", Float{1e-5, 1e-1, true}}));
  EXPECT_EQ(Parsed(" x = float( -1 , 1 , step = 0.5 ) "), (Parameter{"x", Float{-1, 1, false, 0.5}}));
  EXPECT_EQ(Parsed("depth=int(1,8)"), (Parameter{"depth", Int{1, 8}}));
  EXPECT_EQ(Parsed("width=int(16, 256, step=16)"), (Parameter{"width", Int{16, 256, false, 16}}));
  EXPECT_EQ(Parsed("n=int(1,1024,log)"), (Parameter{"n", Int{1, 1024, true}}));
}

TEST(SpaceNotation, ReadsChoicesByTheirForm) {
  const Parameter parameter = Parsed(R"(c=categorical(rbf, 1, 1.0, true, null, "1", 'a, b)', 1e3))");
  EXPECT_EQ(std::get<Categorical>(parameter.distribution).choices,
            (std::vector<Value>{"rbf", int64_t{1}, 1.0, true, std::monostate(), "1", "a, b)", 1000.0}));
}

TEST(SpaceNotation, ReadsConditions) {
  const Parameter parameter = Parsed("gamma=float(0,1) if kernel in (rbf, poly)");
  EXPECT_EQ(parameter.when, (Condition{"kernel", {"rbf", "poly"}}));
  EXPECT_EQ(Parsed("units=int(1,4) if layers in (2,3)").when, (Condition{"layers", {int64_t{2}, int64_t{3}}}));
}

TEST(SpaceNotation, WritesWhatItReads) {
  for (const char* text : {"lr=float(1e-05, 0.1, log)", "x=float(-1, 1, step=0.5)", "depth=int(1, 8)", "w=int(16, 256, step=16)",
                           "c=categorical(rbf, 1, 1.0, true, null, \"1\", \"a, b)\", \"say \\\"hi\\\"\")",
                           "gamma=float(0, 1) if kernel in (rbf, \"2\")"}) {
    EXPECT_EQ(ToNotation(Parsed(text)), text);
    EXPECT_EQ(Parsed(ToNotation(Parsed(text))), Parsed(text));
  }
}

TEST(SpaceNotation, ErrorsNameThePartAndWhatIsAccepted) {
  EXPECT_THAT(Refused("lr"), HasSubstr("NAME=DISTRIBUTION"));
  EXPECT_THAT(Refused("=float(0,1)"), HasSubstr("NAME=DISTRIBUTION"));
  EXPECT_THAT(Refused("lr=flot(0,1)"), HasSubstr("lr is 'flot(0,1)'"));
  EXPECT_THAT(Refused("lr=float(0)"), HasSubstr("float(LOW, HIGH"));
  EXPECT_THAT(Refused("lr=float(0,one)"), HasSubstr("lr is 'one': a number"));
  EXPECT_THAT(Refused("lr=float(0,1,lin)"), HasSubstr("lr is 'lin'"));
  EXPECT_THAT(Refused("lr=float(0,1"), HasSubstr("closing parenthesis"));
  EXPECT_THAT(Refused("n=int(0,1.5)"), HasSubstr("n is '1.5': a whole number"));
  EXPECT_THAT(Refused("n=int(0,8,step)"), HasSubstr("n is 'step'"));
  EXPECT_THAT(Refused("c=categorical()"), HasSubstr("at least one choice"));
  EXPECT_THAT(Refused("c=categorical(a,,b)"), HasSubstr("empty"));
  EXPECT_THAT(Refused("g=float(0,1) when k in (a)"), HasSubstr("if PARENT in"));
  EXPECT_THAT(Refused("g=float(0,1) if k (a)"), HasSubstr("if PARENT in"));
  EXPECT_THAT(Refused("g=float(0,1) if k in ()"), HasSubstr("if PARENT in"));
}

TEST(SpaceNotation, ValuesTakeTheirTypeFromTheDistribution) {
  EXPECT_EQ(*ParseValue("1", Float{0, 2}, "x"), Value(1.0));
  EXPECT_EQ(*ParseValue("8.0", Int{0, 9}, "n"), Value(int64_t{8}));
  const Categorical choices{{int64_t{1}, "1.5", "rbf", std::numeric_limits<double>::infinity()}};
  EXPECT_EQ(*ParseValue("1", choices, "c"), Value(int64_t{1}));
  EXPECT_EQ(*ParseValue("1.5", choices, "c"), Value("1.5"));
  EXPECT_EQ(*ParseValue("inf", choices, "c"), Value(std::numeric_limits<double>::infinity()));
  EXPECT_THAT(std::string(ParseValue("poly", choices, "c").status().message()), HasSubstr("no such choice"));
  EXPECT_FALSE(ParseValue("8.5", Int{0, 9}, "n").ok());
}

TEST(SpaceNotation, DoublesSurviveTheirText) {
  for (const double value : {0.1, 1e-300, 5e-324, -0.0, 1.7976931348623157e308, 3.0}) {
    const std::optional<double> read = ParseNumber(ToText(value));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(std::signbit(*read), std::signbit(value));
    EXPECT_EQ(*read, value);
  }
  EXPECT_EQ(ParseNumber("1.5x"), std::nullopt);
  EXPECT_EQ(ParseNumber(""), std::nullopt);
}

}  // namespace
}  // namespace parzen::cli
