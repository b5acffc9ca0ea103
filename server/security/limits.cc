#include "server/security/limits.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "parzen/v1/parzen.pb.h"
#include "server/error/error.h"

namespace parzen::security {
namespace {

struct Entry {
  std::string_view name;
  int64_t Limits::* member;
  int64_t least;
  int64_t most;  // what the code can bear
  std::string_view meaning;
};

constexpr int64_t kMany = 1'000'000'000;
constexpr std::array<Entry, 9> kEntries = {{
    {"studies", &Limits::studies, 0, kMany, "studies on the server"},
    {"parameters", &Limits::parameters, 1, 1'000, "parameters of a search space"},
    {"choices", &Limits::choices, 1, 10'000, "choices of a categorical parameter"},
    {"attributes", &Limits::attributes, 0, 1'000, "attributes in one list of a request"},
    {"attribute_bytes", &Limits::attribute_bytes, 1, 256 * 1024, "bytes of one attribute's JSON text"},
    {"json_depth", &Limits::json_depth, 0, 64, "nesting of one attribute's JSON text"},
    {"page_size", &Limits::page_size, 1, 10'000, "items of one page of a list"},
    {"watches_per_peer", &Limits::watches_per_peer, 0, kMany,
     "open WatchStudy streams of one principal or, without tokens, one host"},
    {"requests_per_peer", &Limits::requests_per_peer, 1, kMany,
     "requests in flight of one principal or, without tokens, one host"},
}};

absl::string_view View(std::string_view s) { return {s.data(), s.size()}; }

absl::Status Over(const char* reason, absl::string_view what, int64_t found, int64_t limit) {
  return error::OverLimit(reason, absl::StrCat(what, " is ", found, "; this server accepts at most ", limit));
}

absl::Status CheckAttributes(const Limits& limits, const google::protobuf::RepeatedPtrField<v1::Attribute>& attributes) {
  if (attributes.size() > limits.attributes) {
    return Over("LIMIT_ATTRIBUTES", "the number of attributes", attributes.size(), limits.attributes);
  }
  for (const v1::Attribute& attribute : attributes) {
    const auto bytes = static_cast<int64_t>(attribute.json().size());
    if (bytes > limits.attribute_bytes) {
      return Over("LIMIT_ATTRIBUTE_BYTES", "an attribute's size in bytes", bytes, limits.attribute_bytes);
    }
    if (const int64_t depth = JsonDepth(attribute.json()); depth > limits.json_depth) {
      return Over("LIMIT_JSON_DEPTH", "the depth of an attribute's JSON", depth, limits.json_depth);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDistribution(const Limits& limits, const v1::Distribution& distribution) {
  const int64_t choices = distribution.categorical().choices_size();
  if (choices <= limits.choices) return absl::OkStatus();
  return Over("LIMIT_CHOICES", "the number of choices", choices, limits.choices);
}

absl::Status CheckStudyMessage(const Limits& limits, const v1::Study& study) {
  const int64_t parameters = study.space().parameters_size();
  if (parameters > limits.parameters) {
    return Over("LIMIT_PARAMETERS", "the number of parameters", parameters, limits.parameters);
  }
  for (const v1::Parameter& parameter : study.space().parameters()) {
    if (auto status = CheckDistribution(limits, parameter.distribution()); !status.ok()) return status;
  }
  if (auto status = CheckAttributes(limits, study.user_attrs()); !status.ok()) return status;
  return CheckAttributes(limits, study.system_attrs());
}

absl::Status CheckTrialMessage(const Limits& limits, const v1::Trial& trial) {
  if (trial.params_size() > limits.parameters) {
    return Over("LIMIT_PARAMETERS", "the number of parameters", trial.params_size(), limits.parameters);
  }
  for (const v1::Param& param : trial.params()) {
    if (auto status = CheckDistribution(limits, param.distribution()); !status.ok()) return status;
  }
  if (auto status = CheckAttributes(limits, trial.user_attrs()); !status.ok()) return status;
  return CheckAttributes(limits, trial.system_attrs());
}

absl::Status CheckPageSize(const Limits& limits, int64_t page_size) {
  if (page_size <= limits.page_size) return absl::OkStatus();
  return Over("LIMIT_PAGE", "page_size", page_size, limits.page_size);
}

template <typename T>
const T* As(const google::protobuf::Message& message) {
  return message.GetDescriptor() == T::descriptor() ? static_cast<const T*>(&message) : nullptr;
}

}  // namespace

absl::Status SetLimit(std::string_view assignment, Limits* limits) {
  const size_t equals = assignment.find('=');
  const std::string_view name = assignment.substr(0, equals);
  const auto* entry = std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& e) { return e.name == name; });
  if (equals == std::string_view::npos || entry == kEntries.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", View(assignment), "' is not NAME=VALUE with one of these names:\n", DescribeLimits()));
  }
  const std::string_view text = assignment.substr(equals + 1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < entry->least || value > entry->most) {
    return absl::InvalidArgumentError(absl::StrCat("limit ", View(name), " is '", View(text), "'; accepted: a whole number from ",
                                                   entry->least, " to ", entry->most));
  }
  limits->*entry->member = value;
  return absl::OkStatus();
}

std::string DescribeLimits() {
  const Limits defaults;
  std::string text;
  for (const Entry& entry : kEntries) {
    absl::StrAppend(&text, View(entry.name), "=", defaults.*entry.member, "  ", View(entry.meaning), ", ", entry.least, " to ",
                    entry.most, "\n");
  }
  return text;
}

int64_t JsonDepth(std::string_view text) {
  int64_t depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

absl::Status CheckRequest(const Limits& limits, const google::protobuf::Message& request) {
  if (const auto* create = As<v1::CreateStudyRequest>(request)) return CheckStudyMessage(limits, create->study());
  if (const auto* update = As<v1::UpdateStudyRequest>(request)) return CheckStudyMessage(limits, update->study());
  if (const auto* suggest = As<v1::SuggestRequest>(request)) return CheckDistribution(limits, suggest->distribution());
  if (const auto* update = As<v1::UpdateTrialRequest>(request)) {
    if (auto status = CheckAttributes(limits, update->user_attrs()); !status.ok()) return status;
    return CheckAttributes(limits, update->system_attrs());
  }
  if (const auto* enqueue = As<v1::EnqueueRequest>(request)) {
    for (const v1::Param& param : enqueue->params()) {
      if (auto status = CheckDistribution(limits, param.distribution()); !status.ok()) return status;
    }
    return CheckAttributes(limits, enqueue->user_attrs());
  }
  if (const auto* add = As<v1::AddTrialsRequest>(request)) {
    for (const v1::Trial& trial : add->trials()) {
      if (auto status = CheckTrialMessage(limits, trial); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  if (const auto* list = As<v1::ListStudiesRequest>(request)) return CheckPageSize(limits, list->page_size());
  if (const auto* list = As<v1::ListTrialsRequest>(request)) return CheckPageSize(limits, list->page_size());
  if (const auto* best = As<v1::BestTrialsRequest>(request)) return CheckPageSize(limits, best->page_size());
  return absl::OkStatus();
}

}  // namespace parzen::security
