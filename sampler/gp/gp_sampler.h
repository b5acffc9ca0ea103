// GpSampler: a Gaussian process models the losses, and the next trial is where improvement is most expected.
//
// A study begins with a short design (the center, then Sobol points); from then on every ask conditions a process on the history,
// with hyperparameters fitted on a schedule (fits.h), and maximizes the log expected improvement over the incumbent (the least
// posterior mean at an observation, not the luckiest loss), averaged over the outcomes that running trials may have, times the
// probability that constraints are met. With two or three objectives it is the expected hypervolume improvement on the front;
// more are scalarized anew for each trial by random Chebyshev weights (as two and three were in algorithm version 1). A
// suggestion is a function of seed, trial number, space and history. docs/gp.md tells what was measured.

#ifndef PARZEN_SAMPLER_GP_GP_SAMPLER_H_
#define PARZEN_SAMPLER_GP_GP_SAMPLER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sampler/gp/encoding.h"
#include "sampler/gp/failure_model.h"
#include "sampler/gp/fits.h"
#include "sampler/gp/inferred_space.h"
#include "sampler/gp/observations.h"
#include "sampler/gp/options.h"
#include "sampler/gp/random_stream.h"
#include "sampler/gp/search.h"
#include "sampler/gp/surrogate.h"
#include "sampler/gp/transfer.h"
#include "sampler/gp/tuning.h"
#include "sampler/sampler.h"
#include "sampler/sobol.h"

namespace parzen::gp {

class GpSampler final : public Sampler {
 public:
  static constexpr int32_t kAlgorithmVersion = 5;  // the newest
  // From this version on a define-by-run trial begins with a joint suggestion over what the complete trials show.
  static constexpr int32_t kInfersSpaces = 3;
  // From this version on trials that failed or diverged do not count towards the design of the first trials: as many follow, at
  // most doubling it.
  static constexpr int32_t kCompletesDesign = 4;
  // From this version on objectives are modelled with main effects where HasMainEffects says so, and the hypervolume's reference
  // point keeps to the first trials.
  static constexpr int32_t kMainEffects = 5;

  GpSampler(const GpOptions& options, uint64_t seed, int32_t algorithm_version = kAlgorithmVersion)
      : Sampler(seed, algorithm_version), options_(options), design_(seed) {}

  void Prepare(const History& history, const SearchSpace* space, int64_t next_number) override;
  void LearnFrom(std::shared_ptr<const WarmStart> warm_start) override {
    warm_start_ = std::move(warm_start);
    fits_.SetThoroughTo(kThoroughToWithEarlier);
  }
  std::string SaveState() const override { return fits_.Save(); }
  void RestoreState(std::string_view state) override { fits_.Restore(state); }
  // The joint part has the fixed values that it was drawn with.
  absl::StatusOr<Draft> StartDefineByRun(const History& history, const AskRequest& request) override;
  absl::StatusOr<ExplainedStart> ExplainDefineByRun(const History& history, const AskRequest& request) override;
  // Whether a define-by-run trial is one of the initial design.
  static bool IsOfDesign(const Draft& draft);

 protected:
  absl::StatusOr<double> SampleParameter(const History& history, std::string_view name, const Distribution& distribution,
                                         Draft* draft) override;
  absl::StatusOr<Suggestion> SamplePoint(const History& history, const AskRequest& request) override;
  absl::StatusOr<Explanation> ExplainPoint(const History& history, const AskRequest& request) override;
  std::string_view method() const override { return "gp-ei"; }
  // In a declared space: the design's point. Define-by-run (Start, up to version 2, and for callers that choose for themselves):
  // a joint suggestion for the parameters that every taught trial has.
  absl::StatusOr<Draft> StartAttempt(const History& history, const SearchSpace* space, int64_t number, StreamPositions streams,
                                     uint32_t attempt) override;

 private:
  // What a search found, under a hash of everything that it depends on.
  struct Prepared {
    uint64_t key = 0;
    std::vector<ScoredPoint> found;
  };

  bool InDesign(const History& history, int64_t number) const;
  // Whether a trial takes the design's point: it is of the design and no earlier studies are believed, or too little is known.
  bool IsStartup(const History& history, const Encoding& encoding, const Observations& observations, int64_t number);
  // The points that a search finds most promising, best first; `fixed` in the order of the space. The models stand for the
  // observations and running trials afterwards.
  std::vector<ScoredPoint> Search(const Encoding& encoding, const Observations& observations, int64_t number, const Point& fixed);
  // The same, with the sums of doubles for values of grids.
  std::vector<ScoredPoint> SearchUnrounded(const Encoding& encoding, const Observations& observations, int64_t number,
                                           const Point& fixed);
  // The first that may be suggested: neither taken nor failed, and in an infinite space not a point that was tried already.
  const ScoredPoint* FirstFree(const std::vector<ScoredPoint>& found, const AskRequest& request,
                               const Observations& observations) const;
  // Search, or what Prepare found where it is for the very same question.
  std::vector<ScoredPoint> Found(const Encoding& encoding, const Observations& observations, int64_t number, const Point& fixed);
  // The value of the next parameter of a define-by-run trial of the design: its k-th parameter is in dimension k.
  double DesignValue(const Distribution& distribution, Draft* draft);
  // The most promising point that no trial has or, where there is none, the most promising one. nullopt where there is too little
  // to learn from.
  std::optional<Point> JointPoint(const History& history, const SearchSpace& space, int64_t number, const Point& fixed,
                                  SpaceOf origin);
  // What is known of the values that a define-by-run trial is going to be given, in the order of `space`.
  Point FixedJointly(const SearchSpace& space, const AskRequest& request) const;
  void Condition(const Encoding& encoding, const Observations& observations);
  // Takes running trials into account and adds the improvement of the objectives to the acquisition. Returns how good each
  // observation is, less is better.
  Eigen::VectorXd AddImprovement(const Observations& observations, RandomStream* random, AcquisitionProduct* product);
  // Whether there are two or three objectives.
  bool ByHypervolume(const Observations& observations) const {
    return algorithm_version() > 1 && observations.objectives.size() > 1 && observations.objectives.size() < 4;
  }
  // AddImprovement for two or three objectives: expected hypervolume improvement.
  Eigen::VectorXd AddHypervolumeImprovement(const Observations& observations, RandomStream* random, AcquisitionProduct* product);
  // The outputs that its reference point is at least: the medians of the first trials, as many as the design has.
  Eigen::VectorXd LeastReference(const Observations& observations) const;
  // For the running trials that the models are not conditioned on: all but the latest `conditioned`.
  void AddPendingPenalty(const Observations& observations, Eigen::Index conditioned, AcquisitionProduct* product) const;
  // The same for one objective that is observed with noise while nothing runs: expected improvement over the best of the
  // noiseless values, averaged over joint draws of these at the observations (Letham et al. 2019, "Constrained Bayesian
  // optimization with noisy experiments").
  Eigen::VectorXd AddNoisyImprovement(const Observations& observations, RandomStream* random, AcquisitionProduct* product);

  // The same for one objective where earlier studies help to predict it: expected improvement under Transfer's process. False,
  // and nothing is done, where they do not.
  bool AddTransferImprovement(const Encoding& encoding, const Observations& observations, int64_t number, RandomStream* random,
                              AcquisitionProduct* product, Eigen::VectorXd* scores);
  // Whether there are earlier studies to ask at all.
  bool AsksEarlierStudies(const Observations& observations) const;
  // Whether they help to predict the observations, if there are enough to tell.
  bool EarlierStudiesHelp(const Encoding& encoding, const Observations& observations, int64_t number);
  // What the earlier studies contribute, into `group`.
  void DescribeTransfer(ExplainedGroup* group) const;

  // The model and the rivals of a suggestion, into `group`.
  void DescribeSearch(const Encoding& encoding, const Observations& observations, int64_t number, const Point& fixed,
                      const Point& suggested, ExplainedGroup* group);

  const GpOptions options_;
  ScrambledSobol design_;
  Fits fits_;
  std::vector<bool> categorical_;                                     // columns that the surrogates were made for
  bool main_effects_ = false;                                         // of the objectives' models
  std::vector<std::unique_ptr<Surrogate>> objectives_, constraints_;  // null for a constraint without observations
  std::unique_ptr<FailureModel> failure_;                             // null before the first trial fails
  std::optional<Prepared> prepared_;
  InferredSpace inferred_;
  std::shared_ptr<const WarmStart> warm_start_;  // null where there is none
  std::unique_ptr<Transfer> transfer_;           // made at its first use
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_GP_SAMPLER_H_
