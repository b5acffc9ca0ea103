#include "sampler/failures.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace parzen {
namespace {

// Shares of failed trials from which caution begins and where it is greatest.
constexpr double kTolerated = 0.1, kTooMany = 0.2;

}  // namespace

double CautionFor(double share_failed) { return std::clamp((share_failed - kTolerated) / (kTooMany - kTolerated), 0.0, 1.0); }

void Failures::Update(const History& history, const SearchSpace* space) {
  if (&history != history_ || space != space_ || history.finished().size() < read_) {
    *this = Failures();
    history_ = &history;
    space_ = space;
  }
  std::vector<const Column*> columns;
  for (; read_ < history.finished().size(); ++read_) {
    const int32_t row = history.finished()[read_];
    const bool failed = IsFailure(history.state(row));
    const std::pair<int32_t, bool> latest(row, failed);
    latest_.insert(std::upper_bound(latest_.begin(), latest_.end(), latest), latest);
    if (latest_.size() > kLatestTrials) latest_.erase(latest_.begin());
    ++ended_;
    count_ += failed;
    if (!failed || space == nullptr) continue;
    if (columns.empty()) {
      for (const Parameter& parameter : space->parameters()) columns.push_back(history.FindColumn(parameter.name));
    }
    Point point(space->size(), kAbsent);
    bool outside = false;
    for (size_t i = 0; i < point.size(); ++i) {
      if (columns[i] == nullptr) continue;
      point[i] = columns[i]->At(row);
      outside |= IsOutside(*columns[i], row, (*space)[i].distribution);
    }
    if (!outside) points_.insert(HashOf(point));
  }
}

double Failures::share() const {
  if (latest_.empty()) return 0;
  const auto failed = std::count_if(latest_.begin(), latest_.end(), [](const auto& trial) { return trial.second; });
  return static_cast<double>(failed) / static_cast<double>(latest_.size());
}

uint64_t Failures::HashOf(const Point& point) const {
  uint64_t hash = 0x51ed270b7f3c2d91u;
  for (size_t i = 0; i < point.size(); ++i) {
    uint64_t word = 0;
    if (std::isnan(point[i])) {
      word = ~uint64_t{0};
    } else if (const Distribution& distribution = (*space_)[i].distribution; CountValues(distribution)) {
      word = IndexOfValue(distribution, point[i]);
    } else if (point[i] != 0) {  // 0.0 and -0.0 are one value
      std::memcpy(&word, &point[i], sizeof word);
    }
    hash = (hash ^ word) * 0x9fb21c651e98df25u;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace parzen
