#include "clients/cpp/convert.h"

#include <chrono>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "clients/cpp/pruner_text.h"

namespace parzen {
inline namespace client {
namespace {

std::optional<Time> TimeOf(bool has, const google::protobuf::Timestamp& stamp) {
  if (!has) return std::nullopt;
  // What the clock can hold: nanoseconds, 1677 to 2262.
  if (std::abs(stamp.seconds()) > 9'200'000'000) return std::nullopt;
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::seconds(stamp.seconds()) +
                                                         std::chrono::nanoseconds(stamp.nanos())));
}

template <typename Message>
void SetTime(const std::optional<Time>& time, google::protobuf::Timestamp* (Message::*mutable_stamp)(), Message* message) {
  if (!time.has_value()) return;
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(time->time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(nanos);
  google::protobuf::Timestamp* stamp = (message->*mutable_stamp)();
  stamp->set_seconds(seconds.count());
  stamp->set_nanos(static_cast<int32_t>((nanos - seconds).count()));
}

template <typename Repeated>
NamedValues NamedOf(const Repeated& repeated) {
  NamedValues values;
  for (const v1::NamedValue& value : repeated) values.emplace_back(value.name(), value.value());
  return values;
}

template <typename Repeated>
Params ParamsOf(const Repeated& repeated) {
  Params params;
  params.reserve(repeated.size());
  for (const v1::Param& param : repeated) {
    params.push_back({param.name(), FromProto(param.value()),
                      param.has_distribution() ? std::optional(FromProto(param.distribution())) : std::nullopt});
  }
  return params;
}

template <typename Repeated>
void SetNamed(const NamedValues& values, Repeated* repeated) {
  for (const auto& [name, value] : values) {
    v1::NamedValue* added = repeated->Add();
    added->set_name(name);
    added->set_value(value);
  }
}

template <typename Repeated>
Attributes AttributesOf(const Repeated& repeated) {
  Attributes attributes;
  for (const v1::Attribute& attribute : repeated) attributes.emplace_back(attribute.key(), attribute.json());
  return attributes;
}

template <typename Repeated>
void SetAttributes(const Attributes& attributes, Repeated* repeated) {
  for (const auto& [key, json] : attributes) {
    v1::Attribute* added = repeated->Add();
    added->set_key(key);
    added->set_json(json);
  }
}

Parameter ParameterFromProto(const v1::Parameter& proto) {
  Parameter parameter{proto.name(), FromProto(proto.distribution())};
  if (proto.has_when()) {
    parameter.when = Condition{proto.when().parent(), {}};
    for (const v1::Value& value : proto.when().values()) parameter.when->values.push_back(FromProto(value));
  }
  if (proto.has_default_value()) parameter.default_value = FromProto(proto.default_value());
  return parameter;
}

}  // namespace

v1::Value ToProto(const Value& value) {
  v1::Value proto;
  std::visit(
      [&proto](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          proto.set_null_value(google::protobuf::NULL_VALUE);
        } else if constexpr (std::is_same_v<T, bool>) {
          proto.set_bool_value(held);
        } else if constexpr (std::is_same_v<T, int64_t>) {
          proto.set_int_value(held);
        } else if constexpr (std::is_same_v<T, double>) {
          proto.set_double_value(held);
        } else {
          proto.set_string_value(held);
        }
      },
      value);
  return proto;
}

v1::Distribution ToProto(const Distribution& distribution) {
  v1::Distribution proto;
  if (const auto* real = std::get_if<Float>(&distribution)) {
    v1::FloatDistribution* out = proto.mutable_float_();
    out->set_low(real->low);
    out->set_high(real->high);
    out->set_log(real->log);
    if (real->step.has_value()) out->set_step(*real->step);
  } else if (const auto* whole = std::get_if<Int>(&distribution)) {
    v1::IntDistribution* out = proto.mutable_int_();
    out->set_low(whole->low);
    out->set_high(whole->high);
    out->set_log(whole->log);
    if (whole->step != 1) out->set_step(whole->step);
  } else {
    v1::CategoricalDistribution* out = proto.mutable_categorical();
    for (const Value& choice : std::get<Categorical>(distribution).choices) *out->add_choices() = ToProto(choice);
  }
  return proto;
}

v1::Parameter ToProto(const Parameter& parameter) {
  v1::Parameter proto;
  proto.set_name(parameter.name);
  *proto.mutable_distribution() = ToProto(parameter.distribution);
  if (parameter.when.has_value()) {
    proto.mutable_when()->set_parent(parameter.when->parent);
    for (const Value& value : parameter.when->values) *proto.mutable_when()->add_values() = ToProto(value);
  }
  if (parameter.default_value.has_value()) *proto.mutable_default_value() = ToProto(*parameter.default_value);
  return proto;
}

v1::Study ToProto(const StudyConfig& config) {
  v1::Study proto;
  proto.set_name(config.name);
  for (const Direction direction : config.directions) proto.add_directions(static_cast<v1::Direction>(direction));
  for (const std::string& name : config.metric_names) proto.add_metric_names(name);
  for (const Parameter& parameter : config.space) *proto.mutable_space()->add_parameters() = ToProto(parameter);
  *proto.mutable_sampler() = ToProto(config.sampler, config.seed);
  if (config.max_trials.has_value()) proto.set_max_trials(*config.max_trials);
  if (config.max_duration.has_value()) proto.set_max_duration(*config.max_duration);
  proto.mutable_target()->Assign(config.target.begin(), config.target.end());
  if (config.patience.has_value()) proto.set_patience(*config.patience);
  if (config.max_retries.has_value()) proto.set_max_retries(*config.max_retries);
  if (config.allow_repeats.has_value()) proto.set_allow_repeats(*config.allow_repeats);
  SetAttributes(config.user_attrs, proto.mutable_user_attrs());
  SetAttributes(config.system_attrs, proto.mutable_system_attrs());
  proto.set_warm_start_snapshot(config.warm_start_snapshot);
  return proto;
}

v1::Param ToProto(const Param& param) {
  v1::Param proto;
  proto.set_name(param.name);
  *proto.mutable_value() = ToProto(param.value);
  if (param.distribution.has_value()) *proto.mutable_distribution() = ToProto(*param.distribution);
  return proto;
}

v1::TrialHandle ToProto(const TrialHandle& handle) {
  v1::TrialHandle proto;
  proto.set_study_uid(handle.study_uid);
  proto.set_number(handle.number);
  proto.set_attempt(handle.attempt);
  return proto;
}

v1::Outcome ToProto(const TrialHandle& handle, const Outcome& outcome) {
  v1::Outcome proto;
  *proto.mutable_trial() = ToProto(handle);
  proto.set_state(static_cast<v1::Trial::State>(outcome.state));
  for (const double value : outcome.values) proto.add_values(value);
  SetNamed(outcome.constraints, proto.mutable_constraints());
  SetNamed(outcome.metrics, proto.mutable_metrics());
  if (outcome.state == TrialState::kFailed) {
    proto.mutable_failure()->set_kind(static_cast<v1::Failure::Kind>(outcome.failure));
    proto.mutable_failure()->set_reason(outcome.reason);
  }
  return proto;
}

v1::Trial ToProto(const FrozenTrial& trial) {
  v1::Trial proto;
  proto.set_state(static_cast<v1::Trial::State>(trial.state));
  for (const Param& param : trial.params) *proto.add_params() = ToProto(param);
  for (const double value : trial.values) proto.add_values(value);
  for (const IntermediateValue& value : trial.intermediate_values) {
    v1::IntermediateValue* added = proto.add_intermediate_values();
    added->set_step(value.step);
    added->set_value(value.value);
    if (!value.more.empty()) {
      added->add_values(value.value);
      for (const double other : value.more) added->add_values(other);
    }
    SetTime(value.reported, &v1::IntermediateValue::mutable_report_time, added);
  }
  SetNamed(trial.constraints, proto.mutable_constraints());
  SetNamed(trial.metrics, proto.mutable_metrics());
  SetAttributes(trial.user_attrs, proto.mutable_user_attrs());
  SetAttributes(trial.system_attrs, proto.mutable_system_attrs());
  proto.set_worker(trial.worker);
  SetTime(trial.created, &v1::Trial::mutable_create_time, &proto);
  SetTime(trial.started, &v1::Trial::mutable_start_time, &proto);
  SetTime(trial.finished, &v1::Trial::mutable_finish_time, &proto);
  if (trial.state == TrialState::kFailed) {
    proto.mutable_failure()->set_kind(static_cast<v1::Failure::Kind>(trial.failure));
    proto.mutable_failure()->set_reason(trial.reason);
  }
  proto.set_prune_reason(trial.prune_reason);
  proto.mutable_handle()->set_attempt(trial.handle.attempt);
  proto.set_enqueued(trial.enqueued);
  proto.set_imported(trial.imported);
  for (const std::string& name : trial.fixed_params) proto.add_fixed_params(name);
  return proto;
}

Value FromProto(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kBoolValue:
      return value.bool_value();
    case v1::Value::kIntValue:
      return int64_t{value.int_value()};
    case v1::Value::kDoubleValue:
      return value.double_value();
    case v1::Value::kStringValue:
      return value.string_value();
    case v1::Value::kNullValue:
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return std::monostate();
}

Distribution FromProto(const v1::Distribution& distribution) {
  switch (distribution.kind_case()) {
    case v1::Distribution::kInt: {
      const v1::IntDistribution& in = distribution.int_();
      return Int{in.low(), in.high(), in.log(), in.has_step() ? in.step() : 1};
    }
    case v1::Distribution::kCategorical: {
      Categorical categorical;
      for (const v1::Value& choice : distribution.categorical().choices()) categorical.choices.push_back(FromProto(choice));
      return categorical;
    }
    case v1::Distribution::kFloat:
    case v1::Distribution::KIND_NOT_SET:
      break;
  }
  const v1::FloatDistribution& in = distribution.float_();
  return Float{in.low(), in.high(), in.log(), Optional(in.has_step(), in.step())};
}

StudyInfo FromProto(const v1::Study& study) {
  StudyInfo info;
  info.config.name = study.name();
  for (const v1::Parameter& parameter : study.space().parameters()) info.config.space.push_back(ParameterFromProto(parameter));
  info.config.directions.clear();
  for (const int direction : study.directions()) {
    info.config.directions.push_back(direction == v1::MAXIMIZE ? Direction::kMaximize : Direction::kMinimize);
  }
  if (info.config.directions.empty()) info.config.directions = {Direction::kMinimize};
  info.config.metric_names.assign(study.metric_names().begin(), study.metric_names().end());
  info.config.sampler = FromProto(study.sampler());
  info.config.seed = Optional<uint64_t>(study.sampler().has_seed(), study.sampler().seed());
  info.config.max_trials = Optional<int64_t>(study.has_max_trials(), study.max_trials());
  info.config.pruner = ToText(study.pruner());
  info.config.max_duration = Optional<double>(study.has_max_duration(), study.max_duration());
  info.config.target.assign(study.target().begin(), study.target().end());
  info.config.patience = Optional<int64_t>(study.has_patience(), study.patience());
  info.finish_reason = study.finish_reason();
  info.config.max_retries = Optional<int32_t>(study.has_max_retries(), study.max_retries());
  info.config.allow_repeats = Optional<bool>(study.has_allow_repeats(), study.allow_repeats());
  info.config.user_attrs = AttributesOf(study.user_attrs());
  info.config.system_attrs = AttributesOf(study.system_attrs());
  info.uid = study.uid();
  if (study.state() != v1::Study::STATE_UNSPECIFIED) info.state = static_cast<StudyState>(study.state());
  info.created = TimeOf(study.has_create_time(), study.create_time());
  info.revision = study.revision();
  info.definition_version = study.definition_version();
  const v1::TrialCounts& counts = study.counts();
  info.counts = {counts.waiting(), counts.running(), counts.complete(), counts.pruned(), counts.failed(), counts.imported()};
  info.space_size = Optional<int64_t>(study.has_space_size(), study.space_size());
  for (const v1::WarmStartSource& source : study.warm_start()) {
    info.warm_start.push_back({source.study(), source.uid(), source.revision(), source.trials()});
  }
  return info;
}

FrozenTrial FromProto(const v1::Trial& proto) {
  FrozenTrial trial;
  trial.handle = {proto.handle().study_uid(), proto.handle().number(), proto.handle().attempt()};
  trial.study = proto.study();
  trial.state = proto.state() == v1::Trial::STATE_UNSPECIFIED ? TrialState::kComplete : static_cast<TrialState>(proto.state());
  trial.params = ParamsOf(proto.params());
  trial.values.assign(proto.values().begin(), proto.values().end());
  for (const v1::IntermediateValue& value : proto.intermediate_values()) {
    trial.intermediate_values.push_back({value.step(), value.value(), TimeOf(value.has_report_time(), value.report_time())});
    if (value.values_size() > 1) trial.intermediate_values.back().more.assign(value.values().begin() + 1, value.values().end());
  }
  trial.prune_reason = proto.prune_reason();
  trial.constraints = NamedOf(proto.constraints());
  trial.metrics = NamedOf(proto.metrics());
  trial.user_attrs = AttributesOf(proto.user_attrs());
  trial.system_attrs = AttributesOf(proto.system_attrs());
  trial.worker = proto.worker();
  trial.created = TimeOf(proto.has_create_time(), proto.create_time());
  trial.started = TimeOf(proto.has_start_time(), proto.start_time());
  trial.finished = TimeOf(proto.has_finish_time(), proto.finish_time());
  if (proto.has_failure()) {
    const auto kind = proto.failure().kind();
    trial.failure = kind == v1::Failure::KIND_UNSPECIFIED ? FailureKind::kCrashed : static_cast<FailureKind>(kind);
    trial.reason = proto.failure().reason();
  }
  if (proto.has_lease_seconds()) trial.lease = proto.lease_seconds();
  trial.lost_leases = proto.lost_leases();
  trial.stop_requested = proto.stop_requested();
  trial.enqueued = proto.enqueued();
  trial.imported = proto.imported();
  trial.revision = proto.revision();
  trial.fixed_params.assign(proto.fixed_params().begin(), proto.fixed_params().end());
  return trial;
}

Explanation FromProto(const v1::ExplainTrialResponse& response) {
  Explanation explanation{FromProto(response.trial()), {}};
  for (const v1::ExplainTrialResponse::Group& in : response.groups()) {
    ExplainedGroup& group = explanation.groups.emplace_back();
    group.parameters.assign(in.parameters().begin(), in.parameters().end());
    group.method = in.method();
    group.below.assign(in.below().begin(), in.below().end());
    group.above.assign(in.above().begin(), in.above().end());
    for (const v1::ExplainTrialResponse::Candidate& rival : in.candidates()) {
      group.candidates.push_back(
          {ParamsOf(rival.params()), rival.log_l(), rival.log_g(), rival.mean(), rival.deviation(), rival.log_ei()});
    }
    if (in.winner() >= 0 && in.winner() < in.candidates_size()) group.winner = static_cast<size_t>(in.winner());
    group.model = NamedOf(in.model());
  }
  return explanation;
}

}  // namespace client
}  // namespace parzen
