// Points of a search space as rows of numbers for the kernel.
//
// One column a parameter that has more than one value. Numeric parameters map [low, high] to [0, 1], on a log scale where the
// distribution has one; grids (ints, steps) are relaxed to the same scale and rounded on the way back. Categorical parameters
// keep their choice's index, compared for equality only. An inactive conditional parameter has a place of its own: numeric 0.5,
// the middle of its range, so that it says nothing about where it would have been; categorical -1, which equals itself and
// differs from every choice. Two points that both lack a parameter do not differ in it.

#ifndef PARZEN_SAMPLER_GP_ENCODING_H_
#define PARZEN_SAMPLER_GP_ENCODING_H_

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "sampler/space/space.h"

namespace parzen::gp {

inline constexpr double kInactiveNumeric = 0.5, kInactiveCategorical = -1.0;

// One column of the encoding.
struct Dimension {
  size_t parameter = 0;  // its index in the space
  bool categorical = false;
  bool log = false;
  double low = 0, high = 1;    // of the scale: logarithms where log
  double first = 0, last = 1;  // least and greatest value
  double step = 0;             // of a grid, first + k * step; 0 for a continuous parameter
  uint64_t count = 0;          // values of a grid or choices; 0 for a continuous parameter

  bool grid() const { return !categorical && count > 0; }
  // Value k of a grid, cut to [0, count). The last one is `last`, which first + k * step may miss by a few bits.
  double GridValue(double k) const;
  double ToUnit(double value) const;   // internal value -> column
  double FromUnit(double unit) const;  // nearest internal value, on the grid
};

class Encoding {
 public:
  explicit Encoding(const SearchSpace& space);

  const SearchSpace& space() const { return space_; }
  Eigen::Index columns() const { return static_cast<Eigen::Index>(dimensions_.size()); }
  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  std::vector<bool> Categorical() const;

  // `point` is in the order of the space, kAbsent where inactive.
  Eigen::VectorXd Encode(const Point& point) const;
  void EncodeTo(const Point& point, Eigen::Ref<Eigen::VectorXd> row) const;

  // Completes a point: walks the space, keeps what is set and fits, takes the quantile units[i] (in [0, 1)) of parameter i's
  // distribution where it is active and absent, and makes inactive parameters absent.
  Point Complete(const Point& partial, const double* units) const;

 private:
  const SearchSpace& space_;
  std::vector<Dimension> dimensions_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_ENCODING_H_
