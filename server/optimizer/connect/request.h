// What the two kinds of calls of the Connect protocol have in common: the HTTP request behind them.

#ifndef PARZEN_SERVER_OPTIMIZER_CONNECT_REQUEST_H_
#define PARZEN_SERVER_OPTIMIZER_CONNECT_REQUEST_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/http/route.h"
#include "server/security/gate.h"

namespace parzen::optimizer::connect {

class ConnectRequest {
 public:
  explicit ConnectRequest(http::Request request);

  // Who calls: by bearer token, never by a cookie.
  security::Origin origin() const {
    return {.authorization = Header("authorization"), .peer = http_.peer, .certificate_name = http_.certificate_name};
  }
  std::string_view Header(std::string_view name) const { return http_.Header(name); }
  // What the headers say wrong of the protocol: a version other than 1, a timeout that is none.
  const absl::Status& valid() const { return valid_; }
  // Of Connect-Timeout-Ms; nullopt: none.
  std::optional<std::chrono::milliseconds> timeout() const { return timeout_; }
  // When that is over, counted from the request's arrival.
  std::chrono::system_clock::time_point deadline() const {
    return timeout_ ? arrived_ + *timeout_ : std::chrono::system_clock::time_point::max();
  }
  // Its body, once, undone of the compression that `encoding`, a header's value, names. UNIMPLEMENTED for one that is neither
  // gzip nor identity; RESOURCE_EXHAUSTED LIMIT_MESSAGE where it has more than `most` bytes.
  absl::StatusOr<std::string> TakeBody(std::string_view encoding, int64_t most);

 private:
  http::Request http_;
  absl::Status valid_;
  std::chrono::system_clock::time_point arrived_ = std::chrono::system_clock::now();
  std::optional<std::chrono::milliseconds> timeout_;
};

// `bytes` undone of a compression, as TakeBody does it.
absl::StatusOr<std::string> Uncompress(std::string bytes, std::string_view encoding, int64_t most);

}  // namespace parzen::optimizer::connect

#endif  // PARZEN_SERVER_OPTIMIZER_CONNECT_REQUEST_H_
