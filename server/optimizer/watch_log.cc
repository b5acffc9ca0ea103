#include "server/optimizer/watch_log.h"

#include <string>

#include "server/error/field.h"
#include "server/log/log.h"
#include "server/optimizer/methods.h"

namespace parzen::optimizer {

void LogWatchEnd(const absl::Status& status, std::chrono::steady_clock::duration took, const log::TraceParent& trace,
                 std::string_view principal, std::string_view study) {
  const log::Level level = status.code() == absl::StatusCode::kCancelled ? log::Level::kDebug : log::Level::kInfo;
  if (!log::Enabled(level)) return;
  const std::string code = absl::StatusCodeToString(status.code());
  const std::string_view message(status.message().data(), status.message().size());
  log::Write(level, "rpc",
             {{"method", kWatchStudy.label},
              {"code", code},
              {"ms", std::chrono::duration<double, std::milli>(took).count()},
              {"trace_id", trace.trace_id},
              {"span_id", trace.span_id},
              {"principal", principal},
              {"study", error::CutUtf8(study, 256)},
              {"message", error::CutUtf8(message, 512)}});
}

}  // namespace parzen::optimizer
