// The server's log: one line an event, an event's name and its fields, as text (key=value) or as JSON. Lines go through a bounded
// queue to one writing thread (spdlog's async sink): logging never blocks a request; when the queue is full the oldest lines go.

#ifndef PARZEN_SERVER_LOG_LOG_H_
#define PARZEN_SERVER_LOG_LOG_H_

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"

namespace parzen::log {

enum class Level { kTrace, kDebug, kInfo, kWarn, kError, kOff };

// "trace", "debug", "info", "warn", "error" or "off"; INVALID_ARGUMENT else.
absl::Status ParseLevel(std::string_view name, Level* level);

struct Options {
  Level level = Level::kInfo;
  bool json = false;
};

// Starts the log on stderr. Once a process; before it, nothing is logged.
void Start(const Options& options);
// Takes what gRPC and protobuf have to say to this log instead of stderr. Done by whatever uses them.
void RouteLibraries();
// Writes what is queued and stops the writing thread. False where that took longer than `bound`: nobody reads the other end of a
// pipe. The writing thread is then still at it, with stderr's lock: end the process by _exit, after WriteLastWords.
bool Stop(std::chrono::milliseconds bound);
// A line to stderr beside the log and past every lock, if it can be written within `bound`. Async-signal-safe.
void WriteLastWords(std::string_view line, std::chrono::milliseconds bound);

// Whether lines of this level are kept: asked before fields are put together.
bool Enabled(Level level);

struct Value {
  std::string_view key;
  std::variant<std::string_view, int64_t, double> value;
};

// One line. Empty texts are left out. Keys are ours and need no escaping; values may come from anywhere and are escaped.
void Write(Level level, std::string_view event, std::initializer_list<Value> values = {});

// The latest complaint of protobuf's parser on this thread, taken away: it names the string field that is no UTF-8, which the
// parser's answer does not. Empty where there is none.
std::string TakeParserComplaint();

}  // namespace parzen::log

#endif  // PARZEN_SERVER_LOG_LOG_H_
