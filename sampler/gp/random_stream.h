// The random numbers of one trial in the forms that the search needs.

#ifndef PARZEN_SAMPLER_GP_RANDOM_STREAM_H_
#define PARZEN_SAMPLER_GP_RANDOM_STREAM_H_

#include <Eigen/Core>
#include <cmath>
#include <cstdint>

#include "sampler/trial_stream.h"

namespace parzen::gp {

class RandomStream {
 public:
  RandomStream(uint64_t seed, int64_t number) : stream_(seed, number, "gp-ei") {}

  double Uniform() { return stream_.Uniform(); }  // [0, 1)
  uint64_t Below(uint64_t n) { return static_cast<uint64_t>(Uniform() * static_cast<double>(n)); }
  // A standard normal, by Box and Muller's transform.
  double Normal() {
    const double u = 1.0 - Uniform(), v = Uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v);
  }
  // Standard normals, column by column.
  Eigen::MatrixXd Normals(Eigen::Index rows, Eigen::Index columns) {
    Eigen::MatrixXd normals(rows, columns);
    for (double& z : normals.reshaped()) z = Normal();
    return normals;
  }

 private:
  TrialStream stream_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_RANDOM_STREAM_H_
