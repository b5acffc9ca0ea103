// How important each parameter was for reaching the best tenth of a study's trials: PED-ANOVA.
//
// Watanabe, Bansal, Hutter 2023, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces" (arXiv
// 2304.10255); conditional parameters as in "Conditional PED-ANOVA" (arXiv 2601.20800). Computed as Optuna 5.0's
// get_param_importances does by default: target quantile 0.1, region quantile 1, on the study's own trials, normalized; several
// objectives rank by non-domination and hypervolume.

#ifndef PARZEN_CLIENTS_CLI_PLOT_PED_ANOVA_H_
#define PARZEN_CLIENTS_CLI_PLOT_PED_ANOVA_H_

#include <string>
#include <utility>
#include <vector>

#include "parzen/study.h"

namespace parzen::cli {

// Parameters of complete trials and their shares, the largest first, which sum to 1; all of them 0 where nothing can be told (see
// WhyNoImportances); empty where there is no complete trial. A param's distribution is its own where the trial has it, else the
// declared one.
std::vector<std::pair<std::string, double>> Importances(const StudyInfo& study, const std::vector<FrozenTrial>& trials);

// One line why the shares are 0 or there are none; empty where they say something.
std::string WhyNoImportances(const StudyInfo& study, const std::vector<FrozenTrial>& trials);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_PLOT_PED_ANOVA_H_
