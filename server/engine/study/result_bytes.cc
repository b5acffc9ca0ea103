#include "server/engine/study/result_bytes.h"

namespace parzen::engine {

ResultWriter& ResultWriter::Int(int64_t value) {
  uint64_t bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  for (; bits >= 0x80; bits >>= 7) bytes_.push_back(static_cast<char>(bits | 0x80));
  bytes_.push_back(static_cast<char>(bits));
  return *this;
}

ResultWriter& ResultWriter::Text(std::string_view text) {
  Int(static_cast<int64_t>(text.size()));
  bytes_.append(text);
  return *this;
}

int64_t ResultReader::Int() {
  uint64_t bits = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    bits |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return static_cast<int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
  }
  ok_ = false;
  return 0;
}

std::string ResultReader::Text() {
  const int64_t size = Int();
  if (!ok_ || size < 0 || size > static_cast<int64_t>(rest_.size())) {
    ok_ = false;
    return "";
  }
  std::string text(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return text;
}

}  // namespace parzen::engine
