#include "storage/encoding/columns.h"

#include <bit>
#include <charconv>
#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "storage/encoding/double_text.h"
#include "storage/encoding/json_scanner.h"

namespace parzen::storage {
namespace {

// The number that an external value is, where it is one.
std::optional<double> ExternalNumber(std::string_view json) {
  if (json.empty() || (json.front() != '-' && (json.front() < '0' || json.front() > '9'))) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (error != std::errc() || end != json.data() + json.size()) return std::nullopt;
  return value;
}

bool SameBits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

// Elements of [..] or of {..} are read by `element`, which returns false at a malformed one.
template <typename Element>
bool ScanList(JsonScanner& scanner, char open, char close, Element element) {
  if (!scanner.Take(open)) return false;
  if (scanner.Take(close)) return true;
  do {
    if (!element(scanner)) return false;
  } while (scanner.Take(','));
  return scanner.Take(close);
}

bool ScanName(JsonScanner& scanner, std::string* name) {
  std::string_view raw;
  bool escaped;
  if (!scanner.String(&raw, &escaped) || !scanner.Take(':')) return false;
  if (escaped) return Unescape(raw, name);
  *name = raw;
  return true;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppend(out, "\\u", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad4));
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

void EncodeDoubles(std::span<const double> values, std::string* out) {
  out->clear();
  for (const double value : values) {
    out->push_back(out->empty() ? '[' : ',');
    AppendDouble(value, out);
  }
  if (!out->empty()) out->push_back(']');
}

void EncodeNamedDoubles(const NamedDoubles& values, std::string* out) {
  out->clear();
  for (const auto& [name, value] : values) {
    out->push_back(out->empty() ? '{' : ',');
    AppendJsonString(name, out);
    out->push_back(':');
    AppendDouble(value, out);
  }
  if (!out->empty()) out->push_back('}');
}

absl::Status EncodeParams(std::span<const ParamRecord> params, std::span<const int32_t> dists, ParamColumns* out) {
  out->params.clear();
  out->internal.clear();
  out->dists.clear();
  if (params.empty()) return absl::OkStatus();
  bool differs = false;
  for (size_t i = 0; i < params.size(); ++i) {
    const ParamRecord& param = params[i];
    const std::optional<double> number = ExternalNumber(param.json);
    if (!IsJsonValue(param.json)) {
      return absl::InvalidArgumentError(absl::StrCat("param ", param.name, ": its external value is not JSON: ", param.json));
    }
    out->params.push_back(i == 0 ? '{' : ',');
    AppendJsonString(param.name, &out->params);
    out->params.push_back(':');
    out->params.append(param.json);

    out->internal.push_back(i == 0 ? '[' : ',');
    if (number && SameBits(*number, param.value)) {
      out->internal.append("null");
    } else {
      differs = true;
      AppendDouble(param.value, &out->internal);
    }

    absl::StrAppend(&out->dists, i == 0 ? "[" : ",", dists[i]);
  }
  out->params.push_back('}');
  out->internal.push_back(']');
  out->dists.push_back(']');
  if (!differs) out->internal.clear();
  return absl::OkStatus();
}

bool DecodeDoubles(std::string_view json, std::vector<double>* out) {
  out->clear();
  if (json.empty()) return true;
  JsonScanner scanner(json);
  return ScanList(scanner, '[', ']', [out](JsonScanner& s) { return s.Double(&out->emplace_back()); }) && scanner.AtEnd();
}

bool DecodeNamedDoubles(std::string_view json, NamedDoubles* out) {
  out->clear();
  if (json.empty()) return true;
  JsonScanner scanner(json);
  return ScanList(scanner, '{', '}',
                  [out](JsonScanner& s) {
                    auto& [name, value] = out->emplace_back();
                    return ScanName(s, &name) && s.Double(&value);
                  }) &&
         scanner.AtEnd();
}

bool DecodeIndexes(std::string_view json, std::vector<int32_t>* out) {
  out->clear();
  if (json.empty()) return true;
  JsonScanner scanner(json);
  return ScanList(scanner, '[', ']',
                  [out](JsonScanner& s) {
                    std::string_view raw;
                    if (!s.Value(&raw)) return false;
                    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), out->emplace_back());
                    return error == std::errc() && end == raw.data() + raw.size() && out->back() >= 0;
                  }) &&
         scanner.AtEnd();
}

bool ParamScanner::Scan(std::string_view params_json, std::string_view internal_json, std::vector<Param>* params) {
  params->clear();
  unescaped_.clear();
  if (params_json.empty()) return internal_json.empty();
  JsonScanner scanner(params_json);
  // Room for every name, so that views into short strings stay valid.
  std::vector<size_t> escaped_at;
  const bool good = ScanList(scanner, '{', '}', [&](JsonScanner& s) {
    Param& param = params->emplace_back();
    bool escaped;
    if (!s.String(&param.name, &escaped) || !s.Take(':') || !s.Value(&param.json)) return false;
    if (escaped) escaped_at.push_back(params->size() - 1);
    return true;
  });
  if (!good || !scanner.AtEnd()) return false;
  unescaped_.resize(escaped_at.size());
  for (size_t i = 0; i < escaped_at.size(); ++i) {
    std::string_view& name = (*params)[escaped_at[i]].name;
    if (!Unescape(name, &unescaped_[i])) return false;
    name = unescaped_[i];
  }

  JsonScanner internal(internal_json);
  if (!internal_json.empty() && !internal.Take('[')) return false;
  for (size_t i = 0; i < params->size(); ++i) {
    Param& param = (*params)[i];
    if (!internal_json.empty()) {
      if (i > 0 && !internal.Take(',')) return false;
      if (!internal.Next('n')) {
        if (!internal.Double(&param.value)) return false;
        continue;
      }
      std::string_view null;
      if (!internal.Value(&null) || null != "null") return false;
    }
    const std::optional<double> number = ExternalNumber(param.json);
    if (!number) return false;
    param.value = *number;
  }
  return internal_json.empty() || (internal.Take(']') && internal.AtEnd());
}

}  // namespace parzen::storage
