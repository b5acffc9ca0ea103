// A study's definition in a YAML or JSON file; docs/cli.md has the format.

#ifndef PARZEN_CLIENTS_CLI_STUDY_FILE_H_
#define PARZEN_CLIENTS_CLI_STUDY_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "clients/cli/json.h"
#include "parzen/study.h"

namespace parzen::cli {

// YAML 1.2 core schema, of which JSON is a part: plain scalars are null, booleans, numbers or texts, quoted ones texts.
absl::StatusOr<Json> ParseYaml(const std::string& text);

// The definition in a document; what it does not mention keeps its default. What `study show --json` adds (state, trials, ...) is
// passed over; any other unknown key is refused.
absl::StatusOr<StudyConfig> StudyFromJson(const Json& json);
absl::StatusOr<StudyConfig> ReadStudyFile(const std::string& path);

// "tpe", "random", "qmc", "gp-ei" or "auto".
absl::StatusOr<Sampler> SamplerFromJson(const Json& json);

absl::StatusOr<Direction> DirectionFromText(std::string_view text);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_STUDY_FILE_H_
