#include "sampler/pruner/patient.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/pruner/reason.h"

namespace parzen::pruner {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

PatientPruner::PatientPruner(const PatientOptions& options, Direction direction, std::unique_ptr<Pruner> wrapped)
    : options_(options), direction_(direction), wrapped_(std::move(wrapped)) {}

double PatientPruner::Better(double a, double b) const {
  return direction_ == Direction::kMaximize ? std::fmax(a, b) : std::fmin(a, b);  // both leave NaN out
}

size_t PatientPruner::Before(const Running& running) const {
  const uint64_t patience = static_cast<uint64_t>(options_.patience);
  return running.reports.size() > patience ? running.reports.size() - patience - 1 : 0;
}

void PatientPruner::Report(int64_t number, int64_t step, std::span<const double> values) {
  if (wrapped_ != nullptr) wrapped_->Report(number, step, values);
  Running& running = running_[number];
  const TrialReports::Place place = running.reports.Put(step, values);
  const size_t before = Before(running);
  if (before == 0) return;
  if (place.replaced || before == 1) {
    running.best_before = kNan;
    for (size_t row = 0; row < before; ++row) running.best_before = Better(running.best_before, running.reports.value(row));
  } else {
    // One step more came before the last ones: the new one, or the one that it pushed there.
    running.best_before = Better(running.best_before, running.reports.value(std::min(place.row, before - 1)));
  }
}

void PatientPruner::Restart(int64_t number) {
  running_.erase(number);
  if (wrapped_ != nullptr) wrapped_->Restart(number);
}

void PatientPruner::End(int64_t number, const Outcome& outcome, int64_t order) {
  running_.erase(number);
  if (wrapped_ != nullptr) wrapped_->End(number, outcome, order);
}

PruneDecision PatientPruner::Decide(int64_t number) {
  const auto found = running_.find(number);
  if (found == running_.end()) return {};
  const Running& running = found->second;
  const size_t before = Before(running);
  if (before == 0) return {};
  double best_since = kNan;
  for (size_t row = before; row < running.reports.size(); ++row) best_since = Better(best_since, running.reports.value(row));
  const bool worse = direction_ == Direction::kMaximize ? running.best_before - options_.min_delta > best_since
                                                        : running.best_before + options_.min_delta < best_since;
  if (!worse) return {};
  const std::string why = absl::StrCat("the last ", running.reports.size() - before, " reports, ", Number(best_since),
                                       " at best, were worse than ", Number(running.best_before), " before");
  if (wrapped_ == nullptr) {
    return {.prune = true, .reason = PrunedAt(running.reports.last_step(), why), .rungs = {}, .resource = {}};
  }
  PruneDecision decision = wrapped_->Decide(number);
  if (decision.prune) absl::StrAppend(&decision.reason, "; ", why);
  return decision;
}

void PatientPruner::RestoreResource(int64_t resource) {
  if (wrapped_ != nullptr) wrapped_->RestoreResource(resource);
}

void PatientPruner::RestoreRung(int64_t number, const RungMark& mark) {
  if (wrapped_ != nullptr) wrapped_->RestoreRung(number, mark);
}

int64_t PatientPruner::Bracket(int64_t number) const { return wrapped_ == nullptr ? 0 : wrapped_->Bracket(number); }

}  // namespace parzen::pruner
