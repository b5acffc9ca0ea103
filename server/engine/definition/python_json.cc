#include "server/engine/definition/python_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "absl/strings/numbers.h"

namespace parzen::engine {
namespace {

constexpr std::array<std::string_view, 3> kPythonNumbers = {"NaN", "Infinity", "-Infinity"};
constexpr size_t kUnitLength = 6;  // of \uXXXX

void AppendNonFinite(std::string_view name, std::string* out) { out->append(R"({"double": ")").append(name).append("\"}"); }

// The UTF-16 unit that \uXXXX at the text's beginning stands for; 0 for anything else.
unsigned UnitAt(std::string_view text) {
  unsigned unit = 0;
  if (text.size() < kUnitLength || !text.starts_with("\\u")) return 0;
  const char* const end = text.data() + kUnitLength;
  return std::from_chars(text.data() + 2, end, unit, 16).ptr == end ? unit : 0;
}

bool IsHigh(unsigned unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool IsLow(unsigned unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

// Appends the escape at the text's beginning; returns how much of the text it is.
size_t AppendEscape(std::string_view text, std::string* out) {
  const unsigned unit = UnitAt(text);
  size_t length = std::min<size_t>(2, text.size());
  if (IsHigh(unit) && IsLow(UnitAt(text.substr(kUnitLength)))) length = 2 * kUnitLength;
  if (length > 2 || (!IsHigh(unit) && !IsLow(unit))) {
    out->append(text.substr(0, length));
    return length;
  }
  out->append("\\ufffd");
  return kUnitLength;
}

// Appends the number at the text's beginning; returns how much of the text it is.
size_t AppendNumber(std::string_view text, std::string* out) {
  const size_t length = std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
  const std::string_view number = text.substr(0, length);
  double value = 0;
  const bool read = absl::SimpleAtod(absl::string_view(number.data(), number.size()), &value);
  if (read && std::isinf(value)) {
    AppendNonFinite(value > 0 ? "Infinity" : "-Infinity", out);
  } else {
    out->append(number);
  }
  return length;
}

bool BeginsNumber(char c) { return c == '-' || (c >= '0' && c <= '9'); }

}  // namespace

std::string StandardJson(std::string_view python_json) {
  std::string standard;
  standard.reserve(python_json.size());
  bool in_string = false;
  for (size_t i = 0; i < python_json.size();) {
    const std::string_view rest = python_json.substr(i);
    const char c = rest.front();
    if (in_string && c == '\\') {
      i += AppendEscape(rest, &standard);
      continue;
    }
    const auto starts = [&](std::string_view name) { return rest.starts_with(name); };
    const auto* name = in_string ? kPythonNumbers.end() : std::find_if(kPythonNumbers.begin(), kPythonNumbers.end(), starts);
    if (name != kPythonNumbers.end()) {
      AppendNonFinite(*name, &standard);
      i += name->size();
      continue;
    }
    if (!in_string && BeginsNumber(c)) {
      i += AppendNumber(rest, &standard);
      continue;
    }
    if (c == '"') in_string = !in_string;
    standard += c;
    ++i;
  }
  return standard;
}

}  // namespace parzen::engine
