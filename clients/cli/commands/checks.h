// Checks of options' numbers, for CLI::Option::transform. CLI11's own take a number that does not fit for the nearest that does,
// and octal and hexadecimal digits.

#ifndef PARZEN_CLIENTS_CLI_COMMANDS_CHECKS_H_
#define PARZEN_CLIENTS_CLI_COMMANDS_CHECKS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>

namespace parzen::cli {

// Of --max-retries, as the wire has it.
inline constexpr int64_t kMostRetries = std::numeric_limits<int32_t>::max();

// A whole number in [low, high].
CLI::Validator Whole(int64_t low, int64_t high = std::numeric_limits<int64_t>::max());
// A whole number from 0 to 2^64 - 1.
CLI::Validator Seed();
// A number of seconds from `low` on; `low` itself only where `included`.
CLI::Validator Seconds(double low, bool included = false);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_COMMANDS_CHECKS_H_
