// What the terminal can do, and text that is safe to show on it.

#ifndef PARZEN_CLIENTS_CLI_TERMINAL_H_
#define PARZEN_CLIENTS_CLI_TERMINAL_H_

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parzen::cli {

// Columns of the terminal behind `stream` (COLUMNS wins); nullopt where it is a file or a pipe: nothing needs to fit then.
std::optional<int> TerminalWidth(std::FILE* stream);

// `choice` is auto, always or never. Auto: on a terminal, unless NO_COLOR is set or TERM is dumb.
bool UseColors(std::string_view choice, std::FILE* stream);

// Names and messages come from other people: control characters (escape sequences, line breaks) become spaces or '?'.
std::string Printable(std::string_view text);

// Columns that UTF-8 text takes, one a code point.
int DisplayWidth(std::string_view text);
// Cut to `width` columns, ending in "…" where something was cut.
std::string Truncate(std::string_view text, int width);

// Six significant digits: 0.0312, 1e-05, inf.
std::string ShortNumber(double value);
// 850ms, 3.2s, 4m05s, 2h10m, 3d04h.
std::string ShortDuration(std::chrono::nanoseconds duration);
// Local time, 2026-01-31 17:05:09.
std::string LocalTime(std::chrono::system_clock::time_point time);
// UTC with microseconds, 2026-01-31T17:05:09.123456Z, as RFC 3339 has it; and back, nullopt for anything else.
std::string UtcTime(std::chrono::system_clock::time_point time);
std::optional<std::chrono::system_clock::time_point> ParseUtcTime(std::string_view text);

// A row of the eight block characters, at most `width`: the latest values of `series`, scaled between their extremes.
std::string Sparkline(const std::vector<double>& series, int width);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_TERMINAL_H_
