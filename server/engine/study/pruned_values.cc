#include "server/engine/study/pruned_values.h"

#include <algorithm>
#include <cmath>

namespace parzen::engine {

std::optional<std::vector<double>> LastFinite(const storage::TrialRecord& record, size_t objectives) {
  for (auto report = record.intermediates.rbegin(); report != record.intermediates.rend(); ++report) {
    std::vector<double> values = {report->value};
    values.insert(values.end(), report->more.begin(), report->more.end());
    const bool finite = std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
    if (finite && values.size() == objectives) return values;
  }
  return std::nullopt;
}

}  // namespace parzen::engine
