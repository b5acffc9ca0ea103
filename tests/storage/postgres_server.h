// A PostgreSQL of the tests' own: Debian's package, in a temporary folder, as an ordinary user (it refuses to run as root).

#ifndef PARZEN_TESTS_STORAGE_POSTGRES_SERVER_H_
#define PARZEN_TESTS_STORAGE_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/storage/temporary_directory.h"

namespace parzen::storage {

class PostgresServer {
 public:
  // A new one, running; its role is "parzen", without a password from here. The role "guarded" needs one, "secret".
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // The one that the tests of a process share.
  static PostgresServer& Shared();

  // postgresql://ROLE@127.0.0.1:PORT/postgres, at this server's port or a proxy's, without negotiations before the start.
  std::string Url(std::string_view role = "parzen", int port = 0) const;
  int port() const { return port_; }
  const TemporaryDirectory& directory() const { return directory_; }

  void Start();
  void Stop(int signal);  // SIGINT: in good order; SIGQUIT: as a crash
  // From now on a standby of nobody: it answers, and writes nothing. While it is stopped.
  void MakeStandby();

  // Runs SQL as the role "parzen", one transaction a call, and fails the test where that fails.
  void Run(const std::string& sql);
  // The first column of its first row.
  std::string Ask(const std::string& sql);

 private:
  // Runs a program of the package; its exit code.
  static std::string Program(const std::string& name);
  pid_t Spawn(const std::vector<std::string>& command) const;

  TemporaryDirectory directory_;
  int port_ = 0;
  pid_t process_ = -1;
};

}  // namespace parzen::storage

#endif  // PARZEN_TESTS_STORAGE_POSTGRES_SERVER_H_
