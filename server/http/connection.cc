#include "server/http/connection.h"

#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <exception>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/log/log.h"

namespace parzen::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

namespace {

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

std::string PeerOf(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto end = socket.remote_endpoint(error);
  if (error) return {};
  if (end.address().is_v4()) return absl::StrCat("ipv4:", end.address().to_string(), ":", end.port());
  return absl::StrCat("ipv6:%5B", end.address().to_string(), "%5D:", end.port());
}

}  // namespace

// On the server's thread. Kept alive by whatever is under way: an operation of the socket, or a request
// that is being answered.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::ip::tcp::socket socket, std::shared_ptr<Shared> shared)
      : shared_(std::move(shared)), stream_(std::move(socket)), peer_(PeerOf(stream_.socket())) {
    shared_->open.insert(this);
  }

  Shared* shared() { return shared_.get(); }

  void ReadNext() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(shared_->options.max_head_bytes));
    parser_->body_limit(std::numeric_limits<uint64_t>::max());  // the route's, once the head has named it
    stream_.expires_after(shared_->options.timeout);
    beast::http::async_read_header(stream_, buffer_, *parser_,
                                   [self = shared_from_this()](error_code error, size_t) { self->OnHead(error); });
  }

  // The answer, once: `responder` calls these.
  void Answer(Head head, std::string body) {
    if (gone_ || answering_ != Answering::kNothing) return;
    answering_ = Answering::kEnding;
    auto& response = whole_.emplace();
    Fill(head, &response);
    response.content_length(body.size());
    if (!head_only_) response.body() = std::move(body);
    stream_.expires_after(shared_->options.timeout);
    // Of an answer to HEAD the length is that of the body which is not sent.
    whole_serializer_.emplace(response);
    const auto done = [self = shared_from_this()](error_code error, size_t) { self->OnAnswered(error); };
    if (head_only_) return beast::http::async_write_header(stream_, *whole_serializer_, done);
    beast::http::async_write(stream_, *whole_serializer_, done);
  }

  void Begin(Head head) {
    if (gone_ || answering_ != Answering::kNothing) return;
    if (parser_->get().version() < 11) return Answer({.status = 505}, "streams need HTTP/1.1\n");
    answering_ = Answering::kStreaming;
    Fill(head, &streamed_.emplace());
    streamed_->chunked(true);
    streamed_serializer_.emplace(*streamed_);
    writing_ = true;
    stream_.expires_after(shared_->options.timeout);
    beast::http::async_write_header(stream_, *streamed_serializer_,
                                    [self = shared_from_this()](error_code error, size_t) { self->OnWritten(error); });
  }

  void Write(std::string chunk, std::function<void(bool)> written) {
    if (gone_ || answering_ != Answering::kStreaming) return written(false);
    queued_ = std::move(chunk);
    written_ = std::move(written);
    if (!writing_) WriteQueued();
  }

  void End() {
    if (gone_ || answering_ != Answering::kStreaming) return;
    answering_ = Answering::kEnding;
    if (!writing_) WriteLast();
  }

  void OnGone(std::function<void()> gone) {
    if (gone_) return gone();
    on_gone_ = std::move(gone);
  }

  // Nobody will answer any more.
  void Abandon() {
    if (answering_ == Answering::kNothing) return Answer({.status = 500}, "the request was not answered\n");
    if (answering_ == Answering::kStreaming) Close();
  }

  void Close() {
    if (gone_) return;
    gone_ = true;
    shared_->open.erase(this);
    error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    stream_.socket().close(ignored);
    for (const auto& written : {std::exchange(written_sent_, nullptr), std::exchange(written_, nullptr)}) {
      if (written) written(false);
    }
    if (const auto gone = std::exchange(on_gone_, nullptr)) gone();
  }

 private:
  enum class Answering { kNothing, kStreaming, kEnding };

  void OnHead(error_code error) {
    if (error == beast::http::error::header_limit) return Refuse(431, "the request's headers are too long\n");
    if (error == beast::http::error::end_of_stream || error == beast::error::timeout) return Close();
    if (error)
      return error.category() == beast::http::make_error_code(beast::http::error::end_of_stream).category()
                 ? Refuse(400, "the request is no HTTP\n")
                 : Close();
    const auto& head = parser_->get();
    head_only_ = head.method() == beast::http::verb::head;
    const std::string_view target = View(head.target());
    match_ = shared_->router.Find(View(head.method_string()), target.substr(0, target.find('?')));
    if (match_.route == nullptr) {
      if (match_.allowed.empty()) return Refuse(404, "there is nothing here\n");
      return Refuse(405, absl::StrCat("only ", match_.allowed, "\n"), {{"Allow", match_.allowed}});
    }
    parser_->body_limit(match_.route->max_body);
    if (const auto length = parser_->content_length(); length && *length > match_.route->max_body) return TooLarge();
    stream_.expires_after(shared_->options.timeout);
    beast::http::async_read(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code failed, size_t) { self->OnRequest(failed); });
  }

  void OnRequest(error_code error);

  void TooLarge() { Refuse(413, absl::StrCat("the request's body is too large; at most ", match_.route->max_body, " bytes\n")); }

  // Answers without a route, and closes: what else the client sends is not read.
  void Refuse(int status, std::string body, Headers headers = {}) {
    close_after_ = true;
    Answer({.status = status, .headers = std::move(headers)}, std::move(body));
  }

  template <typename Response>
  void Fill(const Head& head, Response* response) {
    response->version(parser_->get().version() < 11 ? 10 : 11);
    response->result(static_cast<unsigned>(head.status));
    response->set(beast::http::field::content_type, head.content_type);
    response->set(beast::http::field::cache_control, "no-store");
    for (const auto& [name, value] : head.headers) response->set(name, value);
    close_after_ = close_after_ || !parser_->get().keep_alive();
    response->keep_alive(!close_after_);
  }

  // While a request is answered nothing else is expected of the client: what can be read is its end, or a request too early,
  // which waits.
  void WatchForEnd() {
    stream_.socket().async_wait(asio::ip::tcp::socket::wait_read, [weak = weak_from_this(), turn = turn_](error_code error) {
      const auto self = weak.lock();
      if (self == nullptr || self->turn_ != turn || self->answering_ == Answering::kEnding) return;
      error_code ignored;
      char peeked = 0;
      self->stream_.socket().non_blocking(true, ignored);
      const auto size = self->stream_.socket().receive(asio::buffer(&peeked, 1), asio::socket_base::message_peek, error);
      if (size == 0 && error != asio::error::would_block) self->Close();
    });
  }

  void OnWritten(error_code error) {
    writing_ = false;
    stream_.expires_never();
    if (error) return Close();
    if (written_sent_) {
      const auto written = std::exchange(written_sent_, nullptr);
      written(true);
    }
    if (writing_ || gone_) return;
    if (written_) return WriteQueued();
    if (answering_ == Answering::kEnding) WriteLast();
  }

  void WriteQueued() {
    writing_ = true;
    sent_ = std::move(queued_);
    written_sent_ = std::exchange(written_, nullptr);
    stream_.expires_after(shared_->options.timeout);
    asio::async_write(stream_, beast::http::make_chunk(asio::buffer(sent_)),
                      [self = shared_from_this()](error_code error, size_t) { self->OnWritten(error); });
  }

  void WriteLast() {
    writing_ = true;
    stream_.expires_after(shared_->options.timeout);
    asio::async_write(stream_, beast::http::make_chunk_last(),
                      [self = shared_from_this()](error_code error, size_t) { self->OnAnswered(error); });
  }

  void OnAnswered(error_code error) {
    writing_ = false;
    if (error || close_after_) return Close();
    ++turn_;
    answering_ = Answering::kNothing;
    on_gone_ = nullptr;
    whole_serializer_.reset();
    whole_.reset();
    streamed_serializer_.reset();
    streamed_.reset();
    ReadNext();
  }

  const std::shared_ptr<Shared> shared_;
  beast::tcp_stream stream_;
  const std::string peer_;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  Router::Match match_;
  uint64_t turn_ = 0;  // counts requests
  bool head_only_ = false, close_after_ = false, gone_ = false;

  Answering answering_ = Answering::kNothing;
  std::optional<beast::http::response<beast::http::string_body>> whole_;
  std::optional<beast::http::response_serializer<beast::http::string_body>> whole_serializer_;
  std::optional<beast::http::response<beast::http::empty_body>> streamed_;
  std::optional<beast::http::response_serializer<beast::http::empty_body>> streamed_serializer_;
  bool writing_ = false;
  std::string queued_, sent_;                         // the next chunk, and the one being written
  std::function<void(bool)> written_, written_sent_;  // of these two
  std::function<void()> on_gone_;
};

namespace {

// From any thread to the connection's.
class ConnectionResponder final : public Responder {
 public:
  explicit ConnectionResponder(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~ConnectionResponder() override {
    Post(std::move(connection_), [](Connection* it) { it->Abandon(); });
  }

  void Answer(Head head, std::string body) override {
    Post(connection_, [head = std::move(head), body = std::move(body)](Connection* it) mutable {
      it->Answer(std::move(head), std::move(body));
    });
  }
  void Begin(Head head) override {
    Post(connection_, [head = std::move(head)](Connection* it) mutable { it->Begin(std::move(head)); });
  }
  void Write(std::string chunk, std::function<void(bool)> written) override {
    Post(connection_, [chunk = std::move(chunk), written = std::move(written)](Connection* it) mutable {
      it->Write(std::move(chunk), std::move(written));
    });
  }
  void End() override {
    Post(connection_, [](Connection* it) { it->End(); });
  }
  void OnGone(std::function<void()> gone) override {
    Post(connection_, [gone = std::move(gone)](Connection* it) mutable { it->OnGone(std::move(gone)); });
  }

 private:
  template <typename Act>
  static void Post(std::shared_ptr<Connection> connection, Act act) {
    Shared* const shared = connection->shared();
    shared->Post([connection = std::move(connection), act = std::move(act)]() mutable { act(connection.get()); });
  }

  std::shared_ptr<Connection> connection_;
};

}  // namespace

void Connection::OnRequest(error_code error) {
  if (error == beast::http::error::body_limit) return TooLarge();
  if (error) return Close();
  stream_.expires_never();
  auto& message = parser_->get();
  Request request;
  request.method = View(message.method_string());
  const std::string_view target = View(message.target());
  request.path = target.substr(0, target.find('?'));
  if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
  for (const auto& field : message) request.headers.emplace_back(View(field.name_string()), View(field.value()));
  request.body = std::move(message.body());
  request.peer = peer_;
  WatchForEnd();
  auto responder = std::make_shared<ConnectionResponder>(shared_from_this());
  try {
    match_.route->handler(request, std::move(responder));
  } catch (const std::exception& thrown) {
    log::Write(log::Level::kError, "http", {{"path", request.path}, {"message", std::string_view(thrown.what())}});
  }
}

void ServeConnection(asio::ip::tcp::socket socket, std::shared_ptr<Shared> shared) {
  std::make_shared<Connection>(std::move(socket), std::move(shared))->ReadNext();
}

void CloseConnections(Shared* shared) {
  while (!shared->open.empty()) (*shared->open.begin())->Close();
}

}  // namespace parzen::http
