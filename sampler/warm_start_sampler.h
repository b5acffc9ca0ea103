// WarmStartSampler: a sampler that begins with what was good in earlier studies.
//
// The first trials that nobody fixed anything of take the snapshot's first points, each once: one that a trial has already, or
// that is taken, is passed over, and so are those that are left at trial kFirstUntil. Parameters that no earlier study had are in
// the middle of their ranges. Everything else is the other sampler's.

#ifndef PARZEN_SAMPLER_WARM_START_SAMPLER_H_
#define PARZEN_SAMPLER_WARM_START_SAMPLER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sampler/sampler.h"
#include "sampler/warm_start.h"

namespace parzen {

class WarmStartSampler final : public Sampler {
 public:
  static constexpr int64_t kFirstUntil = 100;

  WarmStartSampler(std::unique_ptr<Sampler> sampler, std::shared_ptr<const WarmStart> warm_start, int32_t algorithm_version)
      : Sampler(0, algorithm_version), sampler_(std::move(sampler)), warm_start_(std::move(warm_start)) {}

  void Prepare(const History& history, const SearchSpace* space, int64_t next_number) override;
  std::string SaveState() const override { return sampler_->SaveState(); }
  void RestoreState(std::string_view state) override { sampler_->RestoreState(state); }
  absl::StatusOr<Draft> StartDefineByRun(const History& history, const AskRequest& request) override {
    return sampler_->StartDefineByRun(history, request);
  }
  absl::StatusOr<ExplainedStart> ExplainDefineByRun(const History& history, const AskRequest& request) override {
    return sampler_->ExplainDefineByRun(history, request);
  }

 protected:
  // The other sampler sees to its suggestions.
  bool samples_as_is() const override { return true; }
  absl::StatusOr<double> SampleParameter(const History& history, std::string_view name, const Distribution& distribution,
                                         Draft* draft) override {
    return sampler_->SuggestParameter(history, name, distribution, draft);
  }
  absl::StatusOr<JointPart> SampleJointly(const History& history, const JointRequest& request) override {
    return sampler_->SuggestJointly(history, request);
  }
  absl::StatusOr<Suggestion> SamplePoint(const History& history, const AskRequest& request) override;
  absl::StatusOr<Explanation> ExplainPoint(const History& history, const AskRequest& request) override;
  std::string_view method() const override { return "warm-start"; }
  absl::StatusOr<Draft> StartAttempt(const History& history, const SearchSpace* space, int64_t number, StreamPositions streams,
                                     uint32_t) override {
    return sampler_->Start(history, space, number, streams);
  }

 private:
  // The point that the trial begins with; nullopt where the other sampler is to suggest it.
  std::optional<Point> FirstPoint(const History& history, const AskRequest& request) const;

  const std::unique_ptr<Sampler> sampler_;
  const std::shared_ptr<const WarmStart> warm_start_;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_WARM_START_SAMPLER_H_
