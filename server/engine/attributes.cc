#include "server/engine/attributes.h"

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "server/engine/definition/json_text.h"
#include "server/engine/definition/python_json.h"
#include "server/error/error.h"

namespace parzen::engine {

absl::Status CheckAttributes(std::string_view field, const Attributes& attributes, bool may_remove) {
  std::set<std::string_view> keys;
  for (const auto& [key, json] : attributes) {
    if (key.empty() || key.size() > kMaxKeyBytes) {
      return error::BadField(std::string(field) + ".key",
                             absl::StrCat("has ", key.size(), " bytes; 1 to ", kMaxKeyBytes, " are accepted"));
    }
    if (!keys.insert(key).second)
      return error::BadField(std::string(field) + ".key", "\"" + key + "\" is there twice; keys must differ");
    if (json.empty() && may_remove) continue;
    const std::string json_field = std::string(field) + ".json";
    if (json.size() > kMaxJsonBytes) {
      return error::BadField(
          json_field, absl::StrCat("of \"", key, "\" has ", json.size(), " bytes; at most ", kMaxJsonBytes, " are accepted"));
    }
    switch (CheckJson(json, kMaxJsonDepth)) {
      case JsonCheck::kOk:
        break;
      case JsonCheck::kMalformed:
        return error::BadField(json_field, "of \"" + key + "\" is not a JSON value");
      case JsonCheck::kTooDeep:
        return error::BadField(
            json_field, absl::StrCat("of \"", key, "\" is nested too deep; at most ", kMaxJsonDepth, " levels are accepted"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPythonAttributes(const Attributes& attributes) {
  for (const auto& [key, json] : attributes) {
    if (CheckJson(StandardJson(json), std::numeric_limits<int>::max()) != JsonCheck::kOk) {
      return error::BadField("value", "of the attribute \"" + key + "\" is not a JSON value");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAttributeCount(std::string_view field, const Attributes& there, const Attributes& update) {
  if (there.size() + update.size() <= kMaxAttributes) return absl::OkStatus();
  Attributes after = there;
  SetAttributes(update, &after);
  if (after.size() <= kMaxAttributes) return absl::OkStatus();
  return error::OverLimit("LIMIT_ATTRIBUTES", absl::StrCat(std::string(field), ": there would be ", after.size(),
                                                           " attributes; at most ", kMaxAttributes, " are accepted"));
}

void SetAttributes(const Attributes& update, Attributes* attributes) {
  for (const auto& [key, json] : update) {
    const auto same =
        std::find_if(attributes->begin(), attributes->end(), [&, &k = key](const auto& entry) { return entry.first == k; });
    if (json.empty()) {
      if (same != attributes->end()) attributes->erase(same);
    } else if (same != attributes->end()) {
      same->second = json;
    } else {
      attributes->emplace_back(key, json);
    }
  }
}

std::vector<std::pair<std::string, std::optional<std::string>>> AttributeChanges(const Attributes& update) {
  std::vector<std::pair<std::string, std::optional<std::string>>> changes;
  for (const auto& [key, json] : update) {
    changes.emplace_back(key, json.empty() ? std::nullopt : std::optional<std::string>(json));
  }
  return changes;
}

void SetNamed(const NamedDoubles& update, NamedDoubles* values) {
  for (const auto& [name, value] : update) {
    const auto same =
        std::find_if(values->begin(), values->end(), [&, &n = name](const auto& entry) { return entry.first == n; });
    if (same == values->end()) {
      values->emplace_back(name, value);
    } else {
      same->second = value;
    }
  }
}

}  // namespace parzen::engine
