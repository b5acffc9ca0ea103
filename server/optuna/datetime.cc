#include "server/optuna/datetime.h"

#include <cstdio>
#include <ctime>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace parzen::optuna {
namespace {

constexpr int64_t kMicros = 1'000'000;

absl::Status NoTime(std::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("datetime is \"", absl::string_view(text.data(), text.size()),
                   "\"; accepted: YYYY-MM-DD HH:MM:SS.ffffff in the years 1971 to 9999, or nothing"));
}

}  // namespace

std::string FormatDatetime(int64_t micros) {
  if (micros == 0) return {};
  const std::time_t seconds = micros / kMicros;
  std::tm local{};
  localtime_r(&seconds, &local);
  return absl::StrFormat("%04d-%02d-%02d %02d:%02d:%02d.%06d", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                         local.tm_hour, local.tm_min, local.tm_sec, micros % kMicros);
}

absl::StatusOr<int64_t> ParseDatetime(std::string_view text) {
  if (text.empty()) return 0;
  constexpr size_t kWhole = 19;  // YYYY-MM-DD HH:MM:SS
  std::tm local{};
  const std::string whole(text.substr(0, kWhole));
  int end = 0;
  if (std::sscanf(whole.c_str(), "%4d-%2d-%2d %2d:%2d:%2d%n", &local.tm_year, &local.tm_mon, &local.tm_mday, &local.tm_hour,
                  &local.tm_min, &local.tm_sec, &end) != 6 ||
      end != static_cast<int>(kWhole)) {
    return NoTime(text);
  }
  int64_t micros = 0;
  std::string_view fraction = text.substr(kWhole);
  if (!fraction.empty()) {
    if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > 7) return NoTime(text);
    fraction.remove_prefix(1);
    for (size_t i = 0; i < 6; ++i) {
      const char c = i < fraction.size() ? fraction[i] : '0';
      if (c < '0' || c > '9') return NoTime(text);
      micros = micros * 10 + (c - '0');
    }
  }
  if (local.tm_year < 1971 || local.tm_mon < 1 || local.tm_mon > 12 || local.tm_mday < 1 || local.tm_mday > 31 ||
      local.tm_hour > 23 || local.tm_min > 59 || local.tm_sec > 59) {
    return NoTime(text);
  }
  local.tm_year -= 1900;
  local.tm_mon -= 1;
  local.tm_isdst = -1;
  const std::time_t seconds = std::mktime(&local);
  if (seconds <= 0) return NoTime(text);
  return static_cast<int64_t>(seconds) * kMicros + micros;
}

}  // namespace parzen::optuna
