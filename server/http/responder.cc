#include "server/http/responder.h"

#include <functional>
#include <string>
#include <utility>

namespace parzen::http {
namespace {

class ConnectionResponder final : public Responder {
 public:
  explicit ConnectionResponder(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)), turn_(connection_->turn()) {}
  ~ConnectionResponder() override {
    Post([](Connection* it) { it->Abandon(); });
  }
  ConnectionResponder(const ConnectionResponder&) = delete;
  ConnectionResponder& operator=(const ConnectionResponder&) = delete;

  void Answer(Head head, std::string body) override {
    Post([head = std::move(head), body = std::move(body)](Connection* it) mutable {
      it->Answer(std::move(head), std::move(body));
    });
  }
  void Begin(Head head) override {
    Post([head = std::move(head)](Connection* it) mutable { it->Begin(std::move(head)); });
  }
  bool Write(std::string chunk, std::function<void(bool)> written) override {
    return connection_->shared()->Post(
        [connection = connection_, turn = turn_, chunk = std::move(chunk), written = std::move(written)]() mutable {
          if (connection->turn() != turn) return written(false);
          connection->Write(std::move(chunk), std::move(written));
        });
  }
  void End() override {
    Post([](Connection* it) { it->End(); });
  }
  void Abort() override {
    Post([](Connection* it) { it->Close(); });
  }
  void OnGone(std::function<void()> gone) override {
    connection_->shared()->Dispatch([connection = connection_, turn = turn_, gone = std::move(gone)]() mutable {
      if (connection->turn() == turn) connection->OnGone(std::move(gone));
    });
  }
  void After(std::chrono::milliseconds time, std::function<void()> then) override {
    Post([time, then = std::move(then)](Connection* it) mutable { it->After(time, std::move(then)); });
  }

 private:
  // For this request only: the connection may have come to the next one.
  template <typename Act>
  void Post(Act act) {
    connection_->shared()->Post([connection = connection_, turn = turn_, act = std::move(act)]() mutable {
      if (connection->turn() == turn) act(connection.get());
    });
  }

  const std::shared_ptr<Connection> connection_;
  const uint64_t turn_;
};

}  // namespace

std::shared_ptr<Responder> MakeResponder(std::shared_ptr<Connection> connection) {
  return std::make_shared<ConnectionResponder>(std::move(connection));
}

}  // namespace parzen::http
