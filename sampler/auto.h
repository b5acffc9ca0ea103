// AutoSampler: what a study gets that names no sampler.
//
// A space of at most kMostGpParameters parameters is searched by the Gaussian process until kMostGpTrials trials have taught it,
// since it finds better points in few trials; from then on, and in larger spaces, by TPE, whose suggestions cost little whatever
// the number of trials. A define-by-run study's space is what its complete trials show; what a trial asks for beyond that is
// TPE's, each parameter for itself (up to algorithm version 2 all of such a study was TPE's). docs/gp.md has the measurements.
// The choice depends on the space and the history alone, so that a suggestion can be replayed.

#ifndef PARZEN_SAMPLER_AUTO_H_
#define PARZEN_SAMPLER_AUTO_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sampler/sampler.h"

namespace parzen {

inline constexpr size_t kMostGpParameters = 100;
inline constexpr int64_t kMostGpTrials = 1'000;

class AutoSampler final : public Sampler {
 public:
  static constexpr int32_t kAlgorithmVersion = 5;  // the newest; both samplers' versions follow from it

  AutoSampler(std::unique_ptr<Sampler> gp, std::unique_ptr<Sampler> tpe, int32_t algorithm_version = kAlgorithmVersion)
      : Sampler(0, algorithm_version), gp_(std::move(gp)), tpe_(std::move(tpe)) {}

  void Prepare(const History& history, const SearchSpace* space, int64_t next_number) override {
    For(history, space).Prepare(history, space, next_number);
  }
  void LearnWith(const Sampler& other) override {
    if (const auto* like = dynamic_cast<const AutoSampler*>(&other)) tpe_->LearnWith(*like->tpe_);
  }
  void LearnFrom(std::shared_ptr<const WarmStart> warm_start) override { gp_->LearnFrom(std::move(warm_start)); }
  std::string SaveState() const override { return gp_->SaveState(); }
  void RestoreState(std::string_view state) override { gp_->RestoreState(state); }
  absl::StatusOr<Draft> StartDefineByRun(const History& history, const AskRequest& request) override {
    return For(history, nullptr).StartDefineByRun(history, request);
  }
  absl::StatusOr<ExplainedStart> ExplainDefineByRun(const History& history, const AskRequest& request) override;

 protected:
  // Each sampler sees to its own suggestions.
  bool samples_as_is() const override { return true; }
  absl::StatusOr<double> SampleParameter(const History& history, std::string_view name, const Distribution& distribution,
                                         Draft* draft) override;
  absl::StatusOr<Suggestion> SamplePoint(const History& history, const AskRequest& request) override {
    return For(history, request.space).Suggest(history, request);
  }
  absl::StatusOr<Explanation> ExplainPoint(const History& history, const AskRequest& request) override {
    return For(history, request.space).Explain(history, request);
  }
  absl::StatusOr<JointPart> SampleJointly(const History& history, const JointRequest& request) override {
    return tpe_->SuggestJointly(history, request);
  }
  std::string_view method() const override { return "tpe"; }
  // For callers that choose for themselves, and up to algorithm version 2: trials that are not suggested as a whole point.
  absl::StatusOr<Draft> StartAttempt(const History& history, const SearchSpace* space, int64_t number, StreamPositions streams,
                                     uint32_t) override {
    return tpe_->Start(history, space, number, streams);
  }

 private:
  // `space` is null for a define-by-run trial.
  Sampler& For(const History& history, const SearchSpace* space) const;

  const std::unique_ptr<Sampler> gp_, tpe_;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_AUTO_H_
