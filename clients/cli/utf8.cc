#include "clients/cli/utf8.h"

namespace parzen::cli {
namespace {

bool IsContinuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// Bytes of the character that the text, which is not empty, begins with; 0 where it begins with none. RFC 3629, section 4.
size_t CharacterBytes(std::string_view text) {
  const auto at = [&text](size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const unsigned char first = at(0), second = at(1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !IsContinuation(second)) return 0;
  if (first < 0xe0) return 2;
  if (!IsContinuation(at(2))) return 0;
  if (first < 0xf0) {
    const bool overlong = first == 0xe0 && second < 0xa0, surrogate = first == 0xed && second > 0x9f;
    return overlong || surrogate ? 0 : 3;
  }
  if (!IsContinuation(at(3))) return 0;
  const bool overlong = first == 0xf0 && second < 0x90, beyond = first == 0xf4 && second > 0x8f;
  return overlong || beyond ? 0 : 4;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t bytes = CharacterBytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::string RepairUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const size_t bytes = CharacterBytes(text);
    if (bytes == 0) {
      repaired += "\xef\xbf\xbd";
      text.remove_prefix(1);
    } else {
      repaired += text.substr(0, bytes);
      text.remove_prefix(bytes);
    }
  }
  return repaired;
}

std::string_view Utf8Head(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && IsContinuation(static_cast<unsigned char>(text[bytes]))) --bytes;
  return text.substr(0, bytes);
}

std::string_view Utf8Tail(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  text.remove_prefix(text.size() - bytes);
  while (!text.empty() && IsContinuation(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  return text;
}

}  // namespace parzen::cli
