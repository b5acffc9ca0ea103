#include "server/optimizer/space_codec.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace parzen::rpc {
namespace {

absl::StatusOr<std::vector<Choice>> DecodeChoices(const google::protobuf::RepeatedPtrField<v1::Value>& values,
                                                  const Field& field) {
  if (values.empty() || static_cast<size_t>(values.size()) > kMaxChoices) {
    return BadField(field, absl::StrCat("a list of ", values.size()), "1 to 10,000 values");
  }
  std::vector<Choice> choices;
  choices.reserve(values.size());
  for (int i = 0; i < values.size(); ++i) {
    auto choice = DecodeValue(values[i], field.At(i));
    if (!choice.ok()) return choice.status();
    choices.push_back(*std::move(choice));
  }
  return choices;
}

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

absl::Status CheckName(std::string_view name, const Field& field, size_t least) {
  if (name.size() >= least && name.size() <= kMaxNameBytes) return absl::OkStatus();
  return BadField(field, name.empty() ? std::string("empty") : absl::StrCat(name.size(), " bytes long"),
                  absl::StrCat(least, " to ", kMaxNameBytes, " bytes"));
}

absl::StatusOr<Choice> DecodeValue(const v1::Value& value, const Field& field) {
  switch (value.kind_case()) {
    case v1::Value::kNullValue:
      if (value.null_value() == google::protobuf::NULL_VALUE) return Choice(std::monostate());
      return BadField(field.Sub("null_value"), static_cast<int64_t>(value.null_value()), "NULL_VALUE (0)");
    case v1::Value::kBoolValue:
      return Choice(value.bool_value());
    case v1::Value::kIntValue:
      return Choice(static_cast<int64_t>(value.int_value()));
    case v1::Value::kDoubleValue:
      if (!std::isnan(value.double_value())) return Choice(value.double_value());
      return BadField(field.Sub("double_value"), value.double_value(), "any double but NaN");
    case v1::Value::kStringValue:
      return Choice(value.string_value());
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return BadField(field, "unset", "a null, bool, int, double or string value");
}

void EncodeValue(const Choice& value, v1::Value* out) {
  switch (value.index()) {
    case 0:
      out->set_null_value(google::protobuf::NULL_VALUE);
      break;
    case 1:
      out->set_bool_value(std::get<bool>(value));
      break;
    case 2:
      out->set_int_value(std::get<int64_t>(value));
      break;
    case 3:
      out->set_double_value(std::get<double>(value));
      break;
    default:
      out->set_string_value(std::get<std::string>(value));
      break;
  }
}

absl::StatusOr<Distribution> DecodeDistribution(std::string_view name, const v1::Distribution& distribution, const Field& field) {
  Distribution decoded;
  switch (distribution.kind_case()) {
    case v1::Distribution::kFloat: {
      const v1::FloatDistribution& from = distribution.float_();
      FloatDistribution to{from.low(), from.high(), from.log(), std::nullopt};
      if (from.has_step()) to.step = from.step();
      decoded = to;
      break;
    }
    case v1::Distribution::kInt: {
      const v1::IntDistribution& from = distribution.int_();
      decoded = IntDistribution{from.low(), from.high(), from.log(), from.has_step() ? from.step() : 1};
      break;
    }
    case v1::Distribution::kCategorical: {
      decoded = CategoricalDistribution{};
      if (distribution.categorical().choices().empty()) break;  // said below, by the parameter's name
      const Field categorical = field.Sub("categorical");
      auto choices = DecodeChoices(distribution.categorical().choices(), categorical.Sub("choices"));
      if (!choices.ok()) return choices.status();
      decoded = CategoricalDistribution{*std::move(choices)};
      break;
    }
    case v1::Distribution::KIND_NOT_SET:
      return BadField(field, "unset", "a float, int or categorical distribution");
  }
  absl::Status valid = ValidateDistribution(name, decoded);
  if (!valid.ok()) return InField(field, valid);
  return decoded;
}

void EncodeDistribution(const Distribution& distribution, v1::Distribution* out) {
  if (const auto* real = std::get_if<FloatDistribution>(&distribution)) {
    v1::FloatDistribution* to = out->mutable_float_();
    to->set_low(real->low);
    to->set_high(real->high);
    to->set_log(real->log);
    if (real->step) to->set_step(*real->step);
  } else if (const auto* whole = std::get_if<IntDistribution>(&distribution)) {
    v1::IntDistribution* to = out->mutable_int_();
    to->set_low(whole->low);
    to->set_high(whole->high);
    to->set_log(whole->log);
    to->set_step(whole->step);
  } else {
    v1::CategoricalDistribution* to = out->mutable_categorical();
    for (const Choice& choice : std::get<CategoricalDistribution>(distribution).choices) EncodeValue(choice, to->add_choices());
  }
}

absl::StatusOr<Parameter> DecodeParameter(const v1::Parameter& parameter, const Field& field) {
  Parameter decoded;
  if (absl::Status named = CheckName(parameter.name(), field.Sub("name")); !named.ok()) return named;
  decoded.name = parameter.name();
  auto distribution = DecodeDistribution(parameter.name(), parameter.distribution(), field.Sub("distribution"));
  if (!distribution.ok()) return distribution.status();
  decoded.distribution = *std::move(distribution);
  if (parameter.has_when()) {
    const Field when = field.Sub("when");
    auto values = DecodeChoices(parameter.when().values(), when.Sub("values"));
    if (!values.ok()) return values.status();
    decoded.condition = Condition{parameter.when().parent(), *std::move(values)};
  }
  return decoded;
}

void EncodeParameter(const Parameter& parameter, v1::Parameter* out) {
  out->set_name(parameter.name);
  EncodeDistribution(parameter.distribution, out->mutable_distribution());
  if (parameter.condition) {
    out->mutable_when()->set_parent(parameter.condition->parent);
    for (const Choice& value : parameter.condition->values) EncodeValue(value, out->mutable_when()->add_values());
  }
}

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
      auto tpe = DecodeTpe(config.tpe(), field.Sub("tpe"));
      if (!tpe.ok()) return tpe.status();
      decoded.tpe = *tpe;
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

}  // namespace parzen::rpc
