// From losses to the outputs that a Gaussian process models.
//
// Losses of a search are seldom normal: most runs of a sweep are fair, some diverge, and what matters is the difference between
// the best few. A transform is increasing: losses are clipped (infinite ones, and outliers far above the median), optionally
// warped by log(1 + (y - least) / softness), which spreads what is near the best and compresses the rest, and standardized. The
// softness is chosen by the marginal likelihood of the warped process (Snelson, Rasmussen and Ghahramani 2004, "Warped Gaussian
// processes"), for which LogJacobian is the change of volume.

#ifndef PARZEN_SAMPLER_GP_TRANSFORM_H_
#define PARZEN_SAMPLER_GP_TRANSFORM_H_

#include <Eigen/Core>
#include <vector>

namespace parzen::gp {

// What is modelled: a constraint as it is; the loss of a study with one objective clipped and, where that fits better, warped;
// one of several objectives not warped, since that would change what hypervolume is worth, and clipped only where it is far off.
enum class OutputKind { kConstraint = 0, kLoss = 1, kOneOfSeveral = 2 };  // the numbers are hashed

constexpr double OutlierOf(OutputKind kind) { return kind == OutputKind::kLoss ? 5 : kind == OutputKind::kOneOfSeveral ? 20 : 0; }

class OutputTransform {
 public:
  // `losses`: at least one, minimized, may be infinite, not NaN. `warp`: 0 for none, else the softness in units of the distance
  // between the least loss and the median of the different losses (a smaller number warps more). Losses further above the
  // median than `outlier` median-to-least distances are clipped where there is no warp; 0: only infinite ones.
  OutputTransform(const std::vector<double>& losses, double warp, double outlier = OutlierOf(OutputKind::kLoss));

  double operator()(double loss) const;
  // Without clipping and warp: where a value beyond those seen stands.
  double Extrapolate(double loss) const { return (loss - mean_) / deviation_; }
  // The loss that would be transformed to `output`, within the clipping bounds where the warp is logarithmic.
  double Inverse(double output) const;
  // Whether it is logarithmic, and how far apart transformed (and warped) losses are that differ by one output.
  bool warped() const { return softness_ > 0; }
  double deviation() const { return deviation_; }
  Eigen::VectorXd Apply(const std::vector<double>& losses) const;
  // Sum over the losses it was made from of log d(transformed) / d(loss), up to a constant that is the same for all warps.
  double LogJacobian() const { return log_jacobian_; }

 private:
  double Warp(double loss) const;

  double least_ = 0, most_ = 0;  // clipping bounds
  double softness_ = 0;          // in units of the losses; 0: no warp
  double mean_ = 0, deviation_ = 1;
  double log_jacobian_ = 0;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_TRANSFORM_H_
