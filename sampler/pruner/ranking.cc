#include "sampler/pruner/ranking.h"

#include <utility>

#include "sampler/pruner/fronts.h"
#include "sampler/pruner/ordered_values.h"

namespace parzen::pruner {

std::unique_ptr<Ranking> MakeRanking(std::vector<Direction> directions) {
  if (directions.size() == 1) return std::make_unique<OrderedValues>(directions[0]);
  return std::make_unique<Fronts>(std::move(directions));
}

}  // namespace parzen::pruner
