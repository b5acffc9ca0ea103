#include "server/optimizer/space_codec.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parzen::optimizer {

using error::Field;

namespace {

absl::StatusOr<std::vector<Choice>> DecodeChoices(const google::protobuf::RepeatedPtrField<v1::Value>& values,
                                                  const Field& field) {
  if (values.empty() || static_cast<size_t>(values.size()) > kMaxChoices) {
    return BadField(field, absl::StrCat("a list of ", values.size()), "1 to 10,000 values");
  }
  std::vector<Choice> choices;
  choices.reserve(values.size());
  for (int i = 0; i < values.size(); ++i) {
    PARZEN_ASSIGN_OR_RETURN(auto choice, DecodeValue(values[i], field.At(i)));
    choices.push_back(std::move(choice));
  }
  return choices;
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
      if (!choices.ok()) return error::OfParameter(name, choices.status());
      decoded = CategoricalDistribution{*std::move(choices)};
      break;
    }
    case v1::Distribution::KIND_NOT_SET:
      return error::OfParameter(name, BadField(field, "unset", "a float, int or categorical distribution"));
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
  PARZEN_ASSIGN_OR_RETURN(auto distribution,
                          DecodeDistribution(parameter.name(), parameter.distribution(), field.Sub("distribution")));
  decoded.distribution = std::move(distribution);
  if (parameter.has_when()) {
    const Field when = field.Sub("when");
    auto values = DecodeChoices(parameter.when().values(), when.Sub("values"));
    if (!values.ok()) return error::OfParameter(decoded.name, values.status());
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

}  // namespace parzen::optimizer
