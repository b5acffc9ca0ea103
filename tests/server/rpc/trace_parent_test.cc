#include "server/log/trace_parent.h"

#include <gtest/gtest.h>

#include <string>

namespace parzen::log {
namespace {

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kSpan = "00f067aa0ba902b7";

std::string Header(const std::string& version, const std::string& trace, const std::string& span,
                   const std::string& rest = "01") {
  return version + "-" + trace + "-" + span + "-" + rest;
}

TEST(TraceParentTest, TakesTheTraceAndTheSpan) {
  for (const std::string& header :
       {Header("00", kTrace, kSpan), Header("00", kTrace, kSpan, "00"), Header("cc", kTrace, kSpan, "01-more")}) {
    const TraceParent parent = ParseTraceParent(header);
    EXPECT_EQ(parent.trace_id, kTrace) << header;
    EXPECT_EQ(parent.span_id, kSpan) << header;
  }
}

TEST(TraceParentTest, WhatIsMalformedIsNone) {
  const std::string zeros32(32, '0'), zeros16(16, '0'), upper = "4BF92F3577B34DA6A3CE929D0E0E4736";
  for (const std::string& header :
       {std::string(), std::string("00"), Header("ff", kTrace, kSpan), Header("0x", kTrace, kSpan), Header("00", zeros32, kSpan),
        Header("00", kTrace, zeros16), Header("00", upper, kSpan), Header("00", kTrace, kSpan, "1"),
        Header("00", kTrace, kSpan, "zz"), Header("00", kTrace, kSpan, "01-more"), Header("01", kTrace, kSpan, "01more"),
        std::string(55, '-'), std::string(1000, 'a')}) {
    EXPECT_TRUE(ParseTraceParent(header).trace_id.empty()) << header;
    EXPECT_TRUE(ParseTraceParent(header).span_id.empty()) << header;
  }
}

}  // namespace
}  // namespace parzen::log
