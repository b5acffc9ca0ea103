// What the HTTP transport asks of its guests: routes, each with a handler that answers now or later, whole or as a stream.
//
//   routes.push_back({"GET", "/healthz", [](const http::Request&, std::shared_ptr<http::Responder> responder) {
//     responder->Answer({.status = 200, .content_type = "text/plain"}, "alive\n");
//   }});

#ifndef PARZEN_SERVER_HTTP_ROUTE_H_
#define PARZEN_SERVER_HTTP_ROUTE_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parzen::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // "GET"
  std::string path;    // before the '?', percent-encoded as it came
  std::string query;   // after it
  Headers headers;
  std::string body;
  bool body_too_large = false;   // larger than its route's max_body: it was not read, and the connection ends after the answer
  std::string peer;              // "ipv4:10.0.0.7:4711", as gRPC spells it
  std::string certificate_name;  // the common name of a verified client certificate; empty where there is none

  // The first header of that name, whatever its case; empty where there is none.
  std::string_view Header(std::string_view name) const;
};

// How an answer begins. Content-Length or Transfer-Encoding, Connection and `Cache-Control: no-store`, unless it is among the
// headers, are the transport's to add.
struct Head {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  Headers headers = {};
};

// Answers one request: Answer, or Begin, Write any number of times, and End. From any thread, at any time later: nothing waits
// for it but the client. What comes after the client has gone is dropped. Where the last reference goes without an answer, the
// client gets 500, or the stream is broken off.
class Responder {
 public:
  virtual ~Responder() = default;

  // The whole answer. For a HEAD request the body is left out.
  virtual void Answer(Head head, std::string body) = 0;
  // A stream begins, chunk by chunk.
  virtual void Begin(Head head) = 0;
  // One chunk, not empty; the next comes once this one is written, but for a last one, which may wait behind it. `written` is
  // called once the connection has taken it, with false where the client has gone: on the transport's thread, never from inside
  // of Write; it must not block. False where the transport itself has ended: `written` is not called.
  virtual bool Write(std::string chunk, std::function<void(bool)> written) = 0;
  virtual void End() = 0;
  // Closes the connection, whatever is under way.
  virtual void Abort() = 0;
  // Has `gone` called, on the transport's thread, when the client hangs up before the answer has ended; at once, where it has.
  virtual void OnGone(std::function<void()> gone) = 0;
  // Has `then` called, on the transport's thread, unless the answer has ended or the client has gone by then. One a request.
  virtual void After(std::chrono::milliseconds time, std::function<void()> then) = 0;
};

// Called on the transport's thread or, for a request of more than 4 KiB, on one that decodes such: it must not block, nor compute
// beyond decoding.
using Handler = std::function<void(Request, std::shared_ptr<Responder>)>;

struct Route {
  std::string method;  // a route for GET also takes HEAD
  std::string path;    // the whole path or, where it ends with '*', what the path begins with
  Handler handler;
  size_t max_body = 0;          // bytes of a request's body; larger ones are answered 413
  bool refuses_itself = false;  // larger ones are the handler's to refuse: it is called without the body
};

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_ROUTE_H_
