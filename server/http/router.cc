#include "server/http/router.h"

#include <algorithm>
#include <cctype>

namespace parzen::http {
namespace {

bool Fits(const Route& route, std::string_view path) {
  const std::string_view pattern = route.path;
  if (pattern.ends_with('*')) return path.starts_with(pattern.substr(0, pattern.size() - 1));
  return path == pattern;
}

bool SameLetters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

std::string_view Request::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (SameLetters(key, name)) return value;
  }
  return {};
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  for (const Route& route : routes_) {
    if (!Fits(route, path)) continue;
    const std::string methods = route.method == "GET" ? "GET, HEAD" : route.method;
    if (match.allowed.find(methods) == std::string::npos) match.allowed += (match.allowed.empty() ? "" : ", ") + methods;
    if (route.method != method && !(route.method == "GET" && method == "HEAD")) continue;
    if (match.route == nullptr || route.path.size() > match.route->path.size()) match.route = &route;
  }
  return match;
}

}  // namespace parzen::http
