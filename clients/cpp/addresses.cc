#include "clients/cpp/addresses.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "absl/strings/str_format.h"

namespace parzen {
inline namespace client {
namespace {

bool Begins(std::string_view text, std::string_view scheme) { return text.starts_with(scheme) && text.size() > scheme.size(); }

bool IsSocket(std::string_view address) { return Begins(address, "unix:") || Begins(address, "unix-abstract:"); }

// The address without ":PORT"; empty where it does not end with one.
std::string_view HostPart(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view digits = address.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return {};
  return address.substr(0, colon);
}

bool IsAddress(std::string_view address) {
  if (IsSocket(address)) return true;
  const std::string_view host = HostPart(address);
  return Begins(host, "dns:") || Begins(host, "ipv4:") || Begins(host, "ipv6:") || IsHostAndPort(address);
}

std::string_view WithoutBlanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

bool IsHostAndPort(std::string_view address) {
  const std::string_view host = HostPart(address);
  if (host.starts_with('[')) return host.size() > 2 && host.find(']') == host.size() - 1;
  return !host.empty() && host.find_first_of(":/[],") == std::string_view::npos;
}

absl::StatusOr<std::vector<std::string>> AddressesIn(std::string_view text) {
  std::vector<std::string> addresses;
  bool valid = true;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view address = WithoutBlanks(text.substr(begin, end - begin));
    valid = valid && IsAddress(address);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.emplace_back(address);
    begin = end + 1;
  }
  if (valid) return addresses;
  if (IsSocket(text)) return std::vector<std::string>{std::string(text)};
  return absl::InvalidArgumentError(absl::StrFormat(
      "address: '%s' is not HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:7070, nor several of them with "
      "commas between them",
      text));
}

}  // namespace client
}  // namespace parzen
