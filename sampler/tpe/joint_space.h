// Which parameters Optuna samples jointly: what it infers from the finished trials, never from a declaration.

#ifndef PARZEN_SAMPLER_TPE_JOINT_SPACE_H_
#define PARZEN_SAMPLER_TPE_JOINT_SPACE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "sampler/history.h"
#include "sampler/tpe/dimension.h"

namespace parzen::tpe {

// The parameters that all complete and pruned trials have, with one and the same distribution (IntersectionSearchSpace).
class IntersectionSpace {
 public:
  // Takes up the rows that ended since the last call.
  void Update(const History& history);
  // Parameters with one value only are left out. By name (5.0), or in the order in which they were first suggested (2.9.1).
  JointGroup Group(bool by_name) const;

 private:
  size_t read_ = 0;  // of history.finished()
  std::optional<std::vector<NamedDistribution>> common_;
};

// The partition of all parameters into groups such that each complete or pruned trial has all parameters of a group or none
// (_GroupDecomposedSearchSpace). A group's parameters are by name; the order of groups depends on which trials had ended at which
// ask, since Optuna refines the partition at each.
class GroupedSpace {
 public:
  // As the ask for trial `number` finds it.
  void Update(const History& history, int64_t number);
  std::vector<JointGroup> Groups() const;

 private:
  void TakeUp(const History& history, size_t end);
  void Add(const History& history, int64_t row);

  size_t read_ = 0;       // of history.finished()
  int64_t next_row_ = 0;  // asks for smaller numbers have been taken up
  std::vector<std::vector<NamedDistribution>> groups_;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_JOINT_SPACE_H_
