// One connection of a client: reads a request, hands it to its route, writes the answer (answering.cc), and reads the next.

#ifndef PARZEN_SERVER_HTTP_CONNECTION_H_
#define PARZEN_SERVER_HTTP_CONNECTION_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/http/byte_stream.h"
#include "server/http/route.h"
#include "server/http/router.h"
#include "server/http/shared.h"

namespace parzen::http {

// On the server's thread. Kept alive by whatever is under way: an operation of the socket, or a request that is being answered.
//
// One read is under way at most. Between requests, and while one is answered, it is Peek: it waits for the next request's first
// bytes, or for the client's end.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<Shared> shared);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start();

  Shared* shared() { return shared_.get(); }
  // Counts the requests: an answer is for one of them.
  uint64_t turn() const { return turn_; }
  bool idle() const { return state_ == State::kIdle; }

  // What a responder (responder.h) does.
  void Answer(Head head, std::string body);
  void Begin(Head head);
  void Write(std::string chunk, std::function<void(bool)> written);
  void End();
  void OnGone(std::function<void()> gone);
  void After(std::chrono::milliseconds time, std::function<void()> then);
  // Nobody will answer any more.
  void Abandon();
  void Close();

 private:
  using ErrorCode = boost::system::error_code;

  // kIdle: no request yet. kReading: its head and body. kAsked: a handler has it. kStreaming: it answers in parts. kEnding: the
  // last of the answer is being written. kLeaving: what is still read is thrown away.
  enum class State { kIdle, kReading, kAsked, kStreaming, kEnding, kLeaving };

  // Closes the connection unless something else is expected, or nothing any more, by then.
  void Expect(std::chrono::milliseconds time);
  void ExpectNothing() { deadline_.expires_at(std::chrono::steady_clock::time_point::max()); }

  void AwaitRequest(std::chrono::milliseconds time);
  void Peek();
  void OnPeeked(ErrorCode error);
  // While a stream is written: what the client has sent behind its request is no other request, so that its end is seen behind
  // that. The connection closes after the stream; at once where it is too much.
  void IgnoreAhead();
  void ReadHead();
  void OnHead(ErrorCode error);
  // Whether the page that sends the request may; answers it where it may not, or only asks whether it may.
  bool PassesSite();
  // Takes room for the body; answers where there is none.
  bool HoldBody();
  void ReadBody();
  void OnRequest(ErrorCode error);
  void TooLarge();
  void Handle(bool body_too_large);
  // Answers without a route, and closes: what else the client sends is not read.
  void Refuse(int status, std::string body, Headers headers = {});

  template <typename Response>
  void Fill(const Head& head, Response* response);
  void WriteWhole();
  void OnWritten(ErrorCode error);
  void WriteQueued();
  void WriteLast();
  void OnAnswered(ErrorCode error);
  void Leave();

  const std::shared_ptr<Shared> shared_;
  const std::string peer_, address_;
  ByteStream stream_;
  boost::asio::steady_timer deadline_, after_;
  std::string certificate_name_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  Router::Match match_;
  std::string other_site_;  // the Origin of a request from another site that may
  size_t held_ = 0;         // of Shared::body_bytes
  uint64_t turn_ = 0;       // counts requests
  State state_ = State::kIdle;
  bool peeking_ = false, head_only_ = false, close_after_ = false, unread_ = false, ended_ = false, gone_ = false;

  std::optional<boost::beast::http::response<boost::beast::http::string_body>> whole_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::string_body>> whole_serializer_;
  std::optional<boost::beast::http::response<boost::beast::http::empty_body>> streamed_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::empty_body>> streamed_serializer_;
  bool writing_ = false;
  std::string queued_, sent_;                         // the next chunk, and the one being written
  std::function<void(bool)> written_, written_sent_;  // of these two
  std::function<void()> on_gone_;
};

// Serves the connection until it ends; on the server's thread.
void ServeConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<Shared> shared);
// Closes every connection, or only those that wait for a request; on the server's thread.
void CloseConnections(Shared* shared, bool only_idle);

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_CONNECTION_H_
