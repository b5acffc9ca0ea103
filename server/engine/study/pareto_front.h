// The best complete, feasible trials of a study: one for one objective (ties: the lowest number), the Pareto front for several
// (in number order, equal ones all of them).

#ifndef PARZEN_SERVER_ENGINE_PARETO_FRONT_H_
#define PARZEN_SERVER_ENGINE_PARETO_FRONT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "sampler/history.h"
#include "storage/records.h"

namespace parzen::engine {

// True where every constraint is satisfied (<= 0; NaN is not).
bool IsFeasible(const storage::NamedDoubles& constraints);

// Trials that could be best and have not been compared yet.
class Candidates {
 public:
  explicit Candidates(std::vector<Direction> directions) : directions_(std::move(directions)) {}

  // A complete, feasible trial, one value an objective, not NaN. O(objectives); of one objective only the best is kept.
  void Add(int64_t number, std::span<const double> values);

  size_t size() const { return numbers_.size(); }
  const std::vector<Direction>& directions() const { return directions_; }
  int64_t number(size_t i) const { return numbers_[i]; }
  // Minimized: negated where the objective is maximized.
  std::span<const double> values(size_t i) const { return {values_.data() + i * directions_.size(), directions_.size()}; }
  // All of them; none are left.
  Candidates Take();
  size_t MemoryBytes() const { return 8 * (numbers_.capacity() + values_.capacity()); }

 private:
  std::vector<Direction> directions_;
  std::vector<int64_t> numbers_;
  std::vector<double> values_;
};

class ParetoFront {
 public:
  // O(candidates x front x objectives).
  void Merge(const Candidates& candidates);
  // Ascending.
  std::vector<int64_t> Numbers() const;

 private:
  struct Point {
    int64_t number;
    std::vector<double> values;  // minimized
  };
  std::vector<Point> points_;
};

// A study's front, brought up to date when it is asked for. Thread safe: merging may take long, so it has a lock of its own.
class SharedFront {
 public:
  // Merges what `take` returns, which is called with the front's lock held, and returns the best trials' numbers, ascending.
  std::vector<int64_t> Numbers(const std::function<Candidates()>& take) {
    const MutexLock lock(&mutex_);
    front_.Merge(take());
    return front_.Numbers();
  }

 private:
  Mutex mutex_;  // taken before the study's own
  ParetoFront front_ GUARDED_BY(mutex_);
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_PARETO_FRONT_H_
