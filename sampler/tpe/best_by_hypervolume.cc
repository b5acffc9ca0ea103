#include "sampler/tpe/best_by_hypervolume.h"

#include <algorithm>
#include <numeric>

#include "sampler/tpe/hypervolume.h"
#include "sampler/tpe/nondomination.h"

namespace parzen::tpe {

std::vector<size_t> BestByHypervolume(const Losses& losses, size_t count, Ties ties) {
  std::vector<size_t> best(losses.size());
  std::iota(best.begin(), best.end(), size_t{0});
  if (count == losses.size()) return best;
  best.clear();
  if (count == 0) return best;
  const std::vector<int> ranks = NonDominationRanks(losses, count);
  std::vector<size_t> sizes(static_cast<size_t>(*std::max_element(ranks.begin(), ranks.end())) + 1, 0);
  for (int rank : ranks) ++sizes[rank];
  int last = -1;  // ranks that fit whole
  size_t taken = 0;
  while (taken + sizes[last + 1] <= count) taken += sizes[++last];
  std::vector<size_t> contested;
  for (size_t i = 0; i < losses.size(); ++i) {
    if (ranks[i] <= last) best.push_back(i);
    if (ranks[i] == last + 1) contested.push_back(i);
  }
  if (taken < count) {
    const Losses rank_losses = losses.Select(contested);
    for (size_t i : SelectByHypervolume(rank_losses, count - taken, ReferencePoint(rank_losses), ties))
      best.push_back(contested[i]);
  }
  return best;
}

}  // namespace parzen::tpe
