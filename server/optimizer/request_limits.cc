#include "server/optimizer/request_limits.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "parzen/v1/parzen.pb.h"
#include "server/error/error.h"

namespace parzen::optimizer {
namespace {

absl::Status Over(const char* reason, absl::string_view what, int64_t found, int64_t limit) {
  return error::OverLimit(reason, absl::StrCat(what, " is ", found, "; this server accepts at most ", limit));
}

absl::Status CheckAttributes(const security::Limits& limits,
                             const google::protobuf::RepeatedPtrField<v1::Attribute>& attributes) {
  if (attributes.size() > limits.attributes) {
    return Over("LIMIT_ATTRIBUTES", "the number of attributes", attributes.size(), limits.attributes);
  }
  for (const v1::Attribute& attribute : attributes) {
    const auto bytes = static_cast<int64_t>(attribute.json().size());
    if (bytes > limits.attribute_bytes) {
      return Over("LIMIT_ATTRIBUTE_BYTES", "an attribute's size in bytes", bytes, limits.attribute_bytes);
    }
    if (const int64_t depth = security::JsonDepth(attribute.json()); depth > limits.json_depth) {
      return Over("LIMIT_JSON_DEPTH", "the depth of an attribute's JSON", depth, limits.json_depth);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDistribution(const security::Limits& limits, const v1::Distribution& distribution) {
  const int64_t choices = distribution.categorical().choices_size();
  if (choices <= limits.choices) return absl::OkStatus();
  return Over("LIMIT_CHOICES", "the number of choices", choices, limits.choices);
}

absl::Status CheckStudyMessage(const security::Limits& limits, const v1::Study& study) {
  const int64_t parameters = study.space().parameters_size();
  if (parameters > limits.parameters) {
    return Over("LIMIT_PARAMETERS", "the number of parameters", parameters, limits.parameters);
  }
  for (const v1::Parameter& parameter : study.space().parameters()) {
    PARZEN_RETURN_IF_ERROR(CheckDistribution(limits, parameter.distribution()));
  }
  PARZEN_RETURN_IF_ERROR(CheckAttributes(limits, study.user_attrs()));
  return CheckAttributes(limits, study.system_attrs());
}

absl::Status CheckTrialMessage(const security::Limits& limits, const v1::Trial& trial) {
  if (trial.params_size() > limits.parameters) {
    return Over("LIMIT_PARAMETERS", "the number of parameters", trial.params_size(), limits.parameters);
  }
  for (const v1::Param& param : trial.params()) {
    PARZEN_RETURN_IF_ERROR(CheckDistribution(limits, param.distribution()));
  }
  PARZEN_RETURN_IF_ERROR(CheckAttributes(limits, trial.user_attrs()));
  return CheckAttributes(limits, trial.system_attrs());
}

absl::Status CheckPageSize(const security::Limits& limits, int64_t page_size) {
  if (page_size <= limits.page_size) return absl::OkStatus();
  return Over("LIMIT_PAGE", "page_size", page_size, limits.page_size);
}

template <typename T>
const T* As(const google::protobuf::Message& message) {
  return message.GetDescriptor() == T::descriptor() ? static_cast<const T*>(&message) : nullptr;
}

}  // namespace

absl::Status CheckRequest(const security::Limits& limits, const google::protobuf::Message& request) {
  if (const auto* create = As<v1::CreateStudyRequest>(request)) return CheckStudyMessage(limits, create->study());
  if (const auto* update = As<v1::UpdateStudyRequest>(request)) return CheckStudyMessage(limits, update->study());
  if (const auto* suggest = As<v1::SuggestRequest>(request)) return CheckDistribution(limits, suggest->distribution());
  if (const auto* update = As<v1::UpdateTrialRequest>(request)) {
    PARZEN_RETURN_IF_ERROR(CheckAttributes(limits, update->user_attrs()));
    return CheckAttributes(limits, update->system_attrs());
  }
  if (const auto* enqueue = As<v1::EnqueueRequest>(request)) {
    for (const v1::Param& param : enqueue->params()) {
      PARZEN_RETURN_IF_ERROR(CheckDistribution(limits, param.distribution()));
    }
    return CheckAttributes(limits, enqueue->user_attrs());
  }
  if (const auto* add = As<v1::AddTrialsRequest>(request)) {
    for (const v1::Trial& trial : add->trials()) {
      PARZEN_RETURN_IF_ERROR(CheckTrialMessage(limits, trial));
    }
    return absl::OkStatus();
  }
  if (const auto* list = As<v1::ListStudiesRequest>(request)) return CheckPageSize(limits, list->page_size());
  if (const auto* list = As<v1::ListTrialsRequest>(request)) return CheckPageSize(limits, list->page_size());
  if (const auto* best = As<v1::BestTrialsRequest>(request)) return CheckPageSize(limits, best->page_size());
  if (const auto* best = As<v1::RecommendTrialsRequest>(request)) return CheckPageSize(limits, best->page_size());
  return absl::OkStatus();
}

}  // namespace parzen::optimizer
