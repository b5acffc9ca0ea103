// What the connections of a server share.

#ifndef PARZEN_SERVER_HTTP_SHARED_H_
#define PARZEN_SERVER_HTTP_SHARED_H_

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "server/http/router.h"
#include "server/http/server.h"
#include "server/http/tls_context.h"

namespace parzen::http {

class Connection;

// The connections, and the responders that guests hold, keep it alive beyond the server.
class Shared {
 public:
  Shared(ServerOptions its_options, std::vector<Route> routes) : options(std::move(its_options)), router(std::move(routes)) {}

  // Has `act` done on the server's thread, one after the other in the order of these calls: never from inside, or by Dispatch at
  // once where that is this thread. False, and not at all, once the server has ended.
  template <typename Act>
  bool Post(Act act) {
    const MutexLock lock(&mutex_);
    if (!ended_) boost::asio::post(in_order_, std::move(act));
    return !ended_;
  }
  template <typename Act>
  void Dispatch(Act act) {
    if (context.get_executor().running_in_this_thread()) return act();
    Post(std::move(act));
  }
  // Nothing is posted from now on. The context runs until then, though nothing may be left to do, and ends when all is done: what
  // Post has taken is always run. A job left over in the context would keep what it knows, and so the context, for
  // ever.
  void End() {
    const MutexLock lock(&mutex_);
    ended_ = true;
    until_ended_.reset();
  }

  const ServerOptions options;
  const Router router;
  boost::asio::io_context context{1};
  boost::asio::thread_pool* decoders = nullptr;  // the server's: for handlers of large requests, which have much to decode
  // On the server's thread only.
  std::unique_ptr<TlsContext> tls;  // null: in the clear
  absl::flat_hash_set<Connection*> open;
  size_t body_bytes = 0;            // held for requests' bodies
  bool draining = false;            // no request is taken any more
  std::function<void()> on_closed;  // told of each connection that ends; may be null

 private:
  // What this thread posts to the context itself may be overtaken by what another does.
  boost::asio::strand<boost::asio::io_context::executor_type> in_order_{context.get_executor()};
  Mutex mutex_;
  bool ended_ GUARDED_BY(mutex_) = false;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> until_ended_ GUARDED_BY(mutex_){
      context.get_executor()};
};

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_SHARED_H_
