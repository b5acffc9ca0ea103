// How values of one parameter are spread, as PED-ANOVA sees it: counted on a grid, or by choice, and smoothed by a Parzen
// estimator, which is Optuna 5.0's with its defaults.

#ifndef PARZEN_SAMPLER_IMPORTANCE_DENSITY_H_
#define PARZEN_SAMPLER_IMPORTANCE_DENSITY_H_

#include <span>
#include <vector>

#include "sampler/space/space.h"

namespace parzen::importance {

// The points that a distribution's values are counted at: its choices, or at most 50 points of equal steps over its range, in the
// logarithm where it is logarithmic.
class Grid {
 public:
  // Of a distribution with more than one value.
  explicit Grid(const Distribution& distribution);

  bool is_categorical() const { return is_categorical_; }
  // How many of the values (internal form) lie nearest to each point; half-way between two counts for the lower one.
  std::vector<double> Count(std::span<const double> values) const;

 private:
  bool is_categorical_ = false;
  bool log_ = false;
  double low_ = 0, step_ = 1;
  size_t size_ = 0;
};

// The density at each point of a grid, from the counts there, of which one at least is not 0.
std::vector<double> Density(bool is_categorical, std::span<const double> counts);

// Pearson's divergence of the density of some values from that of all.
double Divergence(const Grid& grid, std::span<const double> some, std::span<const double> all);

}  // namespace parzen::importance

#endif  // PARZEN_SAMPLER_IMPORTANCE_DENSITY_H_
