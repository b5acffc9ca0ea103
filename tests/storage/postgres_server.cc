#include "tests/storage/postgres_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/string_view.h"

namespace parzen::storage {
namespace {

constexpr uid_t kNobody = 65534;

// A port that was free a moment ago.
int FreePort() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(descriptor, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(descriptor);
  return ntohs(address.sin_port);
}

void ChownAll(const std::string& path) {
  if (getuid() != 0) return;
  EXPECT_EQ(chown(path.c_str(), kNobody, kNobody), 0);
}

struct Finisher {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

}  // namespace

std::string PostgresServer::Program(const std::string& name) {
  std::string found;
  std::error_code missing;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", missing)) {
    const std::string path = version.path() / "bin" / name;
    if (std::filesystem::exists(path) && path > found) found = path;
  }
  EXPECT_FALSE(found.empty()) << "Debian's package postgresql-15 is not installed";
  return found;
}

PostgresServer::PostgresServer() : port_(FreePort()) {
  ChownAll(directory_.path());
  int status = -1;
  waitpid(Spawn({Program("initdb"), "-D", directory_ / "data", "-U", "parzen", "--auth=trust", "--no-sync", "-E", "UTF8",
                 "--locale=C"}),
          &status, 0);
  EXPECT_EQ(status, 0) << "initdb failed: see " << directory_ / "log";
  std::ofstream(directory_ / "data/pg_hba.conf") << "host all guarded all scram-sha-256\nhost all all all trust\n";
  std::ofstream(directory_ / "data/postgresql.conf", std::ios::app)
      << "listen_addresses = '127.0.0.1'\nport = " << port_
      << "\nunix_socket_directories = ''\nfsync = off\nmax_connections = 60\nautovacuum = off\n";
  Start();
  Run("CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'secret'");
}

PostgresServer::~PostgresServer() { Stop(SIGQUIT); }

PostgresServer& PostgresServer::Shared() {
  // Ended at the end of the process, by the destructor or by the kernel.
  static PostgresServer server;
  return server;
}

std::string PostgresServer::Url(std::string_view role, int port) const {
  return absl::StrCat("postgresql://", Abseil(role), "@127.0.0.1:", port == 0 ? port_ : port,
                      "/postgres?sslmode=disable&gssencmode=disable");
}

pid_t PostgresServer::Spawn(const std::vector<std::string>& command) const {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string log = directory_ / "log", home = directory_.path();
  const pid_t child = fork();
  if (child != 0) return child;
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(out, 1);
  dup2(out, 2);
  if (getuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (chdir(home.c_str()) != 0) _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

void PostgresServer::Start() {
  process_ = Spawn({Program("postgres"), "-D", directory_ / "data"});
  for (int i = 0; i < 3000; ++i) {
    const std::unique_ptr<PGconn, Finisher> connection(PQconnectdb(Url().c_str()));
    if (PQstatus(connection.get()) == CONNECTION_OK) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ADD_FAILURE() << "PostgreSQL does not start: see " << directory_ / "log";
}

void PostgresServer::Stop(int signal) {
  if (process_ <= 0) return;
  kill(process_, signal);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void PostgresServer::MakeStandby() {
  const std::string file = directory_ / "data/standby.signal";
  std::ofstream{file};
  ChownAll(file);
}

void PostgresServer::Run(const std::string& sql) { Ask(sql); }

std::string PostgresServer::Ask(const std::string& sql) {
  const std::unique_ptr<PGconn, Finisher> connection(PQconnectdb(Url().c_str()));
  PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
  PGresult* result = PQexec(connection.get(), sql.c_str());
  const ExecStatusType code = PQresultStatus(result);
  EXPECT_TRUE(code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK) << sql << ": " << PQerrorMessage(connection.get());
  std::string text = code == PGRES_TUPLES_OK && PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
  PQclear(result);
  return text;
}

}  // namespace parzen::storage
