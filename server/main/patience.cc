#include "server/main/patience.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/log/log.h"

namespace parzen {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstPause{200};
constexpr milliseconds kLongestPause{5000};
constexpr milliseconds kLook{10};
constexpr milliseconds kLogBound{1000};

// Destructors would wait for the attempt under way.
[[noreturn]] void End(int signal) {
  log::Write(log::Level::kInfo, "stopped before it served", {{"signal", int64_t{signal}}});
  log::Stop(kLogBound);
  _exit(0);
}

absl::Status Watched(const std::function<absl::Status()>& attempt, EndSignals* signals) {
  std::promise<absl::Status> promise;
  std::future<absl::Status> tried = promise.get_future();
  std::thread([&attempt, promise = std::move(promise)]() mutable { promise.set_value(attempt()); }).detach();
  while (tried.wait_for(milliseconds(0)) != std::future_status::ready) {
    if (const std::optional<int> signal = signals->WaitFor(kLook)) End(*signal);
  }
  return tried.get();
}

}  // namespace

absl::Status TryFor(std::chrono::seconds bound, EndSignals* signals, const std::function<absl::Status()>& attempt) {
  const steady_clock::time_point begun = steady_clock::now();
  milliseconds pause = kFirstPause;
  for (int64_t tries = 1;; ++tries) {
    const absl::Status status = Watched(attempt, signals);
    if (!absl::IsUnavailable(status)) return status;
    const std::string message(status.message());
    const auto left = std::chrono::duration_cast<milliseconds>(begun + bound - steady_clock::now());
    if (left <= milliseconds(0))
      return absl::UnavailableError(absl::StrCat(message, "; tried for ", bound.count(), " s (--db-wait-seconds)"));
    log::Write(log::Level::kWarn, "the database is away: waiting for it",
               {{"try", tries}, {"seconds_left", left.count() / 1000}, {"message", message}});
    if (const std::optional<int> signal = signals->WaitFor(std::min(pause, left))) End(*signal);
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace parzen
