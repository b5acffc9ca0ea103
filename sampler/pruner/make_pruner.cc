#include "sampler/pruner/make_pruner.h"

#include <utility>

#include "base/status_macros.h"
#include "sampler/pruner/extrapolation.h"
#include "sampler/pruner/hyperband.h"
#include "sampler/pruner/median.h"
#include "sampler/pruner/median_by_rank.h"
#include "sampler/pruner/patient.h"
#include "sampler/pruner/successive_halving.h"
#include "sampler/pruner/threshold.h"
#include "sampler/pruner/wilcoxon.h"

namespace parzen {
namespace {

std::unique_ptr<Pruner> MakePercentile(const PercentileOptions& options, const std::vector<Direction>& directions) {
  if (directions.size() == 1) return std::make_unique<pruner::PercentilePruner>(options, directions[0]);
  return std::make_unique<pruner::PercentileByRankPruner>(options, directions);
}

std::unique_ptr<Pruner> Make(const PrunerConfig& config, const std::vector<Direction>& directions, std::string_view study_name) {
  switch (config.kind) {
    case PrunerKind::kNone:
      return nullptr;
    case PrunerKind::kAuto:
      if (config.algorithm_version == 0) return nullptr;
      if (config.algorithm_version == kMedianPrunerVersion || directions.size() != 1) return MakePercentile({}, directions);
      return std::make_unique<pruner::ExtrapolationPruner>(directions[0]);
    case PrunerKind::kMedian: {
      PercentileOptions options = config.percentile;
      options.percentile = 50;
      return MakePercentile(options, directions);
    }
    case PrunerKind::kPercentile:
      return MakePercentile(config.percentile, directions);
    case PrunerKind::kSuccessiveHalving:
      return std::make_unique<pruner::SuccessiveHalvingPruner>(config.successive_halving, directions);
    case PrunerKind::kHyperband:
      return std::make_unique<pruner::HyperbandPruner>(config.hyperband, directions, study_name);
    case PrunerKind::kThreshold:
      return std::make_unique<pruner::ThresholdPruner>(config.threshold);
    case PrunerKind::kPatient: {
      std::unique_ptr<Pruner> wrapped;
      if (config.patient.wrapped != nullptr) {
        wrapped = Make(*config.patient.wrapped, directions, study_name);
        if (wrapped == nullptr) return nullptr;  // one that never prunes has the last word
      }
      return std::make_unique<pruner::PatientPruner>(config.patient, directions[0], std::move(wrapped));
    }
    case PrunerKind::kWilcoxon:
      return std::make_unique<pruner::WilcoxonPruner>(config.wilcoxon, directions[0]);
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pruner>> MakePruner(const PrunerConfig& config, const std::vector<Direction>& directions,
                                                   std::string_view study_name) {
  PARZEN_RETURN_IF_ERROR(ValidatePruner(config, directions.size()));
  return Make(config, directions, study_name);
}

}  // namespace parzen
