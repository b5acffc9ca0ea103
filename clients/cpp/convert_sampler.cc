#include "clients/cpp/convert.h"

namespace parzen {
inline namespace client {
namespace {

v1::TpeSampler TpeToProto(const Tpe& tpe) {
  v1::TpeSampler proto;
  proto.set_reproduce(static_cast<v1::TpeSampler::Reproduce>(tpe.reproduce));
  proto.set_tie_order(static_cast<v1::TpeSampler::TieOrder>(tpe.tie_order));
  if (tpe.n_startup_trials) proto.set_n_startup_trials(*tpe.n_startup_trials);
  if (tpe.n_ei_candidates) proto.set_n_ei_candidates(*tpe.n_ei_candidates);
  if (tpe.multivariate) proto.set_multivariate(*tpe.multivariate);
  if (tpe.group) proto.set_group(*tpe.group);
  if (tpe.constant_liar) proto.set_constant_liar(*tpe.constant_liar);
  if (tpe.consider_endpoints) proto.set_consider_endpoints(*tpe.consider_endpoints);
  if (tpe.consider_magic_clip) proto.set_consider_magic_clip(*tpe.consider_magic_clip);
  if (tpe.consider_prior) proto.set_consider_prior(*tpe.consider_prior);
  if (tpe.prior_weight) proto.set_prior_weight(*tpe.prior_weight);
  return proto;
}

Tpe TpeFromProto(const v1::TpeSampler& proto) {
  Tpe tpe;
  tpe.reproduce = static_cast<Tpe::Reproduce>(proto.reproduce());
  tpe.tie_order = static_cast<Tpe::TieOrder>(proto.tie_order());
  tpe.n_startup_trials = Optional(proto.has_n_startup_trials(), proto.n_startup_trials());
  tpe.n_ei_candidates = Optional(proto.has_n_ei_candidates(), proto.n_ei_candidates());
  tpe.multivariate = Optional(proto.has_multivariate(), proto.multivariate());
  tpe.group = Optional(proto.has_group(), proto.group());
  tpe.constant_liar = Optional(proto.has_constant_liar(), proto.constant_liar());
  tpe.consider_endpoints = Optional(proto.has_consider_endpoints(), proto.consider_endpoints());
  tpe.consider_magic_clip = Optional(proto.has_consider_magic_clip(), proto.consider_magic_clip());
  tpe.consider_prior = Optional(proto.has_consider_prior(), proto.consider_prior());
  tpe.prior_weight = Optional(proto.has_prior_weight(), proto.prior_weight());
  return tpe;
}

}  // namespace

v1::SamplerConfig ToProto(const Sampler& sampler, const std::optional<uint64_t>& seed) {
  v1::SamplerConfig proto;
  if (std::holds_alternative<Random>(sampler)) proto.mutable_random();
  if (std::holds_alternative<Qmc>(sampler)) proto.mutable_qmc();
  if (const auto* tpe = std::get_if<Tpe>(&sampler)) *proto.mutable_tpe() = TpeToProto(*tpe);
  if (const auto* gp = std::get_if<GpEi>(&sampler)) {
    proto.mutable_gp_ei();
    if (gp->n_startup_trials.has_value()) proto.mutable_gp_ei()->set_n_startup_trials(*gp->n_startup_trials);
  }
  if (seed.has_value()) proto.set_seed(*seed);
  return proto;
}

Sampler FromProto(const v1::SamplerConfig& config) {
  switch (config.kind_case()) {
    case v1::SamplerConfig::kRandom:
      return Random{};
    case v1::SamplerConfig::kQmc:
      return Qmc{};
    case v1::SamplerConfig::kTpe:
      return TpeFromProto(config.tpe());
    case v1::SamplerConfig::kGpEi:
      return GpEi{Optional(config.gp_ei().has_n_startup_trials(), config.gp_ei().n_startup_trials())};
    case v1::SamplerConfig::KIND_NOT_SET:
      break;
  }
  return Auto{};
}

}  // namespace client
}  // namespace parzen
