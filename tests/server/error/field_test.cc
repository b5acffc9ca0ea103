#include "server/error/field.h"

#include <gtest/gtest.h>

#include <string>

#include "server/error/error.h"

namespace parzen::error {
namespace {

TEST(FieldTest, SpellsThePath) {
  const Field study("study");
  const Field space = study.Sub("space");
  EXPECT_EQ(space.Sub("parameters").At(3).Sub("name").ToString(), "study.space.parameters[3].name");
}

TEST(FieldTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutUtf8("abc", 3), "abc");
  EXPECT_EQ(CutUtf8("ab\xC3\xA4", 3), "ab");
  EXPECT_EQ(CutUtf8("ab\xC3\xA4", 4), "ab\xC3\xA4");
  EXPECT_EQ(Quote("ok"), "\"ok\"");
  EXPECT_EQ(Quote(std::string(100, 'x')).size(), 64 + 5);
}

TEST(FieldTest, AParameterIsNamedOnce) {
  const absl::Status status = BadField(Field("choices").At(2), "nan", "any double but NaN");
  const absl::Status named = OfParameter("lr", status);
  EXPECT_EQ(named.message(), "parameter \"lr\": choices[2]: is nan; accepted: any double but NaN");
  EXPECT_EQ(GetErrorDetail(named), GetErrorDetail(status));
  EXPECT_EQ(OfParameter("lr", named).message(), named.message());
  EXPECT_TRUE(OfParameter("lr", absl::OkStatus()).ok());
}

}  // namespace
}  // namespace parzen::error
