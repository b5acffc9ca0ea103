// Which hosts and origins are the server's own.

#include "server/http/origin.h"

#include <gtest/gtest.h>

#include <string>

namespace parzen::http {
namespace {

const SiteOptions kOptions{.checked = true,
                           .hosts = {"Studies.example.org", "[fd00::1]:7080"},
                           .origins = {"https://notebook.example.org", "http://localhost:5173"}};

TEST(Origin, OwnHosts) {
  for (const char* host : {"localhost", "localhost:7080", "LOCALHOST.", "127.0.0.1:1", "127.8.9.1", "[::1]:7080", "::1",
                           "10.0.0.7", "10.0.0.7:7080", "studies.example.org:443", "studies.EXAMPLE.org", "[fd00::1]"}) {
    EXPECT_TRUE(IsOwnHost(kOptions, host, "10.0.0.7")) << host;
  }
  for (const char* host :
       {"", ":7080", "evil.example", "10.0.0.8", "localhost.evil.example", "evil.example:127", "127.0.0.1.evil.example",
        "studies.example.org.evil.example", "xstudies.example.org", "[::1", "[fd00::2]", "2130706433", "0x7f.1"}) {
    EXPECT_FALSE(IsOwnHost(kOptions, host, "10.0.0.7")) << host;
  }
}

TEST(Origin, Sites) {
  EXPECT_EQ(SiteOf(kOptions, "", "localhost:7080"), Site::kOwn);
  EXPECT_EQ(SiteOf(kOptions, "http://localhost:7080", "localhost:7080"), Site::kOwn);
  EXPECT_EQ(SiteOf(kOptions, "https://Studies.example.org", "studies.example.org"), Site::kOwn);
  EXPECT_EQ(SiteOf(kOptions, "http://localhost:5173", "localhost:7080"), Site::kOther);
  EXPECT_EQ(SiteOf(kOptions, "https://notebook.example.org", "localhost:7080"), Site::kOther);
  for (const char* origin :
       {"null", "http://localhost:7081", "http://evil.example", "http://notebook.example.org", "localhost:7080",
        "https://notebook.example.org.evil.example", "http://localhost:7080@evil.example", "*"}) {
    EXPECT_EQ(SiteOf(kOptions, origin, "localhost:7080"), Site::kForbidden) << origin;
  }
}

TEST(Origin, FlagsThatMeanNothingAreRefused) {
  EXPECT_TRUE(CheckHosts({"a.example", "10.0.0.1", "[::1]:80"}, "--http-host").ok());
  for (const char* host : {"", "http://a.example", "a.example/x", "a b", "*"}) {
    EXPECT_FALSE(CheckHosts({host}, "--http-host").ok()) << host;
  }
  EXPECT_TRUE(CheckOrigins({"https://a.example", "http://localhost:5173"}, "--http-origin").ok());
  for (const char* origin :
       {"", "*", "null", "a.example", "https://*.a.example", "https://a.example/", "ftp://a.example", "https://"}) {
    EXPECT_FALSE(CheckOrigins({origin}, "--http-origin").ok()) << origin;
  }
}

}  // namespace
}  // namespace parzen::http
