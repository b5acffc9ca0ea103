#include "server/page/routes.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/http/encoding.h"

namespace parzen::page {
namespace {

constexpr std::string_view kIndex = "/index.html";

// Everything is from this server; pictures may also be made by the page itself, to be saved. No page of another site may show
// this one in a frame.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Whether If-None-Match names the file, compressed or not.
bool Names(std::string_view if_none_match, std::string_view hash) {
  for (absl::string_view tag : absl::StrSplit(View(if_none_match), ',')) {
    tag = absl::StripAsciiWhitespace(tag);
    if (tag == "*") return true;
    absl::ConsumePrefix(&tag, "W/");
    if (!absl::ConsumePrefix(&tag, "\"") || !absl::ConsumeSuffix(&tag, "\"")) continue;
    absl::ConsumeSuffix(&tag, "-gzip");
    if (tag == View(hash)) return true;
  }
  return false;
}

void Serve(const File& file, const http::Request& request, http::Responder* responder) {
  const bool gzip = !file.gzip.empty() && http::AcceptsGzip(request.Header("accept-encoding"));
  // The names of assets have their contents' hash in them.
  const bool forever = file.path.starts_with("/assets/");
  http::Head head{.content_type = std::string(file.content_type)};
  head.headers = {{"ETag", absl::StrCat("\"", View(file.hash), gzip ? "-gzip" : "", "\"")},
                  {"Cache-Control", forever ? "public, max-age=31536000, immutable" : "no-cache"},
                  {"Vary", "Accept-Encoding"},
                  {"Content-Security-Policy", kPolicy},
                  {"Cross-Origin-Opener-Policy", "same-origin"},
                  {"Cross-Origin-Resource-Policy", "same-origin"},
                  {"Referrer-Policy", "no-referrer"}};
  if (Names(request.Header("if-none-match"), file.hash)) {
    head.status = 304;
    return responder->Answer(std::move(head), "");
  }
  if (gzip) head.headers.emplace_back("Content-Encoding", "gzip");
  responder->Answer(std::move(head), std::string(gzip ? file.gzip : file.bytes));
}

void SayThatThereIsNone(const http::Request&, const std::shared_ptr<http::Responder>& responder) {
  responder->Answer({.headers = {{"Content-Security-Policy", kPolicy}}},
                    "This parzend was built without its page (PARZEN_PAGE). Every call is served all the same:\n"
                    "POST /parzen.v1.Optimizer/METHOD, see docs/http.md.\n");
}

}  // namespace

std::vector<http::Route> MakeRoutes(std::span<const File> files) {
  std::vector<http::Route> routes;
  http::Handler index = &SayThatThereIsNone;
  for (const File& file : files) {
    http::Handler serve = [&file](const http::Request& request, const std::shared_ptr<http::Responder>& responder) {
      Serve(file, request, responder.get());
    };
    if (file.path == kIndex) index = serve;
    routes.push_back({"GET", std::string(file.path), std::move(serve)});
  }
  for (const char* path : {"/", "/studies", "/studies/*"}) routes.push_back({"GET", path, index});
  return routes;
}

}  // namespace parzen::page
