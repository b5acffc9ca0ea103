#include "server/optimizer/sampler_codec.h"

#include <cmath>

#include "base/status_macros.h"

namespace parzen::optimizer {

using error::Field;

namespace {

absl::StatusOr<TpeOptions> DecodeTpe(const v1::TpeSampler& tpe, const Field& field) {
  TpeOptions options;
  switch (tpe.reproduce()) {
    case v1::TpeSampler::NONE:
      break;
    case v1::TpeSampler::OPTUNA_2_9_1:
      options.reproduce = Reproduce::kOptuna291;
      break;
    case v1::TpeSampler::OPTUNA_5_0:
      options.reproduce = Reproduce::kOptuna50;
      break;
    default:
      return BadField(field.Sub("reproduce"), static_cast<int64_t>(tpe.reproduce()), "NONE, OPTUNA_2_9_1 or OPTUNA_5_0");
  }
  switch (tpe.tie_order()) {
    case v1::TpeSampler::TIE_ORDER_UNSPECIFIED:
      break;
    case v1::TpeSampler::SIMD:
      options.tie_order = TieOrder::kSimd;
      break;
    case v1::TpeSampler::SCALAR:
      options.tie_order = TieOrder::kScalar;
      break;
    default:
      return BadField(field.Sub("tie_order"), static_cast<int64_t>(tpe.tie_order()), "unset, SIMD or SCALAR");
  }
  if (tpe.has_n_startup_trials()) options.n_startup_trials = tpe.n_startup_trials();
  if (tpe.has_n_ei_candidates()) options.n_ei_candidates = tpe.n_ei_candidates();
  if (tpe.has_multivariate()) options.multivariate = tpe.multivariate();
  if (tpe.has_group()) options.group = tpe.group();
  if (tpe.has_constant_liar()) options.constant_liar = tpe.constant_liar();
  if (tpe.has_consider_endpoints()) options.consider_endpoints = tpe.consider_endpoints();
  if (tpe.has_consider_magic_clip()) options.consider_magic_clip = tpe.consider_magic_clip();
  if (tpe.has_consider_prior()) options.consider_prior = tpe.consider_prior();
  if (tpe.has_prior_weight()) options.prior_weight = tpe.prior_weight();
  if (options.n_startup_trials && *options.n_startup_trials < 0) {
    return BadField(field.Sub("n_startup_trials"), *options.n_startup_trials, ">= 0");
  }
  if (options.n_ei_candidates && (*options.n_ei_candidates < 1 || *options.n_ei_candidates > 10'000)) {
    return BadField(field.Sub("n_ei_candidates"), *options.n_ei_candidates, "1 to 10,000");
  }
  if (options.prior_weight && !(*options.prior_weight >= 0 && std::isfinite(*options.prior_weight))) {
    return BadField(field.Sub("prior_weight"), *options.prior_weight, "a finite number >= 0");
  }
  return options;
}

void EncodeTpe(const TpeOptions& options, v1::TpeSampler* out) {
  out->set_reproduce(options.reproduce == Reproduce::kOptuna291  ? v1::TpeSampler::OPTUNA_2_9_1
                     : options.reproduce == Reproduce::kOptuna50 ? v1::TpeSampler::OPTUNA_5_0
                                                                 : v1::TpeSampler::NONE);
  out->set_tie_order(options.tie_order == TieOrder::kSimd     ? v1::TpeSampler::SIMD
                     : options.tie_order == TieOrder::kScalar ? v1::TpeSampler::SCALAR
                                                              : v1::TpeSampler::TIE_ORDER_UNSPECIFIED);
  if (options.n_startup_trials) out->set_n_startup_trials(*options.n_startup_trials);
  if (options.n_ei_candidates) out->set_n_ei_candidates(*options.n_ei_candidates);
  if (options.multivariate) out->set_multivariate(*options.multivariate);
  if (options.group) out->set_group(*options.group);
  if (options.constant_liar) out->set_constant_liar(*options.constant_liar);
  if (options.consider_endpoints) out->set_consider_endpoints(*options.consider_endpoints);
  if (options.consider_magic_clip) out->set_consider_magic_clip(*options.consider_magic_clip);
  if (options.consider_prior) out->set_consider_prior(*options.consider_prior);
  if (options.prior_weight) out->set_prior_weight(*options.prior_weight);
}

}  // namespace

absl::StatusOr<SamplerConfig> DecodeSampler(const v1::SamplerConfig& config, const Field& field) {
  SamplerConfig decoded;
  switch (config.kind_case()) {
    case v1::SamplerConfig::KIND_NOT_SET:
      decoded.kind = SamplerKind::kAuto;
      break;
    case v1::SamplerConfig::kRandom:
      decoded.kind = SamplerKind::kRandom;
      break;
    case v1::SamplerConfig::kQmc:
      decoded.kind = SamplerKind::kQmc;
      break;
    case v1::SamplerConfig::kTpe: {
      decoded.kind = SamplerKind::kTpe;
      PARZEN_ASSIGN_OR_RETURN(auto tpe, DecodeTpe(config.tpe(), field.Sub("tpe")));
      decoded.tpe = tpe;
      break;
    }
    case v1::SamplerConfig::kGpEi:
      decoded.kind = SamplerKind::kGpEi;
      if (config.gp_ei().has_n_startup_trials()) {
        const int64_t trials = config.gp_ei().n_startup_trials();
        const Field gp = field.Sub("gp_ei");
        if (trials < 1) return BadField(gp.Sub("n_startup_trials"), trials, ">= 1");
        decoded.gp.n_startup_trials = trials;
      }
      break;
  }
  decoded.seed = config.seed();
  return decoded;
}

void EncodeSampler(const SamplerConfig& config, v1::SamplerConfig* out) {
  switch (config.kind) {
    case SamplerKind::kAuto:
      break;
    case SamplerKind::kRandom:
      out->mutable_random();
      break;
    case SamplerKind::kQmc:
      out->mutable_qmc();
      break;
    case SamplerKind::kTpe:
      EncodeTpe(config.tpe, out->mutable_tpe());
      break;
    case SamplerKind::kGpEi: {
      v1::GpEiSampler* gp = out->mutable_gp_ei();
      if (config.gp.n_startup_trials) gp->set_n_startup_trials(*config.gp.n_startup_trials);
      break;
    }
  }
  out->set_seed(config.seed);
}

}  // namespace parzen::optimizer
