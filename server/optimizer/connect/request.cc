#include "server/optimizer/connect/request.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/optimizer/connect/gzip.h"
#include "server/rpc/carrier.h"

namespace parzen::optimizer::connect {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

bool IsTimeout(std::string_view text) {
  return text.size() <= 10 && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

ConnectRequest::ConnectRequest(http::Request request) : http_(std::move(request)) {
  if (const std::string_view version = Header("connect-protocol-version"); !version.empty() && version != "1") {
    valid_ = error::BadField(error::Field("connect-protocol-version"), error::Quote(version), "1, or no such header");
  }
  const std::string_view timeout = Header("connect-timeout-ms");
  int64_t millis = 0;
  if (timeout.empty()) return;
  if (IsTimeout(timeout) && absl::SimpleAtoi(View(timeout), &millis)) {
    timeout_ = std::chrono::milliseconds(millis);
  } else {
    valid_.Update(error::BadField(error::Field("connect-timeout-ms"), error::Quote(timeout), "milliseconds, at most ten digits"));
  }
}

absl::StatusOr<std::string> ConnectRequest::TakeBody(std::string_view encoding, int64_t most) {
  if (http_.body_too_large) {
    return error::OverLimit("LIMIT_MESSAGE", absl::StrCat("the request has more than the ", most,
                                                          " bytes that this server accepts at most (parzend --message-mib): send "
                                                          "less at a time"));
  }
  return Uncompress(std::move(http_.body), encoding, most);
}

absl::StatusOr<std::string> Uncompress(std::string bytes, std::string_view encoding, int64_t most) {
  if (absl::EqualsIgnoreCase(View(encoding), "gzip")) return Gunzip(bytes, static_cast<size_t>(most));
  if (!encoding.empty() && !absl::EqualsIgnoreCase(View(encoding), "identity")) {
    return error::NotImplemented(
        "compression", absl::StrCat("the request is compressed by ", error::Quote(encoding), "; accepted: gzip, identity"));
  }
  if (absl::Status fits = rpc::CheckSize(bytes.size(), most); !fits.ok()) return fits;
  return bytes;
}

}  // namespace parzen::optimizer::connect
