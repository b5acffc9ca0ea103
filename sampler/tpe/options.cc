#include "sampler/tpe/options.h"

#include <cmath>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace parzen {

absl::Status CheckOptions(const TpeOptions& options) {
  auto bad = [](std::string_view field, const std::string& value, std::string_view accepted) {
    return absl::InvalidArgumentError(absl::StrCat("sampler.tpe.", absl::string_view(field.data(), field.size()), " is ", value,
                                                   "; accepted: ", absl::string_view(accepted.data(), accepted.size())));
  };
  if (options.n_startup_trials && *options.n_startup_trials < 0) {
    return bad("n_startup_trials", absl::StrCat(*options.n_startup_trials), "0 or more");
  }
  if (options.n_ei_candidates && (*options.n_ei_candidates < 1 || *options.n_ei_candidates > 10'000)) {
    return bad("n_ei_candidates", absl::StrCat(*options.n_ei_candidates), "1 to 10,000");
  }
  if (options.prior_weight && !(*options.prior_weight >= 0 && std::isfinite(*options.prior_weight))) {
    return bad("prior_weight", absl::StrCat(*options.prior_weight), "a finite number, 0 or more");
  }
  const bool old = options.reproduce == Reproduce::kOptuna291;
  if (options.group.value_or(false) && !options.multivariate.value_or(!old)) {
    return bad("group", "true", "true only with multivariate");
  }
  if (old && options.tie_order == TieOrder::kSimd) return bad("tie_order", "simd", "scalar with reproduce optuna-2.9.1");
  return absl::OkStatus();
}

}  // namespace parzen
