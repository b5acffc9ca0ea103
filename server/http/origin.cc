#include "server/http/origin.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace parzen::http {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

bool SameName(std::string_view a, std::string_view b) { return absl::EqualsIgnoreCase(View(a), View(b)); }

bool IsName(std::string_view host) {
  return !host.empty() && host.find_first_of("/@?#*, \t") == std::string_view::npos && host.find("://") == std::string_view::npos;
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

}  // namespace

absl::Status CheckHosts(const std::vector<std::string>& hosts, std::string_view flag) {
  for (const std::string& host : hosts) {
    if (IsName(host)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(View(flag), " ", host, " is no name of a host; accepted: studies.example.org, or an IP address"));
  }
  return absl::OkStatus();
}

absl::Status CheckOrigins(const std::vector<std::string>& origins, std::string_view flag) {
  for (const std::string& origin : origins) {
    const size_t colon = origin.find("://");
    const std::string_view scheme = std::string_view(origin).substr(0, colon);
    if ((scheme == "http" || scheme == "https") && IsName(std::string_view(origin).substr(colon + 3)) &&
        origin.find('*') == std::string::npos) {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat(View(flag), " ", origin,
                                                   " is no origin; accepted: http://HOST or https://HOST, with :PORT where it is "
                                                   "not the scheme's own, and nothing behind"));
  }
  return absl::OkStatus();
}

std::string HostIn(std::string_view header) {
  std::string_view host = header;
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return {};
    host = host.substr(1, end - 1);
  } else if (const size_t colon = host.find(':');
             colon != std::string_view::npos && host.find(':', colon + 1) == std::string_view::npos) {
    host = host.substr(0, colon);
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  return absl::AsciiStrToLower(View(host));
}

bool IsOwnHost(const SiteOptions& options, std::string_view host, std::string_view address) {
  const std::string name = HostIn(host);
  if (name.empty()) return false;
  if (IsLoopback(name)) return true;
  boost::system::error_code error;
  const auto named = boost::asio::ip::make_address(name, error);
  if (!error && named.to_string() == address) return true;
  return std::any_of(options.hosts.begin(), options.hosts.end(),
                     [&](const std::string& own) { return SameName(HostIn(own), name); });
}

Site SiteOf(const SiteOptions& options, std::string_view origin, std::string_view host) {
  if (origin.empty()) return Site::kOwn;
  const size_t scheme = origin.find("://");
  if (scheme != std::string_view::npos && SameName(origin.substr(scheme + 3), host)) return Site::kOwn;
  const bool may = std::any_of(options.origins.begin(), options.origins.end(),
                               [&](const std::string& allowed) { return SameName(allowed, origin); });
  return may ? Site::kOther : Site::kForbidden;
}

}  // namespace parzen::http
