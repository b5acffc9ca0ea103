// KernelMixture: the density that ParzenEstimator computes, kept from ask to ask and evaluated without looking at most kernels.
//
// What makes it fast:
// - Kernels are added and removed one by one. One that comes changes the bandwidths of its two neighbours in each dimension,
// nothing else
//   (below 98 observations consider_magic_clip's least bandwidth still moves, and all are set anew). Weights follow from a
//   kernel's rank.
// - A kernel whose share in the sum is provably below 1e-14 of the prior's alone, all such kernels together, is not evaluated.
// With z_d
//   the distance in dimension d in bandwidths, the kernel's share is at most its greatest density times exp(-sum z_d^2 / 2), and
//   from 98 observations on nearly all bandwidths are the least one, 1/100 of a range. So positions are kept in one byte a
//   dimension, 16 kernels are compared at a time, and what is too far away in any dimension where its bandwidth is the least goes
//   out.
// - In one dimension kernels of the least bandwidth are summed as moments (gauss_moments.h), those of a grid or a categorical
// parameter by
//   value (value_counts.h).
//
// The result does not depend on the order in which kernels came and went: what a restarted server builds gives the same bits.

#ifndef PARZEN_SAMPLER_TPE_KERNEL_MIXTURE_H_
#define PARZEN_SAMPLER_TPE_KERNEL_MIXTURE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "sampler/tpe/cell_masses.h"
#include "sampler/tpe/dimension.h"
#include "sampler/tpe/gauss_moments.h"
#include "sampler/tpe/parzen_estimator.h"
#include "sampler/tpe/settings.h"
#include "sampler/tpe/value_counts.h"

namespace parzen::tpe {

// An observation: a history's row and its values of the mixture's parameters, internal form.
struct Observation {
  int32_t row = 0;
  std::vector<double> values;
};

class KernelMixture {
 public:
  enum class Weighting { kRamp, kEqual };  // RampWeights, or all 1

  KernelMixture(std::vector<Dimension> dimensions, const TpeSettings& settings, Weighting weighting);

  // Observations, without the prior.
  size_t size() const { return size_; }
  bool Contains(int32_t row) const;
  // Ascending.
  std::vector<int32_t> Rows() const;
  // Whether the row is in with these values.
  bool Holds(const Observation& observation) const;
  // Whether no observation lies outside of its parameter's range or choices.
  bool IsRegular() const { return outside_ == 0 && !unknown_choices_; }
  // Takes rows out, then puts rows in that are not in. Many at once cost as much as sorting.
  void Apply(const std::vector<int32_t>& removed, const std::vector<Observation>& added);

  // As ParzenEstimator's; draws in the same order.
  ValueTable Sample(int32_t n, UniformSource uniform) const;
  std::vector<double> LogDensity(const ValueTable& candidates);

 private:
  // A candidate: coordinates of the density, the edges of its cell where a dimension has a grid, and what can be left out.
  struct Candidate {
    std::vector<double> x, left, right;
    std::vector<uint8_t> position, reach;  // quantized
    double prior = 0;                      // log of weight times density, as all that follow without the sum of weights
    double limit = 0;                      // kernels with a larger sum of squared distances are left out
  };
  // What a kernel that counts adds: log density and weight.
  struct Term {
    double log_density, weight;
  };

  size_t dimension_count() const { return dimensions_.size(); }
  double Coordinate(int32_t slot, size_t d) const { return coordinates_[slot * dimensions_.size() + d]; }
  bool IsNumerical(size_t d) const { return !dimensions_[d].categorical; }
  bool OneNumerical() const { return dimensions_.size() == 1 && !dimensions_[0].categorical; }
  bool OneContinuous() const { return OneNumerical() && dimensions_[0].step == 0; }
  std::optional<int32_t> FindSlot(int32_t row) const;
  double LeastBandwidth(size_t d) const;
  double Weight(int64_t rank) const;

  void AppendSlot(const Observation& observation);
  void Revive(int32_t slot, const Observation& observation);
  void SetCoordinates(int32_t slot, const std::vector<double>& values);
  void CopyCoordinates(int32_t slot, std::span<const double> coordinates);
  void EnterSorted(int32_t slot);
  void LeaveSorted(int32_t slot);
  void RebuildAll(const std::vector<Observation>& added);
  void SortAll();
  void SetAllBandwidths();
  void SetBandwidth(size_t d, size_t position);
  void SizeChanged();
  // The ranks of `slot` and later ones are no longer right.
  void RanksChangedFrom(size_t slot);
  void UpdateRanks();

  // log of what a kernel's exp(-sum z^2 / 2) is multiplied by, categorical parameters' share left out.
  double LogScale(int32_t slot);
  void SetCandidate(const ValueTable& candidates, size_t i, Candidate* candidate) const;
  void SetReach(Candidate* candidate) const;
  // The sum of squared distances, grid cells and choices as what has the same effect; something above `limit` where it exceeds
  // that.
  double SquaredDistance(int32_t slot, const Candidate& candidate);
  void EvaluateSlot(int32_t slot, const Candidate& candidate, std::vector<Term>* terms);
  void EvaluateAll(const Candidate& candidate, std::vector<Term>* terms);
  void EvaluateNear(const Candidate& candidate, std::vector<Term>* terms);
  // log of (prior + terms) / weights.
  double LogMean(const Candidate& candidate, const std::vector<Term>& terms) const;

  // One dimension (kernel_mixture_1d.cc): sums of equal kernels, kept up to date.
  bool HasSums() const;
  void PrepareSums();
  // Counts a slot in the sums with `rank`, or not at all with -1.
  void CountInSums(int32_t slot, int32_t rank);
  double LogDensityBySums(const Candidate& candidate);
  double SumOfValues(const Candidate& candidate, double unit);
  // One continuous dimension and few kernels: all of them, in vector code.
  void PrepareAmplitudes();
  double LogDensityByAmplitudes(const Candidate& candidate) const;

  const std::vector<Dimension> dimensions_;
  std::vector<size_t> continuous_, categorical_, grid_;  // indices of dimensions
  const TpeSettings settings_;
  const Weighting weighting_;

  // Slots in the order of rows; a removed row's slot stays, not alive, until all is rebuilt.
  size_t size_ = 0;
  std::vector<int32_t> rows_;
  std::vector<uint8_t> alive_;              // 0xff or 0; padded to whole blocks
  std::vector<double> coordinates_;         // [slot][dimension]; a categorical's choice
  std::vector<double> inverse_bandwidths_;  // [slot][dimension]
  std::vector<double> log_scales_;          // NaN: to be computed
  std::vector<int32_t> ranks_;              // among alive slots; right where below ranks_valid_
  size_t ranks_valid_ = 0;
  std::vector<std::vector<int32_t>> sorted_;  // [dimension]: alive slots by coordinate, then slot
  std::vector<std::vector<uint8_t>> positions_,
      narrow_;                        // [dimension][slot], padded; narrow: 0xff where the bandwidth is the least
  std::vector<double> least_;         // bandwidth by dimension
  size_t outside_ = 0;                // alive slots with a coordinate outside the range: no bound holds for them
  bool unknown_choices_ = false;      // a slot has, or had since all was rebuilt, a choice that there is none of
  double hit_log_ = 0;                // categorical parameters' share of every kernel's log density
  std::vector<double> miss_penalty_;  // by dimension: added to the squared distance of a kernel of another choice
  double total_weight_ = 0;           // of observations
  double ramp_first_ = 0, ramp_step_ = 0;

  CellMasses cell_masses_;

  // One dimension only.
  std::optional<GaussMoments> moments_;
  std::optional<ValueCounts> counts_;
  std::set<int32_t> wide_;             // alive slots whose bandwidth is not the least
  std::vector<int32_t> summed_ranks_;  // the rank with which a slot is counted, -1 where it is not
  std::vector<int32_t> touched_;       // slots that may have to be counted otherwise, besides those from summed_from_ on
  size_t summed_from_ = 0;
  struct Packed {  // of alive slots, an even number
    std::vector<double> mu, inverse;
    std::vector<double> amplitude;  // weight times greatest density, relative to exp(amplitude_unit_)
    void clear() { mu.clear(), inverse.clear(), amplitude.clear(); }
  } packed_;
  double amplitude_unit_ = 0;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_KERNEL_MIXTURE_H_
