#include "server/engine/study/stored_draft.h"

#include <nlohmann/json.hpp>

#include "server/engine/definition/definition.h"
#include "server/engine/definition/definition_json.h"
#include "server/engine/definition/json_text.h"

namespace parzen::engine {
namespace {

// Opens the object, or goes on in it, with a key.
void Key(std::string_view key, std::string* out) { out->append(out->empty() ? "{\"" : ",\"").append(key).append("\":"); }

void PutPositions(std::string_view key, const StreamPositions& positions, std::string* out) {
  if (positions == StreamPositions()) return;
  Key(key, out);
  out->append("[" + std::to_string(positions.startup) + "," + std::to_string(positions.tpe) + "]");
}

StreamPositions PositionsOf(const nlohmann::ordered_json& json, const char* key) {
  if (!json.contains(key)) return {};
  return {json.at(key).at(0).get<uint64_t>(), json.at(key).at(1).get<uint64_t>()};
}

double DoubleOf(const nlohmann::ordered_json& json) { return std::get<double>(ChoiceOf(json)); }

}  // namespace

std::string StoredDraftToJson(const StoredDraft& stored) {
  std::string out;
  PutPositions("before", stored.draft.before, &out);
  PutPositions("after", stored.draft.after, &out);
  if (stored.draft.attempt != 0) {
    Key("attempt", &out);
    out.append(std::to_string(stored.draft.attempt));
  }
  if (!stored.draft.relative.empty()) {
    Key("relative", &out);
    char separator = '[';
    for (const NamedValue& value : stored.draft.relative) {
      out.push_back(separator);
      out.push_back('[');
      AppendJsonString(value.name, &out);
      out.push_back(',');
      AppendJsonDouble(value.value, &out);
      out.push_back(']');
      separator = ',';
    }
    out.push_back(']');
  }
  if (!stored.fixed.empty()) {
    Key("fixed", &out);
    char separator = '[';
    for (const std::string& name : stored.fixed) {
      out.push_back(separator);
      AppendJsonString(name, &out);
      separator = ',';
    }
    out.push_back(']');
  }
  if (!stored.given.empty()) {
    Key("given", &out);
    char separator = '[';
    for (const auto& [name, value] : stored.given) {
      out.push_back(separator);
      out.push_back('[');
      AppendJsonString(name, &out);
      out.append("," + ChoiceToJson(value) + "]");
      separator = ',';
    }
    out.push_back(']');
  }
  if (!out.empty()) out.push_back('}');
  return out;
}

absl::StatusOr<StoredDraft> StoredDraftFromJson(std::string_view text, int64_t number) {
  StoredDraft stored;
  stored.draft.number = number;
  if (text.empty()) return stored;
  try {
    const auto json = nlohmann::ordered_json::parse(text.begin(), text.end());
    stored.draft.before = PositionsOf(json, "before");
    stored.draft.after = PositionsOf(json, "after");
    stored.draft.attempt = json.value("attempt", uint32_t{0});
    for (const auto& entry : json.value("relative", nlohmann::ordered_json::array())) {
      stored.draft.relative.push_back({entry.at(0).get<std::string>(), DoubleOf(entry.at(1))});
    }
    stored.fixed = json.value("fixed", std::vector<std::string>());
    for (const auto& entry : json.value("given", nlohmann::ordered_json::array())) {
      stored.given.emplace_back(entry.at(0).get<std::string>(), ChoiceOf(entry.at(1)));
    }
    return stored;
  } catch (const std::exception& error) {
    return absl::DataLossError(std::string("a stored sampler draft cannot be read: ") + error.what());
  }
}

}  // namespace parzen::engine
