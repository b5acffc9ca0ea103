#include "server/log/log.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cmath>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/mutex.h"

namespace parzen::log {
namespace {

constexpr size_t kQueuedLines = 8192;
constexpr std::array<std::string_view, 6> kLevelNames = {"trace", "debug", "info", "warn", "error", "off"};

std::shared_ptr<spdlog::async_logger> logger;  // set by Start, before other threads
std::atomic<int> threshold{static_cast<int>(Level::kOff)};
bool as_json = false;

spdlog::level::level_enum ToSpdlog(Level level) {
  constexpr std::array<spdlog::level::level_enum, 6> kLevels = {spdlog::level::trace, spdlog::level::debug, spdlog::level::info,
                                                                spdlog::level::warn,  spdlog::level::err,   spdlog::level::off};
  return kLevels[static_cast<size_t>(level)];
}

// A JSON string's inside; also keeps a text value on its line.
void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          std::array<char, 8> code{};
          std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
          *out += code.data();
        } else {
          *out += c;
        }
    }
  }
}

void AppendNumber(double value, std::string* out) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  const bool quoted = as_json && !std::isfinite(value);
  if (quoted) *out += '"';
  *out += text.data();
  if (quoted) *out += '"';
}

void AppendText(std::string_view value, std::string* out) {
  const bool plain = !as_json && value.find_first_of(" \"\\=\n\r\t") == std::string_view::npos;
  if (plain) {
    out->append(value);
    return;
  }
  *out += '"';
  AppendEscaped(value, out);
  *out += '"';
}

// What gRPC calls an error is seldom one of ours (a peer that hung up): its messages count one level less.
void OnGrpcLog(gpr_log_func_args* args) {
  const Level level = args->severity == GPR_LOG_SEVERITY_ERROR  ? Level::kInfo
                      : args->severity == GPR_LOG_SEVERITY_INFO ? Level::kDebug
                                                                : Level::kTrace;
  if (Enabled(level)) Write(level, "grpc", {{"message", std::string_view(args->message)}});
}

std::string& ParserComplaint() {
  thread_local std::string complaint;
  return complaint;
}

void OnProtobufLog(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  ParserComplaint() = message;
  if (Enabled(Level::kDebug)) Write(Level::kDebug, "protobuf", {{"message", std::string_view(message)}});
}

// The last flush, on a thread that may never end.
struct Ending {
  Mutex mutex;
  CondVar changed;
  bool done GUARDED_BY(mutex) = false;
};

std::shared_ptr<Ending> BeginEnding() {
  auto ending = std::make_shared<Ending>();
  std::thread([ending] {
    // Drops spdlog's thread pool, whose destructor writes what is queued. The logger itself stays for late callers.
    if (logger != nullptr) spdlog::shutdown();
    const MutexLock lock(&ending->mutex);
    ending->done = true;
    ending->changed.NotifyAll();
  }).detach();
  return ending;
}

}  // namespace

absl::Status ParseLevel(std::string_view name, Level* level) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] != name) continue;
    *level = static_cast<Level>(i);
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("the log level is one of trace, debug, info, warn, error, off");
}

void Start(const Options& options) {
  as_json = options.json;
  spdlog::init_thread_pool(kQueuedLines, 1);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  logger = std::make_shared<spdlog::async_logger>("parzend", std::move(sink), spdlog::thread_pool(),
                                                  spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern(as_json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%fZ %l %v",
                      spdlog::pattern_time_type::utc);
  logger->set_level(ToSpdlog(options.level));
  logger->flush_on(spdlog::level::info);
  threshold = static_cast<int>(options.level);
  RouteLibraries();
}

void RouteLibraries() {
  gpr_set_log_function(&OnGrpcLog);
  gpr_set_log_verbosity(Enabled(Level::kDebug) ? GPR_LOG_SEVERITY_INFO : GPR_LOG_SEVERITY_ERROR);
  google::protobuf::SetLogHandler(&OnProtobufLog);
}

bool Stop(std::chrono::milliseconds bound) {
  threshold = static_cast<int>(Level::kOff);
  static const std::shared_ptr<Ending> ending = BeginEnding();
  const auto end = std::chrono::steady_clock::now() + bound;
  const MutexLock lock(&ending->mutex);
  while (!ending->done && ending->changed.WaitUntil(&ending->mutex, end)) {
  }
  return ending->done;
}

void WriteLastWords(std::string_view line, std::chrono::milliseconds bound) {
  pollfd error{STDERR_FILENO, POLLOUT, 0};
  // A pipe that is ready takes PIPE_BUF bytes at once.
  line = line.substr(0, PIPE_BUF);
  if (poll(&error, 1, static_cast<int>(bound.count())) == 1 && (error.revents & POLLOUT) != 0) {
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  }
}

bool Enabled(Level level) { return static_cast<int>(level) >= threshold.load(std::memory_order_relaxed); }

void Write(Level level, std::string_view event, std::initializer_list<Value> values) {
  if (!Enabled(level)) return;
  std::string line;
  line.reserve(160);
  if (as_json) line += "\"event\":";
  AppendText(event, &line);
  for (const Value& value : values) {
    const auto* text = std::get_if<std::string_view>(&value.value);
    if (text != nullptr && text->empty()) continue;
    line += as_json ? ",\"" : " ";
    line.append(value.key);
    line += as_json ? "\":" : "=";
    if (text != nullptr) {
      AppendText(*text, &line);
    } else if (const auto* integer = std::get_if<int64_t>(&value.value)) {
      line += std::to_string(*integer);
    } else {
      AppendNumber(std::get<double>(value.value), &line);
    }
  }
  logger->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string TakeParserComplaint() { return std::exchange(ParserComplaint(), {}); }

}  // namespace parzen::log
