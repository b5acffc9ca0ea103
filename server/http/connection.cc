#include "server/http/connection.h"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/http/responder.h"
#include "server/log/log.h"

namespace parzen::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

// A client is given a second more for each of these of its request.
constexpr size_t kBytesASecond = 32 << 10;
// Requests up to this size are decoded on the server's thread: in less than a millisecond.
constexpr size_t kSmallBody = 4 << 10;
// What is read ahead of the request that is being answered.
constexpr size_t kReadAhead = 4 << 10;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

// An IPv4 address as such, also where the socket is IPv6's.
asio::ip::address Plain(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

std::string PeerOf(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto end = socket.remote_endpoint(error);
  if (error) return {};
  const asio::ip::address address = Plain(end.address());
  if (address.is_v4()) return absl::StrCat("ipv4:", address.to_string(), ":", end.port());
  return absl::StrCat("ipv6:%5B", address.to_string(), "%5D:", end.port());
}

std::string AddressOf(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto end = socket.local_endpoint(error);
  return error ? std::string() : Plain(end.address()).to_string();
}

// `route` is the router's, which the responder keeps alive.
void Call(const Route& route, Request request, std::shared_ptr<Responder> responder) {
  try {
    route.handler(std::move(request), std::move(responder));
  } catch (const std::exception& thrown) {
    log::Write(log::Level::kError, "http",
               {{"path", std::string_view(route.path)}, {"message", std::string_view(thrown.what())}});
  }
}

// A peer that vanishes without a word is noticed after about a minute and a half, also where nothing is sent.
void SetKeepAlive(asio::ip::tcp::socket* socket) {
  using Seconds = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using Interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using Probes = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  error_code ignored;
  socket->set_option(asio::socket_base::keep_alive(true), ignored);
  socket->set_option(Seconds(60), ignored);
  socket->set_option(Interval(10), ignored);
  socket->set_option(Probes(3), ignored);
  socket->set_option(asio::ip::tcp::no_delay(true), ignored);
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)),
      peer_(PeerOf(socket)),
      address_(AddressOf(socket)),
      stream_(std::move(socket), shared_->tls == nullptr ? nullptr : shared_->tls->Current()),
      deadline_(shared_->context),
      after_(shared_->context) {
  SetKeepAlive(&stream_.socket());
  shared_->open.insert(this);
}

void Connection::Start() {
  if (!stream_.secure()) return AwaitRequest(shared_->options.timeout);
  Expect(shared_->options.timeout);
  stream_.Handshake([self = shared_from_this()](ErrorCode error) {
    if (error || self->gone_) return self->Close();
    self->certificate_name_ = self->stream_.CertificateName();
    self->AwaitRequest(self->shared_->options.timeout);
  });
}

void Connection::Expect(milliseconds time) {
  if (gone_) return;  // the server's end would wait for the timer
  deadline_.expires_after(time);
  deadline_.async_wait([weak = weak_from_this()](ErrorCode error) {
    const auto self = weak.lock();
    if (!error && self != nullptr && self->deadline_.expiry() <= std::chrono::steady_clock::now()) self->Close();
  });
}

void Connection::AwaitRequest(milliseconds time) {
  state_ = State::kIdle;
  if (shared_->draining) return Close();
  if (buffer_.size() > 0) return ReadHead();
  Expect(time);
  if (!peeking_) Peek();
}

void Connection::Peek() {
  peeking_ = true;
  stream_.async_read_some(buffer_.prepare(kReadAhead - buffer_.size()),
                          [self = shared_from_this()](ErrorCode error, size_t size) {
                            self->peeking_ = false;
                            self->buffer_.commit(size);
                            self->OnPeeked(error);
                          });
}

void Connection::OnPeeked(ErrorCode error) {
  if (gone_) return;
  switch (state_) {
    case State::kIdle:
      return error ? Close() : ReadHead();
    case State::kLeaving:
      buffer_.clear();
      return error ? Close() : Peek();
    case State::kAsked:
    case State::kEnding:
      // It may have closed its own side only, and still wait for the answer.
      if (error == asio::error::eof) close_after_ = ended_ = true;
      if (error && error != asio::error::eof) Close();
      return;
    case State::kStreaming:
      return error ? Close() : IgnoreAhead();
    case State::kReading:
      return;
  }
}

void Connection::IgnoreAhead() {
  if (buffer_.size() > 0) close_after_ = unread_ = true;
  if (buffer_.size() >= kReadAhead) return Close();
  if (!peeking_) Peek();
}

void Connection::ReadHead() {
  state_ = State::kReading;
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(shared_->options.max_head_bytes));
  parser_->body_limit(std::numeric_limits<uint64_t>::max());  // the route's, once the head has named it
  Expect(shared_->options.timeout);
  beast::http::async_read_header(stream_, buffer_, *parser_,
                                 [self = shared_from_this()](ErrorCode error, size_t) { self->OnHead(error); });
}

void Connection::OnHead(ErrorCode error) {
  if (gone_) return;
  state_ = State::kAsked;
  unread_ = true;
  head_only_ = false;
  other_site_.clear();
  if (error == beast::http::error::header_limit) return Refuse(431, "the request's headers are too long\n");
  if (error == beast::http::error::end_of_stream || error == beast::http::error::partial_message) return Close();
  if (error) {
    const bool malformed = error.category() == beast::http::make_error_code(beast::http::error::end_of_stream).category();
    return malformed ? Refuse(400, "the request is no HTTP\n") : Close();
  }
  const auto& head = parser_->get();
  head_only_ = head.method() == beast::http::verb::head;
  if (!PassesSite()) return;
  const std::string_view target = View(head.target());
  match_ = shared_->router.Find(View(head.method_string()), target.substr(0, target.find('?')));
  if (match_.route == nullptr) {
    if (match_.allowed.empty()) return Refuse(404, "there is nothing here\n");
    return Refuse(405, absl::StrCat("only ", match_.allowed, "\n"), {{"Allow", match_.allowed}});
  }
  parser_->body_limit(match_.route->max_body);
  if (const auto length = parser_->content_length(); length && *length > match_.route->max_body) return TooLarge();
  if (HoldBody()) ReadBody();
}

bool Connection::PassesSite() {
  const SiteOptions& sites = shared_->options.sites;
  if (!sites.checked) return true;
  const auto& head = parser_->get();
  const std::string_view host = View(head[beast::http::field::host]);
  if (head.count(beast::http::field::host) != 1 || !IsOwnHost(sites, host, address_)) {
    Refuse(403, "the request's Host is none of this server's names (parzend --http-host)\n");
    return false;
  }
  const std::string_view origin = View(head[beast::http::field::origin]);
  switch (SiteOf(sites, origin, host)) {
    case Site::kOwn:
      return true;
    case Site::kForbidden:
      Refuse(403, "pages of the request's Origin may not call this server (parzend --http-origin)\n");
      return false;
    case Site::kOther:
      other_site_ = origin;
  }
  const std::string_view asked = View(head[beast::http::field::access_control_request_method]);
  if (head.method() != beast::http::verb::options || asked.empty()) return true;
  close_after_ = parser_->chunked() || parser_->content_length().value_or(0) > 0;  // a body that nobody reads
  Answer(
      {.status = 204,
       .headers = {{"Access-Control-Allow-Methods", "GET, POST"},
                   {"Access-Control-Allow-Headers", std::string(View(head[beast::http::field::access_control_request_headers]))},
                   {"Access-Control-Max-Age", "7200"}}},
      "");
  return false;
}

bool Connection::HoldBody() {
  const size_t needed = parser_->content_length().value_or(parser_->chunked() ? match_.route->max_body : 0);
  if (needed > shared_->options.max_body_bytes - std::min(shared_->body_bytes, shared_->options.max_body_bytes)) {
    Refuse(503, "the server holds as many requests as it has room for; try again\n", {{"Retry-After", "1"}});
    return false;
  }
  held_ = needed;
  shared_->body_bytes += held_;
  return true;
}

void Connection::ReadBody() {
  state_ = State::kReading;
  Expect(shared_->options.timeout + milliseconds(1000 * (held_ / kBytesASecond)));
  const auto read = [self = shared_from_this()] {
    beast::http::async_read(self->stream_, self->buffer_, *self->parser_,
                            [self](ErrorCode failed, size_t) { self->OnRequest(failed); });
  };
  if (!beast::iequals(parser_->get()[beast::http::field::expect], "100-continue")) return read();
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                    [self = shared_from_this(), read](ErrorCode failed, size_t) { failed ? self->Close() : read(); });
}

void Connection::OnRequest(ErrorCode error) {
  if (gone_) return;
  state_ = State::kAsked;
  if (error == beast::http::error::body_limit) return TooLarge();
  if (error) {
    const bool malformed = error.category() == beast::http::make_error_code(beast::http::error::end_of_stream).category() &&
                           error != beast::http::error::partial_message;
    return malformed ? Refuse(400, "the request's body is no HTTP\n") : Close();
  }
  unread_ = false;
  Handle(false);
}

void Connection::TooLarge() {
  if (!match_.route->refuses_itself) {
    return Refuse(413, absl::StrCat("the request's body is too large; at most ", match_.route->max_body, " bytes\n"));
  }
  close_after_ = true;
  parser_->get().body().clear();
  Handle(true);
}

void Connection::Handle(bool body_too_large) {
  ExpectNothing();
  auto& message = parser_->get();
  Request request;
  request.method = View(message.method_string());
  const std::string_view target = View(message.target());
  request.path = target.substr(0, target.find('?'));
  if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
  for (const auto& field : message) request.headers.emplace_back(View(field.name_string()), View(field.value()));
  request.body = std::move(message.body());
  request.body_too_large = body_too_large;
  request.peer = peer_;
  request.certificate_name = certificate_name_;
  if (!peeking_ && buffer_.size() == 0) Peek();
  auto responder = MakeResponder(shared_from_this());
  const Route& route = *match_.route;
  if (request.body.size() <= kSmallBody) return Call(route, std::move(request), std::move(responder));
  asio::post(*shared_->decoders, [&route, request = std::move(request), responder = std::move(responder)]() mutable {
    Call(route, std::move(request), std::move(responder));
  });
}

void Connection::Refuse(int status, std::string body, Headers headers) {
  close_after_ = true;
  Answer({.status = status, .headers = std::move(headers)}, std::move(body));
}

void Connection::Close() {
  if (gone_) return;
  gone_ = true;
  shared_->open.erase(this);
  shared_->body_bytes -= std::exchange(held_, 0);
  deadline_.cancel();
  after_.cancel();
  ErrorCode ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.socket().close(ignored);
  for (const auto& written : {std::exchange(written_sent_, nullptr), std::exchange(written_, nullptr)}) {
    if (written) written(false);
  }
  if (const auto gone = std::exchange(on_gone_, nullptr)) gone();
  if (shared_->on_closed) shared_->on_closed();
}

void ServeConnection(asio::ip::tcp::socket socket, std::shared_ptr<Shared> shared) {
  std::make_shared<Connection>(std::move(socket), std::move(shared))->Start();
}

void CloseConnections(Shared* shared, bool only_idle) {
  std::vector<std::shared_ptr<Connection>> closing;
  for (Connection* connection : shared->open) {
    if (!only_idle || connection->idle()) closing.push_back(connection->shared_from_this());
  }
  for (const auto& connection : closing) connection->Close();
}

}  // namespace parzen::http
