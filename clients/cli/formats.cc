#include "clients/cli/formats.h"

namespace parzen::cli {

absl::StatusOr<std::string> FormatOf(const std::string& said, const std::string& file, std::string_view otherwise) {
  if (said == "csv" || said == "jsonl") return said;
  if (!said.empty()) return absl::InvalidArgumentError("--format is '" + said + "': csv or jsonl is accepted");
  if (file.ends_with(".csv")) return std::string("csv");
  if (file.ends_with(".jsonl") || file.ends_with(".ndjson")) return std::string("jsonl");
  return std::string(otherwise);
}

}  // namespace parzen::cli
