#include "storage/encoding/json_scanner.h"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "storage/encoding/double_text.h"

namespace parzen::storage {
namespace {

// Four hexadecimal digits.
std::optional<uint32_t> HexUnit(std::string_view text) {
  const std::string_view digits = text.substr(0, 4);
  uint32_t unit = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (digits.size() < 4 || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return unit;
}

void AppendUtf8(uint32_t code_point, std::string* out) {
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

// The digits after "\u", a second unit included where the first is a high surrogate; `used` counts the characters.
std::optional<uint32_t> CodePoint(std::string_view text, size_t* used) {
  const std::optional<uint32_t> first = HexUnit(text);
  if (!first) return std::nullopt;
  *used = 4;
  if (*first < 0xd800 || *first > 0xdbff || text.size() < 10 || text[4] != '\\' || text[5] != 'u') return first;
  const std::optional<uint32_t> second = HexUnit(text.substr(6));
  if (!second || *second < 0xdc00 || *second > 0xdfff) return first;
  *used = 10;
  return 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00);
}

// Takes the digits at the front; false where there are none.
bool TakeDigits(std::string_view* text) {
  const size_t size = text->size();
  while (!text->empty() && text->front() >= '0' && text->front() <= '9') text->remove_prefix(1);
  return text->size() < size;
}

bool TakeAny(std::string_view* text, std::string_view characters) {
  if (text->empty() || characters.find(text->front()) == std::string_view::npos) return false;
  text->remove_prefix(1);
  return true;
}

// RFC 8259, section 6.
bool IsJsonNumber(std::string_view text) {
  TakeAny(&text, "-");
  if (!TakeAny(&text, "0") && !TakeDigits(&text)) return false;
  if (TakeAny(&text, ".") && !TakeDigits(&text)) return false;
  if (TakeAny(&text, "eE")) {
    TakeAny(&text, "+-");
    if (!TakeDigits(&text)) return false;
  }
  return text.empty();
}

}  // namespace

bool JsonScanner::String(std::string_view* raw, bool* escaped) {
  if (!Take('"')) return false;
  const char* start = position_;
  *escaped = false;
  while (position_ != end_ && *position_ != '"') {
    if (*position_ == '\\') {
      *escaped = true;
      if (++position_ == end_) return false;
    }
    ++position_;
  }
  *raw = std::string_view(start, static_cast<size_t>(position_ - start));
  return Take('"');
}

bool JsonScanner::Value(std::string_view* raw) {
  const char* start = position_;
  int depth = 0;
  while (position_ != end_) {
    const char c = *position_;
    if (c == '"') {
      std::string_view ignored;
      bool escaped;
      if (!String(&ignored, &escaped)) return false;
      continue;
    }
    if (c == ',' && depth == 0) break;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth < 0) break;
    ++position_;
  }
  *raw = std::string_view(start, static_cast<size_t>(position_ - start));
  return !raw->empty();
}

bool JsonScanner::Double(double* value) {
  if (!Next('"')) {
    const auto [end, error] = std::from_chars(position_, end_, *value);
    if (error != std::errc()) return false;
    position_ = end;
    return true;
  }
  std::string_view text;
  bool escaped;
  if (!String(&text, &escaped)) return false;
  if (text == "Infinity") {
    *value = std::numeric_limits<double>::infinity();
  } else if (text == "-Infinity") {
    *value = -std::numeric_limits<double>::infinity();
  } else {
    const std::optional<double> nan = ParseNanText(text);
    if (!nan) return false;
    *value = *nan;
  }
  return true;
}

bool Unescape(std::string_view raw, std::string* out) {
  out->clear();
  while (!raw.empty()) {
    const char c = raw.front();
    raw.remove_prefix(1);
    if (c != '\\') {
      out->push_back(c);
      continue;
    }
    if (raw.empty()) return false;
    const char kind = raw.front();
    raw.remove_prefix(1);
    static constexpr std::string_view kKinds = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (const size_t known = kKinds.find(kind); known != std::string_view::npos) {
      out->push_back(kMeanings[known]);
      continue;
    }
    size_t used = 0;
    const std::optional<uint32_t> code_point = kind == 'u' ? CodePoint(raw, &used) : std::nullopt;
    if (!code_point) return false;
    AppendUtf8(*code_point, out);
    raw.remove_prefix(used);
  }
  return true;
}

bool IsJsonValue(std::string_view text) {
  // Most values are numbers, and the parser is twenty times slower.
  return IsJsonNumber(text) || nlohmann::json::accept(text.begin(), text.end());
}

}  // namespace parzen::storage
