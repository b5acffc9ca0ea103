// Patient rule: a trial is pruned where none of its last patience + 1 steps was better, by more than -min_delta, than the best
// before them, and the wrapped pruner, if there is one, agrees. Optuna 5.0, optuna/pruners/_patient.py.
//
// Kept: what running trials reported, and what the wrapped pruner keeps.

#ifndef PARZEN_SAMPLER_PRUNER_PATIENT_H_
#define PARZEN_SAMPLER_PRUNER_PATIENT_H_

#include <cstdint>
#include <memory>
#include <span>

#include "absl/container/flat_hash_map.h"
#include "sampler/pruner/pruner.h"
#include "sampler/pruner/pruner_config.h"
#include "sampler/pruner/trial_reports.h"

namespace parzen::pruner {

class PatientPruner : public Pruner {
 public:
  // `wrapped` may be null.
  PatientPruner(const PatientOptions& options, Direction direction, std::unique_ptr<Pruner> wrapped);

  void Report(int64_t number, int64_t step, std::span<const double> values) override;
  void Restart(int64_t number) override;
  void End(int64_t number, const Outcome& outcome, int64_t order) override;
  PruneDecision Decide(int64_t number) override;
  void RestoreResource(int64_t resource) override;
  void RestoreRung(int64_t number, const RungMark& mark) override;
  int64_t Bracket(int64_t number) const override;

 private:
  struct Running {
    TrialReports reports;
    double best_before = 0;  // of all but the last patience + 1 steps, NaN left out; NaN where there is no other
  };

  double Better(double a, double b) const;
  // How many of a trial's steps come before the last patience + 1.
  size_t Before(const Running& running) const;

  const PatientOptions options_;
  const Direction direction_;
  const std::unique_ptr<Pruner> wrapped_;
  absl::flat_hash_map<int64_t, Running> running_;
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_PATIENT_H_
