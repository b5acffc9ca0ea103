// The page's files over HTTP, with files of the test's own.

#include "server/page/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "server/http/router.h"

namespace parzen::page {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<File, 2> kFiles = {{
    {"/assets/a-1.js", "text/javascript; charset=utf-8", "aa11", "a long script", "packed"},
    {"/index.html", "text/html; charset=utf-8", "bb22", "<html>", {}},
}};

// Keeps what it is told.
class Kept final : public http::Responder {
 public:
  void Answer(http::Head its_head, std::string its_body) override {
    head = std::move(its_head);
    body = std::move(its_body);
  }
  void Begin(http::Head) override {}
  bool Write(std::string, std::function<void(bool)>) override { return false; }
  void End() override {}
  void Abort() override {}
  void OnGone(std::function<void()>) override {}
  void After(std::chrono::milliseconds, std::function<void()>) override {}

  std::string Header(const std::string& name) const {
    const auto found = std::ranges::find(head.headers, name, [](const auto& header) { return header.first; });
    return found == head.headers.end() ? "" : found->second;
  }

  http::Head head;
  std::string body;
};

// What a GET is answered; null where no route takes it.
std::shared_ptr<Kept> Get(std::span<const File> files, const std::string& path, http::Headers headers = {}) {
  const http::Router router(MakeRoutes(files));
  const auto match = router.Find("GET", path);
  if (match.route == nullptr) return nullptr;
  auto kept = std::make_shared<Kept>();
  match.route->handler({.method = "GET", .path = path, .headers = std::move(headers)}, kept);
  return kept;
}

TEST(PageRoutes, FilesAndThePagesOwnAddresses) {
  EXPECT_EQ(Get(kFiles, "/assets/a-1.js")->body, "a long script");
  for (const char* path : {"/", "/index.html", "/studies", "/studies/a%2Fb", "/studies/digits/trials/17"}) {
    const auto answer = Get(kFiles, path);
    ASSERT_NE(answer, nullptr) << path;
    EXPECT_EQ(answer->body, "<html>") << path;
    EXPECT_EQ(answer->head.status, 200);
    EXPECT_EQ(answer->head.content_type, "text/html; charset=utf-8");
  }
  for (const char* path :
       {"/assets/", "/assets/b.js", "/assets/../index.html", "/../etc/passwd", "//index.html", "/index.html/", "/studiesx"}) {
    EXPECT_EQ(Get(kFiles, path), nullptr) << path;
  }
}

TEST(PageRoutes, WhatABrowserMayKeep) {
  EXPECT_EQ(Get(kFiles, "/assets/a-1.js")->Header("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(Get(kFiles, "/")->Header("Cache-Control"), "no-cache");
  EXPECT_EQ(Get(kFiles, "/")->Header("ETag"), "\"bb22\"");
  for (const char* tag : {"\"bb22\"", "W/\"bb22\"", "\"x\", \"bb22-gzip\"", "*"}) {
    const auto answer = Get(kFiles, "/", {{"If-None-Match", tag}});
    EXPECT_EQ(answer->head.status, 304) << tag;
    EXPECT_EQ(answer->body, "");
  }
  for (const char* tag : {"\"aa11\"", "bb22", "\"\"", ""})
    EXPECT_EQ(Get(kFiles, "/", {{"If-None-Match", tag}})->head.status, 200) << tag;
}

TEST(PageRoutes, CompressedForWhoTakesIt) {
  const auto packed = Get(kFiles, "/assets/a-1.js", {{"Accept-Encoding", "deflate, gzip"}});
  EXPECT_EQ(packed->body, "packed");
  EXPECT_EQ(packed->Header("Content-Encoding"), "gzip");
  EXPECT_EQ(packed->Header("ETag"), "\"aa11-gzip\"");
  EXPECT_EQ(packed->Header("Vary"), "Accept-Encoding");
  EXPECT_EQ(Get(kFiles, "/assets/a-1.js", {{"Accept-Encoding", "gzip;q=0"}})->body, "a long script");
  EXPECT_EQ(Get(kFiles, "/", {{"Accept-Encoding", "gzip"}})->Header("Content-Encoding"), "") << "it has no shorter form";
}

TEST(PageRoutes, APolicyThatLoadsNothingFromElsewhere) {
  const std::string policy = Get(kFiles, "/")->Header("Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, Not(HasSubstr("http")));
}

TEST(PageRoutes, WithoutAPageItIsSaid) {
  const auto answer = Get({}, "/studies/digits");
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_THAT(answer->body, HasSubstr("built without its page"));
}

}  // namespace
}  // namespace parzen::page
