#include "server/optimizer/study_codec.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/definition/warm_start_snapshot.h"
#include "server/error/error.h"
#include "server/optimizer/pruner_codec.h"
#include "server/optimizer/sampler_codec.h"
#include "server/optimizer/space_codec.h"

namespace parzen::optimizer {

using error::Field;
using error::Quote;

namespace {

absl::StatusOr<std::vector<engine::DeclaredParameter>> DecodeSpace(const v1::SearchSpace& space, const Field& field) {
  const Field parameters = field.Sub("parameters");
  if (static_cast<size_t>(space.parameters_size()) > kMaxParameters) {
    return BadField(parameters, absl::StrCat("a list of ", space.parameters_size()), "at most 1,000 parameters");
  }
  std::vector<engine::DeclaredParameter> declared;
  declared.reserve(space.parameters_size());
  for (int i = 0; i < space.parameters_size(); ++i) {
    const Field here = parameters.At(i);
    PARZEN_ASSIGN_OR_RETURN(auto parameter, DecodeParameter(space.parameters(i), here));
    engine::DeclaredParameter& added = declared.emplace_back(engine::DeclaredParameter{std::move(parameter), std::nullopt});
    if (!space.parameters(i).has_default_value()) continue;
    auto value = DecodeValue(space.parameters(i).default_value(), here.Sub("default_value"));
    if (!value.ok()) return error::OfParameter(space.parameters(i).name(), value.status());
    added.default_value = *std::move(value);
  }
  return declared;
}

absl::StatusOr<std::vector<Direction>> DecodeDirections(const v1::Study& study, const Field& field) {
  std::vector<Direction> directions;
  if (static_cast<size_t>(study.directions_size()) > engine::kMaxObjectives) {
    return BadField(field, absl::StrCat("a list of ", study.directions_size()), "1 to 16 directions");
  }
  for (int i = 0; i < study.directions_size(); ++i) {
    switch (study.directions(i)) {
      case v1::DIRECTION_UNSPECIFIED:
      case v1::MINIMIZE:
        directions.push_back(Direction::kMinimize);
        break;
      case v1::MAXIMIZE:
        directions.push_back(Direction::kMaximize);
        break;
      default:
        return BadField(field.At(i), static_cast<int64_t>(study.directions(i)), "MINIMIZE (1) or MAXIMIZE (2)");
    }
  }
  if (directions.empty()) directions.push_back(Direction::kMinimize);
  return directions;
}

std::vector<std::string> DecodeTexts(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

// A study to be made says nothing that only the server can say.
absl::Status CheckInputOnly(const v1::Study& study, const Field& field) {
  const char* set = study.uid() != 0                                                                      ? "uid"
                    : study.state() != v1::Study::STATE_UNSPECIFIED && study.state() != v1::Study::ACTIVE ? "state"
                    : study.has_create_time()                                                             ? "create_time"
                    : study.revision() != 0                                                               ? "revision"
                    : study.definition_version() != 0                                                     ? "definition_version"
                    : study.algorithm_version() != 0                                                      ? "algorithm_version"
                    : study.has_counts()                                                                  ? "counts"
                    : study.has_space_size()                                                              ? "space_size"
                    : !study.finish_reason().empty()                                                      ? "finish_reason"
                    : study.warm_start_size() != 0                                                        ? "warm_start"
                                                                                                          : nullptr;
  if (set == nullptr) return absl::OkStatus();
  return BadField(field.Sub(set), "set", "nothing: the server sets it");
}

absl::StatusOr<engine::StudyState> DecodeState(v1::Study::State state, const Field& field) {
  switch (state) {
    case v1::Study::ACTIVE:
      return engine::StudyState::kActive;
    case v1::Study::PAUSED:
      return engine::StudyState::kPaused;
    case v1::Study::FINISHED:
      return engine::StudyState::kFinished;
    default:
      return BadField(field, static_cast<int64_t>(state), "ACTIVE (1), PAUSED (2) or FINISHED (3)");
  }
}

// Copies one field that an update's mask names.
absl::Status DecodeMasked(const std::string& path, const v1::Study& study, const Field& mask,
                          engine::UpdateStudyCommand* command) {
  const Field field("study");
  if (path == "state") {
    PARZEN_ASSIGN_OR_RETURN(auto state, DecodeState(study.state(), field.Sub("state")));
    command->state = state;
  } else if (path == "space") {
    PARZEN_ASSIGN_OR_RETURN(auto space, DecodeSpace(study.space(), field.Sub("space")));
    command->space = std::move(space);
  } else if (path == "sampler") {
    PARZEN_ASSIGN_OR_RETURN(auto sampler, DecodeSampler(study.sampler(), field.Sub("sampler")));
    command->sampler = sampler;
    if (study.sampler().has_seed()) command->sampler_seed = study.sampler().seed();
  } else if (path == "max_trials") {
    command->max_trials = study.has_max_trials() ? std::optional<int64_t>(study.max_trials()) : std::nullopt;
  } else if (path == "max_duration") {
    command->max_duration = study.has_max_duration() ? std::optional<double>(study.max_duration()) : std::nullopt;
  } else if (path == "target") {
    command->target = std::vector<double>(study.target().begin(), study.target().end());
  } else if (path == "patience") {
    command->patience = study.has_patience() ? std::optional<int64_t>(study.patience()) : std::nullopt;
  } else if (path == "max_retries") {
    command->max_retries = study.has_max_retries() ? study.max_retries() : engine::StudyDefinition().max_retries;
  } else if (path == "allow_repeats") {
    command->allow_repeats = study.allow_repeats();
  } else if (path == "metric_names") {
    command->metric_names = DecodeTexts(study.metric_names());
  } else if (path == "user_attrs") {
    command->user_attrs = DecodeAttributes(study.user_attrs());
  } else if (path == "system_attrs") {
    command->system_attrs = DecodeAttributes(study.system_attrs());
  } else {
    return BadField(mask, Quote(path),
                    "state, space, sampler, max_trials, max_duration, target, patience, max_retries, allow_repeats,"
                    " metric_names, user_attrs, system_attrs");
  }
  return absl::OkStatus();
}

v1::Study::State EncodeState(engine::StudyState state) {
  switch (state) {
    case engine::StudyState::kActive:
      return v1::Study::ACTIVE;
    case engine::StudyState::kPaused:
      return v1::Study::PAUSED;
    case engine::StudyState::kFinished:
      return v1::Study::FINISHED;
  }
  return v1::Study::STATE_UNSPECIFIED;
}

void EncodeDefinition(const engine::StudyDefinition& definition, v1::Study* out) {
  for (const Direction direction : definition.directions) {
    out->add_directions(direction == Direction::kMaximize ? v1::MAXIMIZE : v1::MINIMIZE);
  }
  for (const std::string& name : definition.metric_names) out->add_metric_names(name);
  v1::SearchSpace* space = out->mutable_space();
  for (size_t i = 0; i < definition.space.size(); ++i) {
    v1::Parameter* parameter = space->add_parameters();
    EncodeParameter(definition.space[i], parameter);
    if (i < definition.defaults.size() && definition.defaults[i])
      EncodeValue(*definition.defaults[i], parameter->mutable_default_value());
  }
  EncodeSampler(definition.sampler, out->mutable_sampler());
  if (definition.pruner.kind != PrunerKind::kAuto) EncodePruner(definition.pruner, out->mutable_pruner());
  if (definition.max_trials) out->set_max_trials(*definition.max_trials);
  if (definition.max_duration) out->set_max_duration(*definition.max_duration);
  out->mutable_target()->Assign(definition.target.begin(), definition.target.end());
  if (definition.patience) out->set_patience(*definition.patience);
  out->set_max_retries(definition.max_retries);
  out->set_allow_repeats(definition.allow_repeats);
  out->set_algorithm_version(definition.sampler.algorithm_version);
  if (const auto size = definition.space.FiniteSize()) out->set_space_size(static_cast<int64_t>(*size));
  if (definition.warm_start == nullptr) return;
  for (const EarlierStudy& study : definition.warm_start->studies) {
    v1::WarmStartSource* source = out->add_warm_start();
    source->set_study(study.name);
    source->set_uid(study.uid);
    source->set_revision(study.revision);
    source->set_trials(study.trials);
  }
}

}  // namespace

absl::StatusOr<engine::CreateStudyCommand> Decode(const v1::CreateStudyRequest& request) {
  const v1::Study& study = request.study();
  const Field field("study");
  if (absl::Status named = CheckName(study.name(), field.Sub("name")); !named.ok()) return named;
  if (absl::Status input = CheckInputOnly(study, field); !input.ok()) return input;
  engine::CreateStudyCommand command;
  command.name = study.name();
  command.exist_ok = request.exist_ok();
  PARZEN_ASSIGN_OR_RETURN(auto directions, DecodeDirections(study, field.Sub("directions")));
  command.definition.directions = std::move(directions);
  command.definition.metric_names = DecodeTexts(study.metric_names());
  PARZEN_ASSIGN_OR_RETURN(auto space, DecodeSpace(study.space(), field.Sub("space")));
  if (absl::Status set = engine::SetSpace(std::move(space), &command.definition); !set.ok()) {
    return UnderStudy(set);
  }
  PARZEN_ASSIGN_OR_RETURN(auto sampler, DecodeSampler(study.sampler(), field.Sub("sampler")));
  command.definition.sampler = sampler;
  if (study.sampler().has_seed()) command.seed = study.sampler().seed();
  PARZEN_ASSIGN_OR_RETURN(auto pruner, DecodePruner(study.pruner(), field.Sub("pruner")));
  command.definition.pruner = std::move(pruner);
  if (study.has_max_trials()) command.definition.max_trials = study.max_trials();
  if (study.has_max_duration()) command.definition.max_duration = study.max_duration();
  command.definition.target.assign(study.target().begin(), study.target().end());
  if (study.has_patience()) command.definition.patience = study.patience();
  if (study.has_max_retries()) command.definition.max_retries = study.max_retries();
  command.definition.allow_repeats = study.allow_repeats();
  command.user_attrs = DecodeAttributes(study.user_attrs());
  command.system_attrs = DecodeAttributes(study.system_attrs());
  command.warm_start_from.studies = DecodeTexts(request.warm_start_from());
  command.warm_start_from.automatic = request.warm_start_auto();
  if (!study.warm_start_snapshot().empty()) {
    auto warm_start = engine::WarmStartFromJson(study.warm_start_snapshot(), command.definition.space);
    if (!warm_start.ok()) return UnderStudy(warm_start.status());
    command.definition.warm_start = std::make_shared<const WarmStart>(*std::move(warm_start));
  }
  return command;
}

absl::StatusOr<GetStudyQuery> Decode(const v1::GetStudyRequest& request) {
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  return GetStudyQuery{request.study(), request.with_warm_start_snapshot()};
}

absl::StatusOr<engine::ListStudiesCommand> Decode(const v1::ListStudiesRequest& request) {
  engine::ListStudiesCommand command;
  if (request.page_size() != 0) command.page_size = request.page_size();
  command.page_token = request.page_token();
  command.name_prefix = request.name_prefix();
  return command;
}

absl::StatusOr<engine::UpdateStudyCommand> Decode(const v1::UpdateStudyRequest& request) {
  engine::UpdateStudyCommand command;
  const Field study("study");
  if (absl::Status named = CheckName(request.study().name(), study.Sub("name")); !named.ok()) return named;
  command.study = request.study().name();
  command.study_uid = request.study().uid();
  if (request.has_if_revision()) command.if_revision = request.if_revision();
  const Field mask("update_mask");
  const Field paths = mask.Sub("paths");
  if (request.update_mask().paths().empty()) return BadField(paths, "empty", "the names of the study's fields to be changed");
  for (int i = 0; i < request.update_mask().paths_size(); ++i) {
    PARZEN_RETURN_IF_ERROR(DecodeMasked(request.update_mask().paths(i), request.study(), paths.At(i), &command));
  }
  return command;
}

absl::StatusOr<engine::DeleteStudyCommand> Decode(const v1::DeleteStudyRequest& request) {
  if (absl::Status named = CheckName(request.study(), Field("study")); !named.ok()) return named;
  engine::DeleteStudyCommand command;
  command.study = request.study();
  command.study_uid = request.study_uid();
  return command;
}

absl::Status UnderStudy(const absl::Status& status) {
  auto detail = error::GetErrorDetail(status);
  if (!detail || detail->reason != "BAD_FIELD") return status;
  static constexpr std::string_view kFields[] = {
      "directions", "metric_names", "space",       "sampler",       "pruner",     "max_trials",   "max_duration",
      "target",     "patience",     "max_retries", "allow_repeats", "user_attrs", "system_attrs", "warm_start_snapshot"};
  for (auto& [key, field] : detail->metadata) {
    const std::string_view first = std::string_view(field).substr(0, field.find_first_of(".["));
    if (key != "field" || std::ranges::find(kFields, first) == std::end(kFields)) continue;
    std::string message(status.message().data(), status.message().size());
    if (message.starts_with(field)) message.insert(0, "study.");
    field.insert(0, "study.");
    return error::MakeError(status.code(), message, *std::move(detail));
  }
  return status;
}

engine::Attributes DecodeAttributes(const google::protobuf::RepeatedPtrField<v1::Attribute>& attributes) {
  engine::Attributes decoded;
  decoded.reserve(attributes.size());
  for (const v1::Attribute& attribute : attributes) decoded.emplace_back(attribute.key(), attribute.json());
  return decoded;
}

void EncodeAttributes(const engine::Attributes& attributes, google::protobuf::RepeatedPtrField<v1::Attribute>* out) {
  out->Reserve(static_cast<int>(attributes.size()));
  for (const auto& [key, json] : attributes) {
    v1::Attribute* attribute = out->Add();
    attribute->set_key(key);
    attribute->set_json(json);
  }
}

void EncodeTime(int64_t micros, google::protobuf::Timestamp* out) {
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
}

void Encode(const engine::Study& study, v1::Study* out) {
  out->set_name(study.name);
  out->set_uid(study.uid);
  out->set_state(EncodeState(study.state));
  out->set_finish_reason(study.finish_reason);
  EncodeDefinition(*study.definition, out);
  EncodeAttributes(study.user_attrs, out->mutable_user_attrs());
  EncodeAttributes(study.system_attrs, out->mutable_system_attrs());
  EncodeTime(study.created_at, out->mutable_create_time());
  out->set_revision(study.revision);
  out->set_definition_version(study.definition_version);
  v1::TrialCounts* counts = out->mutable_counts();
  counts->set_waiting(study.counts.waiting);
  counts->set_running(study.counts.running);
  counts->set_complete(study.counts.complete);
  counts->set_pruned(study.counts.pruned);
  counts->set_failed(study.counts.failed);
  counts->set_imported(study.counts.imported);
}

void EncodeWithSnapshot(const engine::Study& study, v1::Study* out) {
  Encode(study, out);
  const auto& warm_start = study.definition->warm_start;
  if (warm_start != nullptr) out->set_warm_start_snapshot(engine::WarmStartToJson(*warm_start));
}

void Encode(const engine::ListStudiesAnswer& answer, v1::ListStudiesResponse* out) {
  for (const engine::Study& study : answer.studies) Encode(study, out->add_studies());
  out->set_next_page_token(answer.next_page_token);
}

}  // namespace parzen::optimizer
