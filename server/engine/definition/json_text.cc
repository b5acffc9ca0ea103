#include "server/engine/definition/json_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace parzen::engine {
namespace {

// Listens to a parser and remembers only how deep it is.
class DepthGauge : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit DepthGauge(int max_depth) : max_depth_(max_depth) {}
  bool too_deep() const { return too_deep_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(nlohmann::json::binary_t&) override { return true; }
  bool key(std::string&) override { return true; }
  bool start_object(size_t) override { return Descend(); }
  bool end_object() override { return Ascend(); }
  bool start_array(size_t) override { return Descend(); }
  bool end_array() override { return Ascend(); }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
  bool Descend() {
    too_deep_ = ++depth_ > max_depth_;
    return !too_deep_;
  }
  bool Ascend() {
    --depth_;
    return true;
  }

  const int max_depth_;
  int depth_ = 0;
  bool too_deep_ = false;
};

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\t':
        out->append("\\t");
        break;
      case '\r':
        out->append("\\r");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out->append("\\u00");
          out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
          out->push_back(kHex[c & 15]);
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

void AppendJsonDouble(double value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append(std::isnan(value) ? R"({"double":"NaN"})" : value > 0 ? R"({"double":"Infinity"})" : R"({"double":"-Infinity"})");
    return;
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  const std::string_view text(buffer.data(), end - buffer.data());
  out->append(text);
  if (text.find_first_of(".e") == std::string_view::npos) out->append(".0");
}

JsonCheck CheckJson(std::string_view text, int max_depth) {
  // nlohmann takes a NUL for the end of the text and skips a byte order mark; neither is JSON, and the bytes are kept as they
  // are.
  if (text.find('\0') != std::string_view::npos || text.starts_with("\xEF\xBB\xBF")) return JsonCheck::kMalformed;
  DepthGauge gauge(max_depth);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &gauge)) return JsonCheck::kOk;
  return gauge.too_deep() ? JsonCheck::kTooDeep : JsonCheck::kMalformed;
}

}  // namespace parzen::engine
