// Fronts: Ranking by several objectives.

#ifndef PARZEN_SAMPLER_PRUNER_FRONTS_H_
#define PARZEN_SAMPLER_PRUNER_FRONTS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sampler/pruner/ranking.h"

namespace parzen::pruner {

// Fronts are kept as entries arrive: a new one goes to the first front in which nothing dominates it, found by bisection, and
// what it dominates there moves a front back, and so on (Li, Deb, Zhang, Kwong, "Efficient nondomination level update method for
// steady-state evolutionary multiobjective optimization", IEEE TCYB 47(9), 2017).
class Fronts : public Ranking {
 public:
  explicit Fronts(std::vector<Direction> directions) : directions_(std::move(directions)) {}

  void Insert(std::span<const double> values) override;
  void Erase(std::span<const double> values) override;
  int64_t size() const override { return size_; }
  int64_t CountBetter(std::span<const double> values) const override;

  // The front that an entry with these values is in, or would be.
  size_t FrontOf(std::span<const double> values) const;

 private:
  // Entries of one front, row by row; losses (less is better).
  using Front = std::vector<double>;

  size_t width() const { return directions_.size(); }
  std::vector<double> ToLosses(std::span<const double> values) const;
  bool Dominates(const double* a, const double* b) const;
  bool DominatedBy(const Front& front, const double* losses) const;
  size_t FrontOfLosses(const double* losses) const;
  void InsertLosses(std::vector<double> moving);
  // Crowding distance of each row of a front.
  std::vector<double> Crowding(const Front& front) const;

  std::vector<Direction> directions_;
  std::vector<Front> fronts_;  // none is empty
  int64_t size_ = 0;
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_FRONTS_H_
