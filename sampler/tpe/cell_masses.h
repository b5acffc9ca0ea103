// A cache of the masses that kernels give to grid cells: on a grid the same ones come again and again.

#ifndef PARZEN_SAMPLER_TPE_CELL_MASSES_H_
#define PARZEN_SAMPLER_TPE_CELL_MASSES_H_

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "sampler/tpe/normal.h"

namespace parzen::tpe {

class CellMasses {
 public:
  // -2 log P(a < Z < b) for a = (left - mu) * inverse_bandwidth and b likewise: what takes the place of z^2.
  double SquaredDistance(double left, double right, double mu, double inverse_bandwidth) {
    if (entries_.empty()) entries_.resize(kEntries);
    Entry& entry = entries_[Hash(left, mu, inverse_bandwidth)];
    if (entry.left != left || entry.right != right || entry.mu != mu || entry.inverse_bandwidth != inverse_bandwidth) {
      entry = {left, right, mu, inverse_bandwidth,
               -2 * LogMass((left - mu) * inverse_bandwidth, (right - mu) * inverse_bandwidth)};
    }
    return entry.value;
  }

 private:
  struct Entry {
    double left = std::numeric_limits<double>::quiet_NaN(), right = 0, mu = 0, inverse_bandwidth = 0, value = 0;
  };
  static constexpr size_t kEntries = 4096;

  static size_t Hash(double a, double b, double c) {
    uint64_t h = std::bit_cast<uint64_t>(a) * 0x9e3779b97f4a7c15u;
    h = (h ^ std::bit_cast<uint64_t>(b)) * 0xc2b2ae3d27d4eb4fu;
    h = (h ^ (h >> 29) ^ std::bit_cast<uint64_t>(c)) * 0x165667b19e3779f9u;
    return (h >> 40) % kEntries;
  }

  std::vector<Entry> entries_;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_CELL_MASSES_H_
