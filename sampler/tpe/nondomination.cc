#include "sampler/tpe/nondomination.h"

#include <algorithm>
#include <numeric>

namespace parzen::tpe {
namespace {

// Two objectives: a row is on the front where its second loss is a new minimum.
std::vector<bool> ParetoFront2d(const Losses& sorted) {
  std::vector<bool> on_front(sorted.size());
  double least = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    on_front[i] = i == 0 || sorted[i][1] < least;
    if (on_front[i]) least = sorted[i][1];
  }
  return on_front;
}

}  // namespace

DistinctRows LexicographicDistinct(const Losses& losses) {
  std::vector<size_t> order(losses.size());
  std::iota(order.begin(), order.end(), size_t{0});
  auto less = [&](size_t a, size_t b) {
    return std::lexicographical_compare(losses[a].begin(), losses[a].end(), losses[b].begin(), losses[b].end());
  };
  std::stable_sort(order.begin(), order.end(), less);
  DistinctRows result;
  result.which.resize(losses.size());
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || less(order[i - 1], order[i])) result.first.push_back(order[i]);
    result.which[order[i]] = result.first.size() - 1;
  }
  return result;
}

std::vector<bool> ParetoFront(const Losses& sorted) {
  if (sorted.objectives() == 2) return ParetoFront2d(sorted);
  // The first of the remaining rows is dominated by none of them: nothing lexicographically larger dominates a row. Rows that are
  // nowhere better go. The first objective is sorted and needs no look.
  std::vector<bool> on_front(sorted.size(), false);
  std::vector<size_t> remaining(sorted.size());
  std::iota(remaining.begin(), remaining.end(), size_t{0});
  while (!remaining.empty()) {
    const size_t top = remaining.front();
    on_front[top] = true;
    std::erase_if(remaining, [&](size_t row) {
      for (size_t k = 1; k < sorted.objectives(); ++k) {
        if (sorted[row][k] < sorted[top][k]) return false;
      }
      return true;
    });
  }
  return on_front;
}

std::vector<int> NonDominationRanks(const Losses& losses, size_t n_below) {
  const DistinctRows distinct = LexicographicDistinct(losses);
  std::vector<size_t> remaining = distinct.first;  // row indices, in lexicographic order
  std::vector<size_t> position(remaining.size());  // of each among the distinct rows
  std::iota(position.begin(), position.end(), size_t{0});
  std::vector<int> rank_of(remaining.size(), 0);
  const size_t total = remaining.size();
  n_below = std::min(n_below, total);
  int rank = 0;
  while (total - remaining.size() < n_below) {
    const std::vector<bool> on_front = ParetoFront(losses.Select(remaining));
    size_t kept = 0;
    for (size_t i = 0; i < remaining.size(); ++i) {
      if (on_front[i]) {
        rank_of[position[i]] = rank;
      } else {
        remaining[kept] = remaining[i];
        position[kept++] = position[i];
      }
    }
    remaining.resize(kept);
    position.resize(kept);
    ++rank;
  }
  for (size_t at : position) rank_of[at] = rank;
  std::vector<int> ranks(losses.size());
  for (size_t row = 0; row < losses.size(); ++row) ranks[row] = rank_of[distinct.which[row]];
  return ranks;
}

std::vector<int> NonDominationRanks2_9_1(const Losses& losses) {
  const size_t n = losses.size(), m = losses.objectives();
  Losses scaled = losses;
  for (size_t k = 0; k < m; ++k) {
    double low = losses[0][k], high = losses[0][k];
    for (size_t row = 0; row < n; ++row) {
      low = std::min(low, losses[row][k]);
      high = std::max(high, losses[row][k]);
    }
    for (size_t row = 0; row < n; ++row) scaled.At(row, k) = (losses[row][k] - low) / (high - low);
  }
  auto dominates = [&](size_t a, size_t b) {
    bool better = false;
    for (size_t k = 0; k < m; ++k) {
      if (!(scaled[a][k] <= scaled[b][k])) return false;
      better |= scaled[a][k] < scaled[b][k];
    }
    return better;
  };
  std::vector<int> ranks(n, 0);
  size_t unranked = n;
  for (int rank = 0; unranked > 0 && rank <= static_cast<int>(n); ++rank) {
    std::vector<size_t> front;
    for (size_t row = 0; row < n; ++row) {
      bool dominated = false;
      for (size_t other = 0; other < n && !dominated; ++other) dominated = dominates(other, row);
      if (!dominated) front.push_back(row);
    }
    for (size_t row : front) {
      ranks[row] = rank;
      for (size_t k = 0; k < m; ++k) scaled.At(row, k) = 1.1;  // ranked: everything unranked dominates it
    }
    unranked -= std::min(unranked, front.size());
  }
  return ranks;
}

}  // namespace parzen::tpe
