// Sobol points, scrambled.
//
// Sobol, "On the distribution of points in a cube and the approximate evaluation of integrals", 1967. Dimension 0 is van der
// Corput's sequence; dimension d > 0 has the d-th primitive polynomial over GF(2) (found by search, in order of degree, then of
// coefficients), and odd initial direction numbers that are hashed from d, not searched for: every axis is even by itself, while
// projections on two axes are only as even as chance makes them.
// Scrambling is Matousek's ("On the L2-discrepancy for anchored boxes", 1998): a random lower triangular matrix a dimension, then
// a random digital shift. It keeps every (t, m, s)-net property, so each 2^k consecutive points from a multiple of 2^k have
// one value in each of the 2^k equal parts of every axis.

#ifndef PARZEN_SAMPLER_SOBOL_H_
#define PARZEN_SAMPLER_SOBOL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parzen {

class ScrambledSobol {
 public:
  static constexpr size_t kMaxDimensions = 1'000;
  static constexpr int kIndexBits = 32;

  explicit ScrambledSobol(uint64_t seed) : seed_(seed) {}

  // Coordinate of a point in [0, 1), a multiple of 2^-53; index < 2^32, dimension < kMaxDimensions. Dimensions are prepared at
  // their first use.
  double Coordinate(uint64_t index, size_t dimension);

 private:
  struct Dimension {
    std::array<uint64_t, kIndexBits> directions{};  // of index bit i, scrambled; the top bit is 1/2
    uint64_t shift = 0;
  };
  void Prepare(size_t dimension);

  const uint64_t seed_;
  std::vector<Dimension> dimensions_;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_SOBOL_H_
