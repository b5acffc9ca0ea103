#include "server/optimizer/connect/unary.h"

#include <utility>

#include "base/status_macros.h"
#include "server/http/encoding.h"
#include "server/optimizer/connect/error_json.h"
#include "server/optimizer/connect/gzip.h"

namespace parzen::optimizer::connect {
namespace {

// Smaller answers are not worth the work, nor the header.
constexpr size_t kWorthCompressing = 1024;

std::string ContentType(Format format) { return format == Format::kJson ? "application/json" : "application/proto"; }

}  // namespace

UnaryCarrier::UnaryCarrier(Format format, http::Request request, std::shared_ptr<http::Responder> responder)
    : format_(format), request_(std::move(request)), responder_(std::move(responder)) {
  const auto timeout = request_.timeout();
  if (!timeout || timeout->count() == 0) return;
  // The call itself goes on: what it has begun is done, and a repeat with its request_id learns of it.
  responder_->After(*timeout, [weak = std::weak_ptr(responder_)] {
    if (const auto waiting = weak.lock()) {
      AnswerError(waiting.get(), absl::DeadlineExceededError("the time that the client gave the call is over"));
    }
  });
}

absl::Status UnaryCarrier::Read(int64_t most, google::protobuf::Message* request) {
  PARZEN_RETURN_IF_ERROR(request_.valid());
  PARZEN_ASSIGN_OR_RETURN(const std::string text, request_.TakeBody(request_.Header("content-encoding"), most));
  return ParseText(format_, text, request);
}

void UnaryCarrier::Finish(const absl::Status& status) {
  if (!status.ok()) return AnswerError(responder_.get(), status);
  http::Head head{.content_type = ContentType(format_), .headers = {{"Vary", "Accept-Encoding"}}};
  if (answer_.size() >= kWorthCompressing && http::AcceptsGzip(request_.Header("accept-encoding"))) {
    if (std::string packed = Gzip(answer_); !packed.empty()) {
      answer_ = std::move(packed);
      head.headers.emplace_back("Content-Encoding", "gzip");
    }
  }
  responder_->Answer(std::move(head), std::move(answer_));
}

void AnswerError(http::Responder* responder, const absl::Status& status) {
  http::Head head{.status = HttpStatusOf(status.code()), .content_type = "application/json"};
  if (absl::IsUnauthenticated(status)) head.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (absl::IsUnimplemented(status)) head.headers.emplace_back("Accept-Encoding", "gzip, identity");
  responder->Answer(std::move(head), ErrorJson(status));
}

}  // namespace parzen::optimizer::connect
