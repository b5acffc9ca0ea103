#include "clients/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <cwchar>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace parzen::cli {
namespace {

// The C library knows how wide a character is in a UTF-8 locale only, whatever the user's is.
class Utf8Locale {
 public:
  Utf8Locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8 != nullptr) before_ = uselocale(utf8);
  }
  ~Utf8Locale() {
    if (before_ != nullptr) uselocale(before_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t before_ = nullptr;
};

// The first character's bytes and columns: two for most of East Asia's, none for combining marks. Under Utf8Locale.
std::pair<size_t, int> FirstCharacter(std::string_view text) {
  if (static_cast<unsigned char>(text.front()) < 0x80) return {1, 1};
  wchar_t character = 0;
  std::mbstate_t state{};
  const size_t bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {1, 1};  // no UTF-8
  return {bytes, std::max(0, wcwidth(character))};
}

}  // namespace

std::optional<int> TerminalWidth(std::FILE* stream) {
  if (isatty(fileno(stream)) == 0) return std::nullopt;
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr && std::atoi(columns) > 0) return std::atoi(columns);
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool UseColors(std::string_view choice, std::FILE* stream) {
  if (choice == "always") return true;
  if (choice == "never" || isatty(fileno(stream)) == 0) return false;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') && term != nullptr && std::string_view(term) != "dumb";
}

std::string Printable(std::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n' || c == '\t' || c == '\r') {
      printable += ' ';
    } else if (c < 0x20 || c == 0x7f) {
      printable += '?';
    } else if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      printable += '?';  // U+0080 to U+009F: C1 controls, which some terminals obey
      ++i;
    } else {
      printable += text[i];
    }
  }
  return printable;
}

int DisplayWidth(std::string_view text) {
  const Utf8Locale locale;
  int width = 0;
  while (!text.empty()) {
    const auto [bytes, columns] = FirstCharacter(text);
    width += columns;
    text.remove_prefix(bytes);
  }
  return width;
}

std::string Truncate(std::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width <= 0) return {};
  const Utf8Locale locale;
  size_t end = 0;
  for (int used = 0; end < text.size();) {
    const auto [bytes, columns] = FirstCharacter(text.substr(end));
    if (used + columns > width - 1) break;
    used += columns;
    end += bytes;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string ShortNumber(double value) {
  if (std::isnan(value)) return "nan";
  return absl::StrFormat("%.6g", value);
}

std::string ShortDuration(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 0.9995) return absl::StrFormat("%.0fms", std::max(0.0, seconds * 1000));
  if (seconds < 59.95) return absl::StrFormat("%.1fs", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 3600) return absl::StrFormat("%dm%02ds", whole / 60, whole % 60);
  if (whole < 86400) return absl::StrFormat("%dh%02dm", whole / 3600, whole / 60 % 60);
  return absl::StrFormat("%dd%02dh", whole / 86400, whole / 3600 % 24);
}

std::string LocalTime(std::chrono::system_clock::time_point time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromChrono(time), absl::LocalTimeZone());
}

std::string UtcTime(std::chrono::system_clock::time_point time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromChrono(time), absl::UTCTimeZone());
}

std::optional<std::chrono::system_clock::time_point> ParseUtcTime(std::string_view text) {
  absl::Time time;
  std::string error;
  const absl::string_view view(text.data(), text.size());
  if (!absl::ParseTime("%Y-%m-%dT%H:%M:%E*S%Ez", view, &time, &error)) return std::nullopt;
  return absl::ToChronoTime(time);
}

std::string Sparkline(const std::vector<double>& series, int width) {
  static constexpr std::array<const char*, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (width <= 0) return {};
  const size_t first = series.size() > static_cast<size_t>(width) ? series.size() - width : 0;
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (size_t i = first; i < series.size(); ++i) {
    if (!std::isfinite(series[i])) continue;
    low = std::min(low, series[i]);
    high = std::max(high, series[i]);
  }
  std::string line;
  for (size_t i = first; i < series.size(); ++i) {
    if (!std::isfinite(series[i])) {
      line += ' ';
      continue;
    }
    // Halves first: high - low may overflow.
    const double share = high > low ? (series[i] / 2 - low / 2) / (high / 2 - low / 2) : 0;
    line += kBlocks[std::min<size_t>(7, static_cast<size_t>(share * 8))];
  }
  return line;
}

}  // namespace parzen::cli
