#include "clients/cli/commands/checks.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <string>

#include "absl/strings/str_format.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

// `read` writes the number in plain digits, or answers false.
CLI::Validator Check(std::function<bool(std::string*)> read, std::string accepted) {
  const auto check = [read = std::move(read), accepted = std::move(accepted)](std::string& text) {
    return read(&text) ? std::string() : "is '" + Printable(text) + "'; accepted: " + accepted;
  };
  return CLI::Validator(check, "");
}

}  // namespace

CLI::Validator Whole(int64_t low, int64_t high) {
  const bool bounded = high != std::numeric_limits<int64_t>::max();
  return Check(
      [low, high](std::string* text) {
        const std::optional<int64_t> number = ParseWhole(*text);
        if (!number.has_value() || *number < low || *number > high) return false;
        *text = std::to_string(*number);
        return true;
      },
      "a whole number " + (bounded ? absl::StrFormat("from %d to %d", low, high) : absl::StrFormat("of at least %d", low)));
}

CLI::Validator Seed() {
  return Check(
      [](std::string* text) {
        uint64_t number = 0;
        const char* end = text->data() + text->size();
        const auto [stopped, error] = std::from_chars(text->data(), end, number);
        if (error != std::errc() || stopped != end) return false;
        *text = std::to_string(number);
        return true;
      },
      "a whole number from 0 to 18446744073709551615");
}

CLI::Validator Seconds(double low, bool included) {
  return Check(
      [low, included](std::string* text) {
        const std::optional<double> number = ParseNumber(*text);
        return number.has_value() && std::isfinite(*number) && (*number > low || (included && *number == low));
      },
      absl::StrFormat("a number of seconds %s %g", included ? "of at least" : "above", low));
}

}  // namespace parzen::cli
