#include "server/engine/study/finish_rules.h"

#include <algorithm>
#include <string>

namespace parzen::engine {
namespace {

// As good in every objective.
bool Covers(const std::vector<double>& losses, const std::vector<double>& others) {
  for (size_t i = 0; i < losses.size(); ++i) {
    if (!(losses[i] <= others[i])) return false;
  }
  return true;
}

std::vector<double> LossesOf(std::span<const double> values, const std::vector<Direction>& directions) {
  std::vector<double> losses(values.begin(), values.end());
  for (size_t i = 0; i < losses.size(); ++i) {
    if (directions[i] == Direction::kMaximize) losses[i] = -losses[i];
  }
  return losses;
}

}  // namespace

void FinishRules::OnComplete(std::span<const double> values, bool feasible, bool imported) {
  const std::vector<double> losses = LossesOf(values, directions_);
  const bool better = feasible && losses.size() == directions_.size() &&
                      std::none_of(best_.begin(), best_.end(), [&](const auto& other) { return Covers(other, losses); });
  if (better) {
    std::erase_if(best_, [&](const auto& other) { return Covers(losses, other); });
    best_.push_back(losses);
    since_better_ = 0;
  } else if (!imported) {
    ++since_better_;
  }
}

std::string_view FinishRules::Reached(const StudyDefinition& definition, int64_t now_micros) const {
  if (definition.max_duration && first_ask_ != std::numeric_limits<int64_t>::max() &&
      static_cast<double>(now_micros - first_ask_) >= *definition.max_duration * 1e6) {
    return "max_duration";
  }
  if (!definition.target.empty()) {
    const std::vector<double> target = LossesOf(definition.target, directions_);
    if (std::any_of(best_.begin(), best_.end(), [&](const auto& losses) { return Covers(losses, target); })) return "target";
  }
  if (definition.patience && since_better_ >= *definition.patience) return "patience";
  return "";
}

std::string FinishReasonOf(const Attributes& system_attrs) {
  for (const auto& [key, json] : system_attrs) {
    if (key == kFinishReasonKey && json.size() > 2) return json.substr(1, json.size() - 2);  // without its quotes
  }
  return "";
}

}  // namespace parzen::engine
