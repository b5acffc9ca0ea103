#include "server/optuna/sampling_codec.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/definition/optuna_distribution.h"
#include "server/error/error.h"

namespace parzen::optuna {
namespace {

std::optional<OptionValue> ValueOf(const v1::SamplerOption& option) {
  switch (option.value_case()) {
    case v1::SamplerOption::kFlag:
      return OptionValue(option.flag());
    case v1::SamplerOption::kWhole:
      return OptionValue(int64_t{option.whole()});
    case v1::SamplerOption::kNumber:
      return OptionValue(option.number());
    case v1::SamplerOption::kText:
      return OptionValue(option.text());
    case v1::SamplerOption::VALUE_NOT_SET:
      break;
  }
  return std::nullopt;
}

std::string NamesOf(const SamplerDescriptor& sampler) {
  std::string names;
  for (const OptionDescriptor& option : sampler.options) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(option.name));
  }
  return names.empty() ? "none" : names;
}

absl::Status SetOption(const SamplerDescriptor& sampler, const v1::SamplerOption& given, SamplerConfig* config) {
  const std::string field = absl::StrCat("sampling.options[\"", given.name(), "\"]");
  const auto option = std::find_if(sampler.options.begin(), sampler.options.end(),
                                   [&](const OptionDescriptor& known) { return known.name == given.name(); });
  if (option == sampler.options.end()) {
    return error::BadField(field, absl::StrCat("is no option of ", std::string(sampler.name), "; accepted: ", NamesOf(sampler)));
  }
  const std::optional<OptionValue> value = ValueOf(given);
  if (!value) return error::BadField(field, "has no value");
  const absl::Status set = option->set(*value, config);
  return set.ok() ? set : error::AsBadField(set, field);
}

}  // namespace

absl::StatusOr<engine::Sampling> DecodeSampling(const v1::Sampling& message) {
  engine::Sampling sampling;
  const SamplerDescriptor* sampler = FindSampler(message.sampler());
  if (sampler == nullptr) {
    return error::BadField("sampling.sampler", "is \"" + message.sampler() + "\"; auto, random, qmc, tpe and gp-ei are accepted");
  }
  sampling.sampler.kind = sampler->kind;
  for (const v1::SamplerOption& option : message.options()) {
    PARZEN_RETURN_IF_ERROR(SetOption(*sampler, option, &sampling.sampler));
  }
  sampling.sampler.seed = message.seed();
  sampling.has_seed = message.has_seed();
  sampling.streams = {message.streams().startup(), message.streams().tpe()};
  return sampling;
}

absl::StatusOr<NamedDistribution> DecodeNamed(const v1::NamedDistribution& message) {
  absl::StatusOr<Distribution> parsed = engine::ParseOptunaDistribution(message.distribution());
  if (!parsed.ok()) return error::AsBadField(parsed.status(), "distribution");
  return NamedDistribution{message.name(), *std::move(parsed)};
}

void EncodeStreams(const StreamPositions& streams, v1::RngState* message) {
  message->set_startup(streams.startup);
  message->set_tpe(streams.tpe);
}

void EncodeJoint(const JointPart& part, v1::JointPart* message) {
  for (const NamedDistribution& parameter : part.space) {
    v1::NamedDistribution* named = message->add_space();
    named->set_name(parameter.name);
    named->set_distribution(engine::OptunaDistributionText(parameter.distribution));
  }
  message->mutable_values()->Add(part.values.begin(), part.values.end());
  EncodeStreams(part.after, message->mutable_streams());
}

}  // namespace parzen::optuna
