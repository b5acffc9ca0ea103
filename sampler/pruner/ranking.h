// Ranking: how many of a growing set of reports are better than a given one.
//
// One objective: the order of the numbers. Several: by front of non-domination (0: dominated by none; k: by none but those in
// fronts before k), and within a front by crowding distance, the greater first (Deb et al., "A fast and elitist multiobjective
// genetic algorithm: NSGA-II", IEEE TEC 6(2), 2002). Crowding rather than hypervolume contribution: it costs O(objectives x
// front) for any number of objectives, needs no reference point, does not depend on the objectives' units, and keeps the ends of
// a front, which a search for trade-offs wants explored; contributions of the ends hang on the reference point alone.

#ifndef PARZEN_SAMPLER_PRUNER_RANKING_H_
#define PARZEN_SAMPLER_PRUNER_RANKING_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sampler/history.h"

namespace parzen::pruner {

class Ranking {
 public:
  virtual ~Ranking() = default;

  // Values as reported, one an objective, none NaN.
  virtual void Insert(std::span<const double> values) = 0;
  // Takes out one of the entries with these values, if there is any.
  virtual void Erase(std::span<const double> values) = 0;
  virtual int64_t size() const = 0;
  // How many entries are better than `values`, which may be among them or not. An entry that is equally good is not better.
  virtual int64_t CountBetter(std::span<const double> values) const = 0;
};

std::unique_ptr<Ranking> MakeRanking(std::vector<Direction> directions);

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_RANKING_H_
