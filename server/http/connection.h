// One connection of a client: reads a request, hands it to its route, writes the answer, and reads the next.

#ifndef PARZEN_SERVER_HTTP_CONNECTION_H_
#define PARZEN_SERVER_HTTP_CONNECTION_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "server/http/router.h"
#include "server/http/server.h"

namespace parzen::http {

class Connection;

// What the connections of a server share: they, and the responders that guests hold, keep it alive beyond the server.
class Shared {
 public:
  Shared(ServerOptions its_options, std::vector<Route> routes) : options(std::move(its_options)), router(std::move(routes)) {}

  // Has `act` done on the server's thread; not at all once the server is ending.
  template <typename Act>
  void Post(Act act) {
    const MutexLock lock(&mutex_);
    if (!ending_) boost::asio::post(context, std::move(act));
  }
  // The last thing that is posted.
  template <typename Act>
  void PostLast(Act act) {
    const MutexLock lock(&mutex_);
    if (!ending_) boost::asio::post(context, std::move(act));
    ending_ = true;
  }

  const ServerOptions options;
  const Router router;
  boost::asio::io_context context{1};
  absl::flat_hash_set<Connection*> open;  // on the server's thread only

 private:
  Mutex mutex_;
  bool ending_ GUARDED_BY(mutex_) = false;
};

// Serves the connection until it ends; on the server's thread.
void ServeConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<Shared> shared);
// Closes every connection; on the server's thread.
void CloseConnections(Shared* shared);

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_CONNECTION_H_
