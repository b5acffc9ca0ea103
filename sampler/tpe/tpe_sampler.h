// TpeSampler: the tree-structured Parzen estimator.
//
// The best tenth of the trials gives a density l of good parameters, the rest a density g; candidates are drawn from l, and the
// one with the largest l / g is suggested.
//
// reproduce = optuna-5.0 or optuna-2.9.1: what that version's TPESampler suggests, draw by draw, on its two serial streams.
// reproduce = none: Optuna 5.0's algorithm on streams of the trial's own. The joint part is then taken from the declaration where
// there is one: parameters that are active under the same condition form a group, and a group is sampled when the first of its
// parameters is asked for. INFEASIBLE trials are observations, the worst.

#ifndef PARZEN_SAMPLER_TPE_TPE_SAMPLER_H_
#define PARZEN_SAMPLER_TPE_TPE_SAMPLER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sampler/failures.h"
#include "sampler/numpy_random.h"
#include "sampler/sampler.h"
#include "sampler/tpe/dimension.h"
#include "sampler/tpe/joint_space.h"
#include "sampler/tpe/learned.h"
#include "sampler/tpe/options.h"
#include "sampler/tpe/parzen_estimator.h"
#include "sampler/tpe/settings.h"
#include "sampler/tpe/split.h"

namespace parzen::tpe {

class TpeSampler final : public Sampler {
 public:
  static constexpr int32_t kAlgorithmVersion = 2;  // the newest

  TpeSampler(const TpeOptions& options, uint64_t seed, size_t objectives, int32_t algorithm_version = kAlgorithmVersion);

  void LearnWith(const Sampler& other) override;

 protected:
  absl::StatusOr<double> SampleParameter(const History& history, std::string_view name, const Distribution& distribution,
                                         Draft* draft) override;
  // Replays the suggestion with a sampler made anew. A group that was sampled is told with its split, its candidates and the
  // winner.
  absl::StatusOr<Explanation> ExplainPoint(const History& history, const AskRequest& request) override;
  // What Optuna's sampler samples jointly: nothing where parameters are sampled one by one, and none of a space that is given
  // where too few trials have ended.
  absl::StatusOr<JointPart> SampleJointly(const History& history, const JointRequest& request) override;
  std::string_view method() const override { return "tpe"; }
  bool samples_as_is() const override { return reproduces(); }
  absl::StatusOr<double> SuggestDeclared(const History& history, const SearchSpace& space, size_t i, Draft* draft) override;
  absl::StatusOr<Draft> StartAttempt(const History& history, const SearchSpace* space, int64_t number, StreamPositions streams,
                                     uint32_t attempt) override;

 private:
  bool reproduces() const { return settings_.reproduce != Reproduce::kNone; }
  // Draws the groups that Optuna infers from the history into draft->relative, unless that was done.
  void DrawInferredGroups(const History& history, Draft* draft);
  void DrawGroup(const History& history, const JointGroup& group, Draft* draft);
  // The groups that Optuna infers from the history.
  std::vector<JointGroup> InferGroups(const History& history, int64_t number);
  // The values of a group's parameters, in their order; empty where too few trials have ended.
  std::vector<double> SampleGroup(const History& history, const JointGroup& group, Draft* draft);
  // The winner of a group's candidates; told to explanation_ where there is one. `heed`, where not empty, is added to the scores.
  std::vector<double> Choose(const JointGroup& group, const std::vector<int32_t>& below, const std::vector<int32_t>& above,
                             const ValueTable& candidates, const std::vector<double>& log_l, const std::vector<double>& log_g,
                             const std::vector<double>& heed);
  std::vector<double> SampleGroupIncrementally(const History& history, const JointGroup& group, Draft* draft);
  std::vector<double> SampleGroup5_0(const History& history, const JointGroup& group, Draft* draft, UniformSource uniform);
  std::vector<double> SampleGroup2_9_1(const History& history, const JointGroup& group, Draft* draft, UniformSource uniform);
  const Split& SplitOf(const History& history, int64_t number);
  // The values that the rows have of a group's parameters; rows that lack one are left out.
  ValueTable Observe(const History& history, const JointGroup& group, const std::vector<int32_t>& rows) const;
  double RandomValue(std::string_view name, const Distribution& distribution, Draft* draft);

  const TpeOptions options_;
  const TpeSettings settings_;
  Explanation* explanation_ = nullptr;  // what is sampled is told here
  NumpyRandom startup_stream_, tpe_stream_;
  IntersectionSpace intersection_;
  GroupedSpace grouped_;

  std::shared_ptr<Learned> learned_;  // with other seeds too
  Failures ended_;

  // With reproduce: the split that was made last, and what of.
  struct CachedSplit {
    int64_t number = -1;
    size_t finished = 0;
    std::vector<int64_t> running;
    Split split;
  };
  std::optional<CachedSplit> cached_split_;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_TPE_SAMPLER_H_
