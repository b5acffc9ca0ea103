#include "server/main/options.h"

#include <arpa/inet.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/security/limits.h"
#include "server/version.h"

namespace parzen {
namespace {

std::string EnvironmentName(std::string flag) {
  std::transform(flag.begin(), flag.end(), flag.begin(), [](unsigned char c) { return c == '-' ? '_' : std::toupper(c); });
  return "PARZEN_" + flag;
}

void Declare(CLI::App* app, Options* options) {
  app->set_version_flag("--version", "parzend " + std::string(kVersion));
  app->set_config("--config", "", "A file of options: lines flag = value, TOML or INI")->envname("PARZEN_CONFIG");
  app->allow_config_extras(CLI::config_extras_mode::error);
  const auto add = [app](const char* flag, auto* value, const std::string& what) {
    return app->add_option(std::string("--") + flag, *value, what)->capture_default_str()->envname(EnvironmentName(flag));
  };
  const auto add_switch = [app](const char* flag, bool* value, const char* what) {
    return app->add_flag(std::string("--") + flag, *value, what)->envname(EnvironmentName(flag));
  };
  add("db", &options->db, "The database file; made where there is none")->required();
  add("listen", &options->listen, "Where to listen: HOST:PORT or unix:PATH; port 0: any free one");
  add_switch("insecure", &options->insecure, "Listen beyond this machine although there is no encryption or no authentication");
  add("tls-cert", &options->tls.certificate_file, "The server's certificate and its chain, PEM; read again when it changes");
  add("tls-key", &options->tls.key_file, "The certificate's private key, PEM; read again when it changes");
  add("tls-client-ca", &options->tls.client_ca_file, "Mutual TLS: clients need a certificate of one of these authorities, PEM");
  add("tokens", &options->tokens, "Who may call: a file of bearer tokens and their roles; read again when it changes");
  add("limit", &options->limits, "NAME=VALUE, several by commas: " + security::DescribeLimits())->delimiter(',');
  add("port-file", &options->port_file, "Write the port listened on to this file, once it is");
  add("log-level", &options->log_level, "Lines kept")->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  add_switch("log-json", &options->log_json, "The log as JSON lines");
  add_switch("allow-network-fs", &options->allow_network_fs,
             "Accept a database on a network file system, whose locks may not hold");
  add("study-memory-mib", &options->study_memory_mib, "Studies beyond this are put away when idle")
      ->check(CLI::Range(1, 1 << 20));
  add("rpc-memory-mib", &options->rpc_memory_mib, "Bound on what gRPC holds for all calls")->check(CLI::Range(16, 1 << 20));
  add("sampler-threads", &options->sampler_threads, "Threads that suggest; 0: one a core")->check(CLI::Range(0, 256));
  add("message-mib", &options->message_mib, "Largest message received")->check(CLI::Range(1, 1024));
  add("max-calls", &options->max_calls, "Calls at a time, watches not counted")->check(CLI::Range(1, 1'000'000));
  add("max-watches", &options->max_watches, "Watch streams at a time")->check(CLI::Range(0, 1'000'000));
  add("max-streams", &options->max_streams, "Calls at a time on one connection")->check(CLI::Range(1, 1'000'000));
  add("slow-ms", &options->slow_ms, "Calls slower than this are logged at level info")->check(CLI::Range(0, 3'600'000));
  add("shutdown-seconds", &options->shutdown_seconds, "Time for calls to finish after SIGTERM")->check(CLI::Range(0, 3600));
}

// CLI11 lets a file win over the environment. The environment's values are therefore turned into flags, where the command line
// has no such flag itself.
std::vector<std::string> WithEnvironment(int argc, const char* const* argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  Options unused;
  CLI::App app;
  Declare(&app, &unused);
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_envname();
    const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') continue;
    const std::string flag = "--" + option->get_lnames().front();
    const bool given = std::any_of(arguments.begin(), arguments.end(), [&flag](const std::string& argument) {
      return argument == flag || argument.starts_with(flag + "=");
    });
    if (!given) arguments.push_back(absl::StrCat(flag, "=", value));
  }
  return arguments;
}

// The host of HOST:PORT or [HOST]:PORT; nullopt where it is neither.
std::optional<std::string> HostOf(std::string_view listen) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = listen.substr(0, colon);
  const std::string_view port = listen.substr(colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty()) return std::nullopt;
  return std::string(host);
}

bool IsLoopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

}  // namespace

std::optional<int> ParseOptions(int argc, const char* const* argv, Options* options) {
  CLI::App app("parzend: the Parzen optimization server.", "parzend");
  app.footer(
      "Each option may also stand in the environment (in brackets) or, by its name, in the file that --config names. A flag "
      "wins over the environment, the environment over the file.");
  Declare(&app, options);
  try {
    std::vector<std::string> arguments = WithEnvironment(argc, argv);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes a vector
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return 0;
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what() << '\n';
    return 0;
  } catch (const CLI::Error& error) {
    std::cerr << "parzend: " << error.what() << " (parzend --help lists the options)\n";
    return 2;
  }
  return std::nullopt;
}

bool IsProtected(const Options& options) { return options.tls.enabled() && (!options.tokens.empty() || options.tls.mutual()); }

absl::Status CheckListen(std::string_view listen, bool open) {
  if (listen.starts_with("unix:") && listen.size() > 5) return absl::OkStatus();
  const std::optional<std::string> host = HostOf(listen);
  const absl::string_view shown(listen.data(), listen.size());
  if (!host) return absl::InvalidArgumentError(absl::StrCat("--listen ", shown, " is neither HOST:PORT nor unix:PATH"));
  if (open || IsLoopback(*host)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--listen ", shown,
      " can be reached from other machines: give the server TLS (--tls-cert and --tls-key) and --tokens or --tls-client-ca, "
      "listen on 127.0.0.1, or say --insecure if everybody who can reach it may use it"));
}

}  // namespace parzen
