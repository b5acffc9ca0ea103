#include "server/optimizer/pruner_codec.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "sampler/pruner/pruner_options.h"

namespace parzen::optimizer {

using error::Field;

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMostWrapped = 100;  // what a message could nest before it is looked at; ValidatePruner accepts fewer

std::optional<PrunerKind> KindOf(v1::PrunerConfig::KindCase kind) {
  switch (kind) {
    case v1::PrunerConfig::KIND_NOT_SET:
      return PrunerKind::kAuto;
    case v1::PrunerConfig::kNone:
      return PrunerKind::kNone;
    case v1::PrunerConfig::kMedian:
      return PrunerKind::kMedian;
    case v1::PrunerConfig::kPercentile:
      return PrunerKind::kPercentile;
    case v1::PrunerConfig::kAsha:
      return PrunerKind::kSuccessiveHalving;
    case v1::PrunerConfig::kHyperband:
      return PrunerKind::kHyperband;
    case v1::PrunerConfig::kThreshold:
      return PrunerKind::kThreshold;
    case v1::PrunerConfig::kPatient:
      return PrunerKind::kPatient;
    case v1::PrunerConfig::kWilcoxon:
      return PrunerKind::kWilcoxon;
  }
  return std::nullopt;
}

// The field of `config` that is named as the kind, and holds its options.
const FieldDescriptor* OptionsField(const v1::PrunerConfig& config, PrunerKind kind) {
  return config.GetDescriptor()->FindFieldByName(std::string(PrunerName(kind)));
}

// Options without which the rule means nothing: Optuna has no default for them either.
bool MustBeGiven(PrunerKind kind, std::string_view option) {
  return (kind == PrunerKind::kPercentile && option == "percentile") || (kind == PrunerKind::kPatient && option == "patience");
}

absl::Status DecodeOptions(const Message& options, const Field& field, PrunerConfig* config) {
  const Reflection& reflection = *options.GetReflection();
  for (const PrunerOption& option : PrunerOptions(config->kind)) {
    const FieldDescriptor* descriptor = options.GetDescriptor()->FindFieldByName(std::string(option.name));
    if (!reflection.HasField(options, descriptor)) {
      if (MustBeGiven(config->kind, option.name)) return BadField(field.Sub(option.name), "unset", "a number");
      continue;
    }
    if (option.is_number) {
      option.set(reflection.GetDouble(options, descriptor), config);
    } else {
      option.set(reflection.GetInt64(options, descriptor), config);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PrunerConfig> Decode(const v1::PrunerConfig& config, const Field& field, int depth) {
  PrunerConfig decoded;
  const std::optional<PrunerKind> kind = KindOf(config.kind_case());
  if (!kind || depth > kMostWrapped) return BadField(field, "nested too deep", "8 pruners in each other at most");
  decoded.kind = *kind;
  if (const FieldDescriptor* options = OptionsField(config, *kind)) {
    PARZEN_RETURN_IF_ERROR(
        DecodeOptions(config.GetReflection()->GetMessage(config, options), field.Sub(PrunerName(*kind)), &decoded));
  }
  if (config.has_patient() && config.patient().has_wrapped()) {
    const Field patient = field.Sub("patient");
    PARZEN_ASSIGN_OR_RETURN(PrunerConfig wrapped, Decode(config.patient().wrapped(), patient.Sub("wrapped"), depth + 1));
    decoded.patient.wrapped = std::make_shared<const PrunerConfig>(std::move(wrapped));
  }
  return decoded;
}

}  // namespace

absl::StatusOr<PrunerConfig> DecodePruner(const v1::PrunerConfig& config, const Field& field) { return Decode(config, field, 1); }

void EncodePruner(const PrunerConfig& config, v1::PrunerConfig* out) {
  const FieldDescriptor* field = OptionsField(*out, config.kind);
  if (field == nullptr) return;  // kAuto
  Message* options = out->GetReflection()->MutableMessage(out, field);
  const Reflection& reflection = *options->GetReflection();
  for (const PrunerOption& option : PrunerOptions(config.kind)) {
    const auto value = option.get(config);
    const FieldDescriptor* descriptor = options->GetDescriptor()->FindFieldByName(std::string(option.name));
    if (!value) continue;
    if (const auto* number = std::get_if<double>(&*value)) reflection.SetDouble(options, descriptor, *number);
    if (const auto* whole = std::get_if<int64_t>(&*value)) reflection.SetInt64(options, descriptor, *whole);
  }
  if (config.patient.wrapped != nullptr && config.kind == PrunerKind::kPatient) {
    EncodePruner(*config.patient.wrapped, out->mutable_patient()->mutable_wrapped());
  }
}

}  // namespace parzen::optimizer
