// A connection's bytes, in the clear or over TLS: what Boost.Asio and Boost.Beast call an asynchronous stream.

#ifndef PARZEN_SERVER_HTTP_BYTE_STREAM_H_
#define PARZEN_SERVER_HTTP_BYTE_STREAM_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace parzen::http {

class ByteStream {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using executor_type = Socket::executor_type;  // NOLINT(readability-identifier-naming): what a stream has to have

  // `tls` null: in the clear.
  ByteStream(Socket socket, std::shared_ptr<boost::asio::ssl::context> tls)
      : socket_(std::move(socket)), context_(std::move(tls)) {
    if (context_ != nullptr) tls_.emplace(socket_, *context_);
  }

  executor_type get_executor() { return socket_.get_executor(); }  // NOLINT(readability-identifier-naming)
  Socket& socket() { return socket_; }
  bool secure() const { return tls_.has_value(); }

  // NOLINTNEXTLINE(readability-identifier-naming)
  template <typename Buffers, typename Done>
  void async_read_some(const Buffers& buffers, Done&& done) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Done>(done));
    socket_.async_read_some(buffers, std::forward<Done>(done));
  }
  // NOLINTNEXTLINE(readability-identifier-naming)
  template <typename Buffers, typename Done>
  void async_write_some(const Buffers& buffers, Done&& done) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Done>(done));
    socket_.async_write_some(buffers, std::forward<Done>(done));
  }

  // Over TLS only.
  template <typename Done>
  void Handshake(Done&& done) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Done>(done));
  }
  template <typename Done>
  void SayGoodbye(Done&& done) {
    tls_->async_shutdown(std::forward<Done>(done));
  }
  // The common name of the client's verified certificate; empty where it has none.
  std::string CertificateName();

 private:
  Socket socket_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_BYTE_STREAM_H_
