// Which sites of the web may call. A browser lets every page send requests anywhere, also to a server on this machine; what tells
// them apart is what it says of itself:
//
// - Host: the name that the page believes it is talking to. One that is none of the server's names is a name that somebody has
//   pointed at this address to pass as the same site (DNS rebinding).
// - Origin: the site of the page that sends the request, where it is another one, or where the request is a POST.
//
// Both are refused with 403. Programs send no Origin and are not held up.

#ifndef PARZEN_SERVER_HTTP_ORIGIN_H_
#define PARZEN_SERVER_HTTP_ORIGIN_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parzen::http {

struct SiteOptions {
  bool checked = false;              // false: every host and every origin is taken
  std::vector<std::string> hosts;    // names of this server, besides loopback's and the address that a connection came to
  std::vector<std::string> origins;  // "https://example.org:8443": sites whose pages may call, besides this server's own
};

// INVALID_ARGUMENT unless each of the hosts is a name or an address, without a scheme or a path.
absl::Status CheckHosts(const std::vector<std::string>& hosts, std::string_view flag);
// INVALID_ARGUMENT unless each is scheme://host or scheme://host:port, as browsers send it.
absl::Status CheckOrigins(const std::vector<std::string>& origins, std::string_view flag);

// The host of a Host header, in lower case, without its port, brackets and last dot; empty where there is none.
std::string HostIn(std::string_view header);

// Whether a request to `host` (a Host header) that came to `address` (the connection's own) is meant for this server.
bool IsOwnHost(const SiteOptions& options, std::string_view host, std::string_view address);

enum class Site { kOwn, kOther, kForbidden };
// Whose page sends a request with this Origin (empty: none) to this Host: the server's own (or no page), another that may, or one
// that may not.
Site SiteOf(const SiteOptions& options, std::string_view origin, std::string_view host);

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_ORIGIN_H_
