#include "clients/cpp/proxy.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace parzen {
inline namespace client {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

std::string_view WithoutPort(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  const size_t colon = host.find(':');
  return host.rfind(':') == colon ? host.substr(0, colon) : host;  // several colons: an IPv6 address
}

// In lower case, without port and brackets; empty for a Unix socket.
std::string HostOf(std::string_view address) {
  for (const std::string_view scheme : {"unix:", "unix-abstract:"}) {
    if (address.starts_with(scheme)) return {};
  }
  for (const std::string_view scheme : {"dns:", "ipv4:", "ipv6:"}) {
    if (!address.starts_with(scheme)) continue;
    address.remove_prefix(scheme.size());
    const size_t authority = address.starts_with("//") ? address.find('/', 2) : std::string_view::npos;
    if (authority != std::string_view::npos) address.remove_prefix(authority + 1);
  }
  return Lower(WithoutPort(address));
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "::1" ||
         host.starts_with("::ffff:127.");
}

bool Lists(std::string_view list, std::string_view host) {
  while (!list.empty()) {
    const size_t end = std::min(list.find_first_of(", "), list.size());
    std::string entry = Lower(WithoutPort(list.substr(0, end)));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (entry == "*") return true;
    if (entry.starts_with('*')) entry.erase(0, 1);
    if (entry.starts_with('.')) entry.erase(0, 1);
    if (entry.empty()) continue;
    if (host == entry || host.ends_with("." + entry)) return true;
  }
  return false;
}

}  // namespace

std::optional<Proxy> ProxyFor(std::string_view address) {
  const std::string host = HostOf(address);
  if (host.empty() || IsLoopback(host)) return std::nullopt;
  for (const char* variable : {"no_grpc_proxy", "no_proxy", "NO_PROXY"}) {
    const char* list = std::getenv(variable);
    if (list != nullptr && Lists(list, host)) return std::nullopt;
  }
  for (const char* variable : {"grpc_proxy", "https_proxy", "http_proxy"}) {  // gRPC's order
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') continue;
    std::string url = value;
    const size_t scheme = url.find("://"), begin = scheme == std::string::npos ? 0 : scheme + 3, user = url.rfind('@');
    if (user != std::string::npos && user >= begin) url.erase(begin, user + 1 - begin);
    return Proxy{variable, std::move(url)};
  }
  return std::nullopt;
}

}  // namespace client
}  // namespace parzen
