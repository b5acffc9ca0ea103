#include "server/main/options.h"

#include <arpa/inet.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/http/origin.h"
#include "server/main/names.h"
#include "server/security/limits.h"
#include "server/version.h"

extern char** environ;

namespace parzen {
namespace {

void Declare(CLI::App* app, Options* options) {
  app->set_version_flag("--version", "parzend " + std::string(kVersion));
  app->set_config("--config", "", "A file of options: lines flag = value, TOML or INI")->envname(EnvironmentName("config"));
  app->allow_config_extras(CLI::config_extras_mode::error);
  const auto add = [app](const char* flag, auto* value, const std::string& what) {
    return app->add_option(std::string("--") + flag, *value, what)->capture_default_str()->envname(EnvironmentName(flag));
  };
  const auto add_switch = [app](const char* flag, bool* value, const char* what) {
    return app->add_flag(std::string("--") + flag, *value, what)->envname(EnvironmentName(flag));
  };
  app->add_flag("--health", options->health, "Ask the server at --listen whether it serves: exit code 0 or 1")
      ->configurable(false);
  app->add_flag("--alive", options->alive, "Ask the server at --listen whether it lives, serving or not: exit code 0 or 1")
      ->configurable(false);
  app->add_flag("--print-config", options->print_config, "Print every option's value and where it comes from, and end")
      ->configurable(false);
  add("db", &options->db, "The database file; made where there is none");
  add("db-wait-seconds", &options->db_wait_seconds, "With PostgreSQL: how long it is waited for at the start, where it is away")
      ->check(CLI::Range(0, 86'400));
  add("listen", &options->listen, "Where to listen: HOST:PORT or unix:PATH; port 0: any free one");
  add("advertise", &options->advertise,
      "One of several servers over one PostgreSQL: HOST:PORT at which the others reach this one's --listen");
  add_switch("insecure", &options->insecure, "Listen beyond this machine although there is no encryption or no authentication");
  add("tls-cert", &options->tls.certificate_file, "The server's certificate and its chain, PEM; read again when it changes");
  add("tls-key", &options->tls.key_file, "The certificate's private key, PEM; read again when it changes");
  add("tls-client-ca", &options->tls.client_ca_file, "Mutual TLS: clients need a certificate of one of these authorities, PEM");
  add("peer-ca", &options->peer_ca,
      "With --advertise and TLS: authorities of the other servers' certificates, PEM; empty: those of --tls-client-ca, or the "
      "system's");
  add("tokens", &options->tokens, "Who may call: a file of bearer tokens and their roles; read again when it changes");
  add("limit", &options->limits, "NAME=VALUE, several by commas: " + security::DescribeLimits())->delimiter(',');
  add("port-file", &options->port_file, "Write the port listened on to this file, once it is");
  add("http-listen", &options->http_listen,
      "Serve the live page and every call as JSON over HTTP at HOST:PORT; empty: off. TLS and tokens as for --listen");
  add("http-host", &options->http_hosts, "Names, by commas, that clients know the HTTP port by, besides its own address")
      ->delimiter(',');
  add("http-origin", &options->http_origins, "Sites, by commas, whose pages may call over HTTP: https://HOST[:PORT]")
      ->delimiter(',');
  add("metrics-listen", &options->metrics_listen,
      "Serve /metrics for Prometheus, /healthz and /readyz over HTTP at IP:PORT; empty: off. No authentication");
  add("metrics-studies", &options->metrics_studies, "Studies whose trials are counted there, those used last first")
      ->check(CLI::Range(0, 100'000));
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

// Whether the arguments give a flag.
bool Gives(const std::vector<std::string>& arguments, const std::string& flag) {
  return std::any_of(arguments.begin(), arguments.end(), [&flag](const std::string& argument) {
    return argument.starts_with(flag) && (argument.size() == flag.size() || argument[flag.size()] == '=');
  });
}

// The command line as it was given, and what the environment adds to it. CLI11 lets a file win over the environment: its values
// are therefore turned into flags, where the command line has no such flag itself.
struct Arguments {
  std::vector<std::string> given, from_environment;
  std::vector<std::string> names;  // of the options that a file and the environment may give, --config included

  Arguments(int argc, const char* const* argv) : given(argv + 1, argv + argc) {
    Options unused;
    CLI::App app;
    Declare(&app, &unused);
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_envname().empty()) continue;
      const std::string& name = names.emplace_back(option->get_lnames().front());
      const char* value = std::getenv(option->get_envname().c_str());
      const std::string flag = "--" + name;
      if (value == nullptr || *value == '\0' || Gives(given, flag)) continue;
      from_environment.push_back(absl::StrCat(flag, "=", value));
    }
  }

  // In the reverse order, as CLI11 takes a vector.
  std::vector<std::string> ForParser() const {
    std::vector<std::string> all = given;
    all.insert(all.end(), from_environment.begin(), from_environment.end());
    std::reverse(all.begin(), all.end());
    return all;
  }
};

// Refuses keys of the file that are no options, naming the nearest.
absl::Status CheckFile(const std::string& path, const std::vector<std::string>& names) {
  std::error_code error;
  if (path.empty() || !std::filesystem::is_regular_file(path, error)) return absl::OkStatus();  // the parser will say
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_file(path)) {
    if (item.name == "++" || item.name == "--") continue;  // a section begins or ends
    const std::string key = item.fullname();
    if (key != "config" && std::find(names.begin(), names.end(), key) != names.end()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has the key ", key, ", which parzend does not know; the nearest is ", Nearest(key, names)));
  }
  return absl::OkStatus();
}

// What is wrong with the options, in one line.
std::string Explain(const CLI::Error& error, const CLI::App& app, const std::vector<std::string>& names) {
  std::string text = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return text;
  for (const std::string& extra : app.remaining()) {
    if (!extra.starts_with("--")) continue;
    const std::string name = extra.substr(2, extra.find('=') - 2);
    absl::StrAppend(&text, "; the nearest to --", name, " is --", Nearest(name, names));
  }
  return text;
}

// A value as a line of a file of options has it.
std::string Quoted(const CLI::Option& option) {
  const bool given = option.count() > 0;
  const bool is_switch = option.get_expected_max() == 0;
  if (is_switch) return given && option.as<bool>() ? "true" : "false";
  const std::string value = given ? absl::StrJoin(option.results(), ",") : option.get_default_str();
  if (value == "[]") return "\"\"";  // a list without entries
  if (option.get_type_name().starts_with("INT") && !value.empty()) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"') quoted += '\\';  // alone: the reader takes a backslash before anything else as it is
    quoted += c;
  }
  return quoted + '"';
}

// The effective configuration, as a file of options. Files with secrets are named, not read.
void PrintConfig(const CLI::App& app, const Arguments& arguments) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_envname().empty()) continue;
    const std::string name = option->get_lnames().front();
    const std::string flag = "--" + name;
    std::string source = "default";
    if (Gives(arguments.given, flag)) {
      source = "flag";
    } else if (Gives(arguments.from_environment, flag)) {
      source = "environment, " + option->get_envname();
    } else if (option->count() > 0) {
      source = "file";
    }
    const bool commented = name == "config";  // which a file cannot name
    std::cout << (commented ? "# " : "") << name << " = " << Quoted(*option) << "  # " << source << '\n';
  }
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

absl::Status CheckDb(std::string_view db) {
  const absl::string_view shown(db.data(), db.size());
  // SQLite's other spellings, which would keep nothing, or something in a file of that name.
  if (db == ":memory:" || db.starts_with("file:")) {
    return absl::InvalidArgumentError(absl::StrCat("--db ", shown,
                                                   " is a spelling of SQLite's that parzend does not take, since it would keep "
                                                   "nothing that lasts; accepted: the path of a file (./",
                                                   shown, " for one of that name)"));
  }
  return absl::OkStatus();
}

absl::Status CheckAdvertise(std::string_view advertise) {
  if (advertise.empty()) return absl::OkStatus();
  const std::string text(advertise);
  if (HostOf(advertise) && !advertise.ends_with(":0")) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--advertise ", text, " is not HOST:PORT, the address at which the other servers reach this one"));
}

absl::Status CheckMetricsListen(std::string_view listen) {
  if (listen.empty()) return absl::OkStatus();
  const std::optional<std::string> host = HostOf(listen);
  in6_addr address{};
  if (host && (inet_pton(AF_INET, host->c_str(), &address) == 1 || inet_pton(AF_INET6, host->c_str(), &address) == 1)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("--metrics-listen ", std::string(listen), " is not IP:PORT"));
}

std::optional<int> ParseOptions(int argc, const char* const* argv, Options* options) {
  CLI::App app("parzend: the Parzen optimization server.", "parzend");
  app.footer(
      "Each option may also stand in the environment (in brackets) or, by its name, in the file that --config names. A flag "
      "wins over the environment, the environment over the file.");
  Declare(&app, options);
  const Arguments arguments(argc, argv);
  const auto mistake = [](std::string_view what) {
    std::cerr << "parzend: " << what << " (parzend --help lists the options)\n";
    return 2;
  };
  try {
    app.parse(arguments.ForParser());
    absl::Status known = CheckEnvironment(arguments.names, environ);
    if (!known.ok()) return mistake(std::string(known.message()));
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return 0;
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what() << '\n';
    return 0;
  } catch (const CLI::ConfigError& error) {
    absl::Status known = absl::OkStatus();
    try {
      known = CheckFile(app.get_config_ptr()->as<std::string>(), arguments.names);
    } catch (const CLI::Error&) {
    }
    return mistake(known.ok() ? std::string(error.what()) : std::string(known.message()));
  } catch (const CLI::Error& error) {
    return mistake(Explain(error, app, arguments.names));
  }
  if (options->print_config) {
    PrintConfig(app, arguments);
    return 0;
  }
  options->health = options->health || options->alive;
  if (options->db.empty() && !options->health) return mistake("--db is required");
  return std::nullopt;
}

bool IsProtected(const Options& options) { return options.tls.enabled() && (!options.tokens.empty() || options.tls.mutual()); }

static absl::Status CheckReach(std::string_view flag, std::string_view listen, const std::string& host, bool open) {
  if (open || IsLoopback(host)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      std::string(flag), " ", std::string(listen),
      " can be reached from other machines: give the server TLS (--tls-cert and --tls-key) and --tokens or --tls-client-ca, "
      "listen on 127.0.0.1, or say --insecure if everybody who can reach it may use it"));
}

absl::Status CheckListen(std::string_view listen, bool open) {
  if (listen.starts_with("unix:") && listen.size() > 5) return absl::OkStatus();
  const std::optional<std::string> host = HostOf(listen);
  if (!host) {
    return absl::InvalidArgumentError(absl::StrCat("--listen ", std::string(listen), " is neither HOST:PORT nor unix:PATH"));
  }
  return CheckReach("--listen", listen, *host, open);
}

absl::Status CheckHttp(const Options& options) {
  if (absl::Status hosts = http::CheckHosts(options.http_hosts, "--http-host"); !hosts.ok()) return hosts;
  if (absl::Status origins = http::CheckOrigins(options.http_origins, "--http-origin"); !origins.ok()) return origins;
  if (options.http_listen.empty()) return absl::OkStatus();
  const std::optional<std::string> host = HostOf(options.http_listen);
  if (!host) return absl::InvalidArgumentError(absl::StrCat("--http-listen ", options.http_listen, " is not HOST:PORT"));
  return CheckReach("--http-listen", options.http_listen, *host, options.insecure || IsProtected(options));
}

}  // namespace parzen
