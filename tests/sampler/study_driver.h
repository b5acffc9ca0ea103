// A study in process, around any sampler: what a server does for it, for tests that run whole studies.

#ifndef PARZEN_TESTS_SAMPLER_STUDY_DRIVER_H_
#define PARZEN_TESTS_SAMPLER_STUDY_DRIVER_H_

#include <cmath>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sampler/history.h"
#include "sampler/make_sampler.h"
#include "sampler/space/space.h"
#include "sampler/suggested.h"

namespace parzen {

class StudyDriver {
 public:
  StudyDriver(SearchSpace space, SamplerConfig config, std::vector<Direction> directions = {Direction::kMinimize},
              std::shared_ptr<const WarmStart> warm_start = nullptr)
      : space_(std::move(space)),
        history_(directions),
        sampler_(MakeSampler(config, directions, std::move(warm_start)).value()) {}

  // With it, a finite space's points may be handed out again.
  void AllowRepeats() { allow_repeats_ = true; }

  // The next trial's point; the trial runs from then on.
  Point Ask(std::vector<NamedValue> fixed = {}) {
    AskRequest request;
    request.number = history_.size();
    request.space = &space_;
    request.fixed = std::move(fixed);
    request.taken = space_.FiniteSize() && !allow_repeats_ ? &taken_ : nullptr;
    const Suggestion suggestion = sampler_->Suggest(history_, request).value();
    history_.Append(RowState::kRunning);
    SetSuggested(space_, suggestion, request.number, &history_);
    if (space_.FiniteSize()) taken_.insert(space_.IndexOf(suggestion.point));
    return suggestion.point;
  }

  void Tell(int64_t number, const Outcome& outcome) { history_.Finish(number, outcome); }
  // The trial ends without teaching anything.
  void Forget(int64_t number) { history_.SetState(number, RowState::kWaiting); }

  const SearchSpace& space() const { return space_; }
  const History& history() const { return history_; }
  Sampler& sampler() { return *sampler_; }

 private:
  SearchSpace space_;
  History history_;
  TakenPoints taken_;
  bool allow_repeats_ = false;
  std::unique_ptr<Sampler> sampler_;
};

}  // namespace parzen

#endif  // PARZEN_TESTS_SAMPLER_STUDY_DRIVER_H_
