// The trace that a call belongs to, as its client says in the header or metadata "traceparent" (W3C Trace Context, section 3.2).

#ifndef PARZEN_SERVER_LOG_TRACE_PARENT_H_
#define PARZEN_SERVER_LOG_TRACE_PARENT_H_

#include <string_view>

namespace parzen::log {

// Views of the header. Both empty where it is missing or malformed, as the standard wants it.
struct TraceParent {
  std::string_view trace_id;  // 32 lower-case hexadecimal digits, not all 0
  std::string_view span_id;   // 16 of them: the client's span
};

TraceParent ParseTraceParent(std::string_view header);

}  // namespace parzen::log

#endif  // PARZEN_SERVER_LOG_TRACE_PARENT_H_
