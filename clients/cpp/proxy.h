// Which HTTP proxy gRPC would go through, by the environment, and when it should not.

#ifndef PARZEN_CLIENTS_CPP_PROXY_H_
#define PARZEN_CLIENTS_CPP_PROXY_H_

#include <optional>
#include <string>
#include <string_view>

namespace parzen {
inline namespace client {

struct Proxy {
  std::string variable;  // that names it: grpc_proxy, https_proxy or http_proxy
  std::string url;       // without user and password
};

// The proxy for an address as ClientOptions has it; nullopt: none is to be used. That is so for loopback addresses and Unix
// sockets, and for hosts that no_grpc_proxy, no_proxy or NO_PROXY lists: names and their subdomains, addresses, or "*".
std::optional<Proxy> ProxyFor(std::string_view address);

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_PROXY_H_
