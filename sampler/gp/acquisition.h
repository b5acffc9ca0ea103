// How promising a point is, in logarithms: expected improvement and the probability of feasibility.
//
// Logarithms keep a gradient where improvement is improbable (Ament et al. 2023, "Unexpected improvements to expected improvement
// for Bayesian optimization"). The loss is to be minimized.

#ifndef PARZEN_SAMPLER_GP_ACQUISITION_H_
#define PARZEN_SAMPLER_GP_ACQUISITION_H_

#include <Eigen/Core>
#include <memory>
#include <utility>
#include <vector>

namespace parzen::gp {

// What a search maximizes, in logarithms.
class Acquisition {
 public:
  virtual ~Acquisition() = default;
  // At the rows of `at` (m x D).
  virtual Eigen::VectorXd Values(const Eigen::MatrixXd& at) const = 0;
  // At one point (D), with the gradient with respect to the columns.
  virtual double ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const = 0;
};

// The product of several, such as expected improvement times the probability of feasibility. Of none: 1.
class AcquisitionProduct final : public Acquisition {
 public:
  void Add(std::unique_ptr<Acquisition> factor) {
    factors_.push_back(factor.get());
    owned_.push_back(std::move(factor));
  }
  // `factor` outlives this.
  void Add(const Acquisition* factor) { factors_.push_back(factor); }
  Eigen::VectorXd Values(const Eigen::MatrixXd& at) const override;
  double ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const override;

 private:
  std::vector<const Acquisition*> factors_;
  std::vector<std::unique_ptr<Acquisition>> owned_;
};

// log(phi(z) + z Phi(z)) = log E[max(0, z + N(0, 1))], for z above -1e150. Relative error of the
// exponential below 1e-13. `slope`, where given, receives the derivative Phi(z) / (phi(z) + z Phi(z)).
double LogH(double z, double* slope = nullptr);

// log E[max(0, incumbent - f)], f ~ N(mean, variance), with its derivatives with respect to mean and variance.
struct LogEi {
  double value = 0;
  double by_mean = 0;
  double by_variance = 0;
};
LogEi LogExpectedImprovement(double mean, double variance, double incumbent);

// log Phi(z) and its derivative phi(z) / Phi(z).
double LogNormalCdf(double z, double* slope = nullptr);

// log(mean(exp(values))) and the weights exp(value) / sum.
double LogMeanExp(const Eigen::VectorXd& values, Eigen::VectorXd* weights);

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_ACQUISITION_H_
