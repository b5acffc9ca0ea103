#include "server/log/trace_parent.h"

namespace parzen::log {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool IsHex(std::string_view text) { return text.find_first_not_of(kHex) == std::string_view::npos; }

bool IsId(std::string_view text) { return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos; }

}  // namespace

TraceParent ParseTraceParent(std::string_view header) {
  // VERSION-TRACE-SPAN-FLAGS; versions above 00 may go on after another dash.
  constexpr size_t kLength = 2 + 1 + 32 + 1 + 16 + 1 + 2;
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-') return {};
  const std::string_view version = header.substr(0, 2);
  if (!IsHex(version) || version == "ff" || !IsHex(header.substr(53, 2))) return {};
  if (header.size() > kLength && (version == "00" || header[kLength] != '-')) return {};
  const TraceParent parent{header.substr(3, 32), header.substr(36, 16)};
  return IsId(parent.trace_id) && IsId(parent.span_id) ? parent : TraceParent();
}

}  // namespace parzen::log
