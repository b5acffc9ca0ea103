#include "storage/encoding/double_text.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace parzen::storage {
namespace {

constexpr uint64_t kUsualNan = 0x7ff8000000000000;

}  // namespace

bool IsUsualNan(double value) { return std::bit_cast<uint64_t>(value) == kUsualNan; }

std::string NanText(double nan) { return IsUsualNan(nan) ? "NaN" : absl::StrFormat("NaN(%016x)", std::bit_cast<uint64_t>(nan)); }

std::optional<double> ParseNanText(std::string_view text) {
  if (text == "NaN") return std::bit_cast<double>(kUsualNan);
  uint64_t bits = 0;
  if (text.size() != 21 || text.substr(0, 4) != "NaN(" || text.back() != ')') return std::nullopt;
  const char* end = text.data() + 20;
  const auto [stop, error] = std::from_chars(text.data() + 4, end, bits, 16);
  if (error != std::errc() || stop != end || !std::isnan(std::bit_cast<double>(bits))) return std::nullopt;
  return std::bit_cast<double>(bits);
}

void AppendDouble(double value, std::string* out) {
  if (std::isfinite(value)) {
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    out->append(buffer, end);
  } else if (std::isnan(value)) {
    absl::StrAppend(out, "\"", NanText(value), "\"");
  } else {
    out->append(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  }
}

}  // namespace parzen::storage
