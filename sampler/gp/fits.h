// Which hyperparameters an ask uses: fits at scheduled numbers of observations.
//
// An ask with n observations uses the fit at the last scheduled number c <= n, made from the first c observations by trial
// number. Every number up to 32 is scheduled, then steps of a twelfth, at most 64. A fit starts from the one at the last power of
// two below c, which starts from the one at the power before: so it is a function of the first c observations alone, is replayed
// with few fits whose costs are a geometric series, and what a straggler changes is soon made again. Fits are kept under a hash
// of the observations that they were made from: a hit is exact, whatever was prepared, restored or told out of order.

#ifndef PARZEN_SAMPLER_GP_FITS_H_
#define PARZEN_SAMPLER_GP_FITS_H_

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/gp/model.h"
#include "sampler/gp/transform.h"
#include "sampler/gp/tuning.h"

namespace parzen::gp {

// Observations between two fits at most.
inline constexpr int64_t kMostFitStep = 64;

// The last scheduled number of observations <= n; n >= 1.
int64_t LastScheduled(int64_t n);
// The scheduled number whose fit the one at `count` starts from; 0 for the priors' centers.
int64_t FitBefore(int64_t count);

struct ScheduledFit {
  uint64_t hash = 0;  // of the kernel's columns, the prior's form, the points and the values
  int64_t count = 0;  // observations
  int warp = 0;       // index into Warps()
  Hyperparameters hyperparameters;
};

// The warps that a fit chooses from, as OutputTransform takes them; the first is none.
const std::vector<double>& Warps();

// The observations, ascending, that are used of the first `count` where at most `most` can be: the better half of `most` by
// value, and of the rest as many at even distances in the order of values.
std::vector<Eigen::Index> ChooseObservations(const std::vector<double>& values, int64_t count, int64_t most);

// Folds 8-byte words into a hash.
uint64_t HashWords(uint64_t hash, const void* data, size_t words);

class Fits {
 public:
  // The fit for the first `count` rows of `points` with `values`; `count` is scheduled. `output`: what
  // the values are.
  ScheduledFit At(const Kernel& kernel, const ModelPrior& prior, const Eigen::MatrixXd& points, const std::vector<double>& values,
                  int64_t count, OutputKind output);

  // Up to how many observations fits are thorough (tuning.h).
  void SetThoroughTo(int64_t count) { thorough_to_ = count; }

  // The fits that a restart needs, a few hundred bytes each.
  std::string Save() const;
  // Takes what Save gave. Anything else is ignored: fits can be made again.
  void Restore(std::string_view state);

 private:
  std::vector<int> WarpsToTry(int64_t count, int last, OutputKind output) const;

  int64_t thorough_to_ = kThoroughFitsTo;
  std::vector<ScheduledFit> kept_;  // the latest used last
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_FITS_H_
