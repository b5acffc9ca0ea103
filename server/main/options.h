// What parzend can be told: by flag, by environment (PARZEN_ and the flag's name) or by a file (--config), in that order.

#ifndef PARZEN_SERVER_MAIN_OPTIONS_H_
#define PARZEN_SERVER_MAIN_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/security/tls.h"

namespace parzen {

struct Options {
  std::string db;
  std::string listen = "127.0.0.1:7070";
  std::string advertise;  // HOST:PORT for the other replicas of one database; empty: this server is alone
  bool insecure = false;
  security::TlsOptions tls;
  std::string peer_ca;              // authorities of the other replicas' certificates; empty: those of clients, or the system's
  std::string tokens;               // the token file; empty: no tokens
  std::vector<std::string> limits;  // NAME=VALUE, see security/limits.h
  std::string port_file;
  std::string http_listen;  // HTTP for the page and the Connect protocol; empty: none
  std::vector<std::string> http_hosts;
  std::vector<std::string> http_origins;
  std::string metrics_listen;  // HTTP for Prometheus; empty: none
  int metrics_studies = 100;
  std::string log_level = "info";
  bool log_json = false;
  bool allow_network_fs = false;
  int64_t study_memory_mib = 1024;
  int64_t rpc_memory_mib = 512;
  int sampler_threads = 0;
  int message_mib = 4;
  int max_calls = 10'000;
  int max_watches = 1000;
  int max_streams = 1000;
  int slow_ms = 1000;
  int db_wait_seconds = 60;
  int shutdown_seconds = 10;
  bool health = false;        // ask the server at `listen` whether it serves, instead of being one
  bool alive = false;         // the same, but whether it lives, serving or not; sets `health`
  bool print_config = false;  // done by ParseOptions
};

// Reads the options. An exit code where the process is to end at once: 0 after --help, --version or --print-config, 2 after a
// mistake, which is printed. Keys of the file and variables PARZEN_... of the environment that mean nothing are mistakes.
std::optional<int> ParseOptions(int argc, const char* const* argv, Options* options);

// Whether calls are encrypted and whoever makes them is known: TLS, and tokens or clients' certificates.
bool IsProtected(const Options& options);

// INVALID_ARGUMENT unless `listen` is HOST:PORT (an IPv6 host in brackets) or unix:PATH. Addresses that other machines can reach
// are accepted only where the server is protected or --insecure says that whoever can reach it may use it: `open` is either.
absl::Status CheckListen(std::string_view listen, bool open);
// The same for --http-listen, which may be empty and takes no unix:PATH; and for --http-host and --http-origin.
absl::Status CheckHttp(const Options& options);
// INVALID_ARGUMENT where `db` is no path but one of SQLite's other spellings (":memory:", "file:...").
absl::Status CheckDb(std::string_view db);
// INVALID_ARGUMENT unless `advertise` is empty or HOST:PORT, with a port that is not 0.
absl::Status CheckAdvertise(std::string_view advertise);
// INVALID_ARGUMENT unless `listen` is empty or HOST:PORT with the host as an IP address.
absl::Status CheckMetricsListen(std::string_view listen);

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_OPTIONS_H_
