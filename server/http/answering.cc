// How a connection answers: whole, or in chunks.

#include <boost/asio/write.hpp>

#include <utility>

#include "server/http/connection.h"

namespace parzen::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using std::chrono::milliseconds;

namespace {

// How long a client that was refused may go on sending, so that it finds the answer rather than a broken connection; and how long
// TLS's goodbye may take.
constexpr milliseconds kLinger(2000);

bool HasNoBody(int status) { return status == 204 || status == 304; }

}  // namespace

void Connection::Answer(Head head, std::string body) {
  if (gone_ || state_ != State::kAsked) return;
  state_ = State::kEnding;
  auto& response = whole_.emplace();
  Fill(head, &response);
  // 204 and 304 have no body, and no length either. Of an answer to HEAD the length is that of the body which is not sent.
  if (!HasNoBody(head.status)) response.content_length(body.size());
  if (!head_only_) response.body() = std::move(body);
  whole_serializer_.emplace(response);
  WriteWhole();
}

void Connection::Begin(Head head) {
  if (gone_ || state_ != State::kAsked) return;
  if (parser_->get().version() < 11) return Answer({.status = 505}, "streams need HTTP/1.1\n");
  if (ended_) return Close();  // as where it ends later: a stream may have nothing to say for long, and would be kept for nobody
  state_ = State::kStreaming;
  IgnoreAhead();
  if (gone_) return;
  Fill(head, &streamed_.emplace());
  streamed_->chunked(true);
  streamed_serializer_.emplace(*streamed_);
  writing_ = true;
  Expect(shared_->options.timeout);
  beast::http::async_write_header(stream_, *streamed_serializer_,
                                  [self = shared_from_this()](ErrorCode error, size_t) { self->OnWritten(error); });
}

void Connection::Write(std::string chunk, std::function<void(bool)> written) {
  if (gone_ || state_ != State::kStreaming || written_) return written(false);
  queued_ = std::move(chunk);
  written_ = std::move(written);
  if (!writing_) WriteQueued();
}

void Connection::End() {
  if (gone_ || state_ != State::kStreaming) return;
  state_ = State::kEnding;
  if (!writing_) WriteLast();
}

void Connection::OnGone(std::function<void()> gone) {
  if (gone_) return gone();
  on_gone_ = std::move(gone);
}

void Connection::After(milliseconds time, std::function<void()> then) {
  if (gone_) return;
  after_.expires_after(time);
  after_.async_wait([weak = weak_from_this(), turn = turn_, then = std::move(then)](ErrorCode error) {
    const auto self = weak.lock();
    if (!error && self != nullptr && !self->gone_ && self->turn_ == turn && self->state_ != State::kEnding) then();
  });
}

void Connection::Abandon() {
  if (state_ == State::kAsked) return Answer({.status = 500}, "the request was not answered\n");
  if (state_ == State::kStreaming) Close();
}

template <typename Response>
void Connection::Fill(const Head& head, Response* response) {
  using beast::http::field;
  response->version(parser_->get().version() < 11 ? 10 : 11);
  response->result(static_cast<unsigned>(head.status));
  if (!HasNoBody(head.status)) response->set(field::content_type, head.content_type);
  response->set(field::cache_control, "no-store");
  response->set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : head.headers) response->set(name, value);
  if (!other_site_.empty()) {
    response->set(field::access_control_allow_origin, other_site_);
    response->set(field::access_control_expose_headers, "*");
    response->insert(field::vary, "Origin");
  }
  close_after_ = close_after_ || shared_->draining || !parser_->get().keep_alive();
  response->keep_alive(!close_after_);
}

// In parts, so that a client that takes some of it in time is given more.
void Connection::WriteWhole() {
  Expect(shared_->options.timeout);
  const auto done = [self = shared_from_this()](ErrorCode error, size_t) {
    if (error || self->whole_serializer_->is_done()) return self->OnAnswered(error);
    self->WriteWhole();
  };
  if (!head_only_) return beast::http::async_write_some(stream_, *whole_serializer_, done);
  beast::http::async_write_header(stream_, *whole_serializer_,
                                  [self = shared_from_this()](ErrorCode error, size_t) { self->OnAnswered(error); });
}

void Connection::OnWritten(ErrorCode error) {
  writing_ = false;
  if (gone_) return;
  ExpectNothing();
  if (error) return Close();
  if (const auto written = std::exchange(written_sent_, nullptr)) written(true);
  if (writing_ || gone_) return;
  if (written_) return WriteQueued();
  if (state_ == State::kEnding) WriteLast();
}

void Connection::WriteQueued() {
  writing_ = true;
  sent_ = std::move(queued_);
  written_sent_ = std::exchange(written_, nullptr);
  Expect(shared_->options.timeout);
  asio::async_write(
      stream_, beast::http::make_chunk(asio::buffer(sent_)),
      [self = shared_from_this(), before = size_t{0}](ErrorCode error, size_t size) mutable -> size_t {
        if (size > before) self->Expect(self->shared_->options.timeout);
        before = size;
        return error ? 0 : size_t{64} << 10;
      },
      [self = shared_from_this()](ErrorCode error, size_t) { self->OnWritten(error); });
}

void Connection::WriteLast() {
  writing_ = true;
  Expect(shared_->options.timeout);
  asio::async_write(stream_, beast::http::make_chunk_last(),
                    [self = shared_from_this()](ErrorCode error, size_t) { self->OnAnswered(error); });
}

void Connection::OnAnswered(ErrorCode error) {
  writing_ = false;
  if (gone_) return;
  if (error) return Close();
  if (close_after_ || shared_->draining) return Leave();
  ++turn_;
  on_gone_ = nullptr;
  after_.cancel();
  shared_->body_bytes -= std::exchange(held_, 0);
  whole_serializer_.reset();
  whole_.reset();
  streamed_serializer_.reset();
  streamed_.reset();
  AwaitRequest(shared_->options.idle);
}

void Connection::Leave() {
  state_ = State::kLeaving;
  Expect(kLinger);
  const auto drain = [self = shared_from_this()](ErrorCode) {
    if (self->gone_) return;
    ErrorCode ignored;
    self->stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    if (!self->unread_) return self->Close();
    self->buffer_.clear();
    if (!self->peeking_) self->Peek();
  };
  if (stream_.secure() && !unread_) return stream_.SayGoodbye(drain);
  drain({});
}

}  // namespace parzen::http
