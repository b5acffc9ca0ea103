// A weighted sum of many equal normal kernels on a line, evaluated at a cost that does not depend on how many there are.
//
// Greengard and Strain, "The fast Gauss transform", SIAM J. Sci. Stat. Comput. 12(1), 1991, in one dimension: the line is cut
// into cells half a bandwidth wide. With t a kernel's distance to its cell's centre and y that of the point asked for, in
// bandwidths,
//     exp(-(y - t)^2 / 2) = exp(-y^2 / 2) sum_p He_p(y) t^p / p!,
// so a cell is known by the moments sum w t^p. As |t| <= 1/4, 14 of them leave an error below 1e-14 of a kernel's peak.
//
// A kernel's weight is a * (u + v * rank), with u and v the same for all: moments are kept for a and for a * rank, so that a new
// u and v cost nothing. They are kept in fixed point: sums do not depend on the order in which kernels came and went, so a
// restarted server computes the same bits.

#ifndef PARZEN_SAMPLER_TPE_GAUSS_MOMENTS_H_
#define PARZEN_SAMPLER_TPE_GAUSS_MOMENTS_H_

#include <array>
#include <cstdint>
#include <vector>

namespace parzen::tpe {

class GaussMoments {
 public:
  static constexpr int kOrder = 14;

  // Kernels lie in [low, high].
  GaussMoments(double low, double high, double bandwidth);

  double bandwidth() const { return bandwidth_; }
  void Clear();
  // 0 < amplitude <= 4.
  void Add(double mu, double amplitude, int64_t rank) { Accumulate(mu, amplitude, rank, 1); }
  void Subtract(double mu, double amplitude, int64_t rank) { Accumulate(mu, amplitude, rank, -1); }

  // Fixes u and v for the evaluations that follow.
  void SetWeights(double u, double v);
  // The sum at x of the kernels up to `reach` bandwidths away (and some beyond), each weight * exp(-z^2 / 2).
  double Evaluate(double x, double reach) const;

 private:
  struct Cell {
    std::array<__int128, kOrder> plain{}, ranked{};
  };
  void Accumulate(double mu, double amplitude, int64_t rank, int sign);

  double low_, bandwidth_, width_;  // width_: of a cell
  std::vector<Cell> cells_;
  // The moments as doubles, kept beside the cells; stride_ for each order, one more than there are cells so that two can be
  // read at once.
  size_t stride_;
  std::vector<double> plain_, ranked_;
  std::vector<double> weighted_;  // (u * plain + v * ranked) / kUnit
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_GAUSS_MOMENTS_H_
