// A proxy before PostgreSQL that cuts a connection at a chosen round trip: before it reaches the server, in the middle, or when
// the server has answered and the client has not heard it.

#ifndef PARZEN_TESTS_STORAGE_CUTTING_PROXY_H_
#define PARZEN_TESTS_STORAGE_CUTTING_PROXY_H_

#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace parzen::storage {

class CuttingProxy {
 public:
  enum class Where {
    kBefore,  // nothing of the round trip reaches the server
    kIn,      // half of it does
    kAfter,   // all of it does, and is answered; the answer is lost
  };

  explicit CuttingProxy(int server_port);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  int port() const { return port_; }
  // Cuts, once, the round trip of this number from now on; 1 is the next. Round trips of all connections count.
  void CutAt(int number, Where where);
  // How often it has cut.
  int cuts() const;

 private:
  void Accept();
  void Serve(int client);
  // Passes on a piece of what the client sent. False where the connection is to be cut.
  bool PassOn(int client, int server, const std::string& bytes);

  const int server_port_;
  int listener_ = -1, port_ = 0;
  mutable Mutex mutex_;
  int until_cut_ GUARDED_BY(mutex_) = 0;  // 0: none is to be cut
  Where where_ GUARDED_BY(mutex_) = Where::kBefore;
  int cuts_ GUARDED_BY(mutex_) = 0;
  bool stop_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> connections_ GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace parzen::storage

#endif  // PARZEN_TESTS_STORAGE_CUTTING_PROXY_H_
