// How important each parameter was for reaching the best tenth of a study's trials: PED-ANOVA.
//
// Watanabe, Bansal, Hutter 2023, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces" (arXiv
// 2304.10255); conditional parameters as in "Conditional PED-ANOVA" (arXiv 2601.20800). Computed as Optuna 5.0's
// get_param_importances does by default: target quantile 0.1, region quantile 1, on the study's own trials, normalized; several
// objectives rank by non-domination and hypervolume.

#ifndef PARZEN_SAMPLER_IMPORTANCE_PED_ANOVA_H_
#define PARZEN_SAMPLER_IMPORTANCE_PED_ANOVA_H_

#include <string_view>
#include <vector>

#include "sampler/importance/judged_trials.h"

namespace parzen::importance {

struct Importances {
  // One a parameter, the largest first, parameters of equal shares in the trials' order. They sum to 1, or are all 0 where
  // nothing can be told.
  std::vector<NamedValue> shares;
  // For people: why the shares are 0 or there are none; empty where they say something.
  std::string_view note;
};

// For one objective in time linear in trials times parameters.
Importances PedAnova(const JudgedTrials& trials);

}  // namespace parzen::importance

#endif  // PARZEN_SAMPLER_IMPORTANCE_PED_ANOVA_H_
