// The densities of a group of parameters, following a history as it grows.

#ifndef PARZEN_SAMPLER_TPE_GROUP_MODEL_H_
#define PARZEN_SAMPLER_TPE_GROUP_MODEL_H_

#include <cstdint>
#include <vector>

#include "sampler/history.h"
#include "sampler/tpe/dimension.h"
#include "sampler/tpe/failure_evidence.h"
#include "sampler/tpe/kernel_mixture.h"
#include "sampler/tpe/settings.h"

namespace parzen::tpe {

// A row's values of the group's parameters, internal form; false where it lacks one. A running trial's joint part counts where it
// has no value of its own (yet), with multivariate.
class RowReader {
 public:
  RowReader(const History& history, const JointGroup& group, const TpeSettings& settings);
  bool Read(int64_t row, std::vector<double>* values) const;

 private:
  const History& history_;
  const JointGroup& group_;
  const bool reads_relative_;
  std::vector<const Column*> columns_;
};

class GroupModel {
 public:
  GroupModel(JointGroup group, const TpeSettings& settings, size_t objectives);

  const JointGroup& group() const { return group_; }
  // Brings the densities up to date: `below` are the good rows, ascending; all other observations and the running rows except
  // `number` are the rest, failed rows a density of their own. `version` changes with `below`.
  void Update(const History& history, const std::vector<int32_t>& below, int64_t version, int64_t number);

  KernelMixture& below() { return below_; }
  KernelMixture& above() { return above_; }
  // The failed rows, where settings say that they are learned from.
  KernelMixture& failed() { return failed_; }
  FailureEvidence& evidence() { return evidence_; }

 private:
  const JointGroup group_;
  const TpeSettings settings_;
  KernelMixture below_, above_, failed_;
  FailureEvidence evidence_;
  size_t read_ = 0;  // of history.finished()
  int64_t version_ = -1;
  std::vector<int32_t> below_rows_;   // as given, whether they have the parameters or not
  std::vector<Observation> running_;  // what runs and is in above_
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_GROUP_MODEL_H_
