#include "server/main/lease_log.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/log/log.h"

namespace parzen {
namespace {

constexpr size_t kNamed = 10;

}  // namespace

void LogExpired(const engine::ExpiredLeases& expired) {
  if (!log::Enabled(log::Level::kInfo)) return;
  std::string which;
  for (size_t i = 0; i < std::min(expired.trials.size(), kNamed); ++i) {
    const engine::ExpiredLeases::Trial& trial = expired.trials[i];
    absl::StrAppend(&which, i == 0 ? "" : ", ", trial.number, " (attempt ", trial.attempt, ", ",
                    trial.failed ? "failed" : "retried", ")");
  }
  if (expired.trials.size() > kNamed) which += ", ...";
  const auto failed = std::count_if(expired.trials.begin(), expired.trials.end(), [](const auto& trial) { return trial.failed; });
  log::Write(log::Level::kInfo, "leases expired",
             {{"study", expired.study},
              {"trials", static_cast<int64_t>(expired.trials.size())},
              {"failed", int64_t{failed}},
              {"which", which}});
}

}  // namespace parzen
