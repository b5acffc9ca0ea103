// What parzend can be told: by flag, by environment (PARZEN_ and the flag's name) or by a file (--config), in that order.

#ifndef PARZEN_SERVER_MAIN_OPTIONS_H_
#define PARZEN_SERVER_MAIN_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parzen {

struct Options {
  std::string db;
  std::string listen = "127.0.0.1:7070";
  bool insecure = false;
  std::string port_file;
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
  int shutdown_seconds = 10;
};

// Reads the options. An exit code where the process is to end at once: 0 after --help or --version, 2 after a mistake, which is
// printed.
std::optional<int> ParseOptions(int argc, const char* const* argv, Options* options);

// INVALID_ARGUMENT unless `listen` is HOST:PORT (an IPv6 host in brackets) or unix:PATH. Without TLS only addresses of this
// machine are accepted, unless `insecure` says that the network may be trusted.
absl::Status CheckListen(std::string_view listen, bool insecure);

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_OPTIONS_H_
