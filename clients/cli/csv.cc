#include "clients/cli/csv.h"

#include <utility>

namespace parzen::cli {

std::string CsvRecord(const std::vector<std::string>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    if (fields[i].find_first_of(",\"\r\n") == std::string::npos) {
      line += fields[i];
      continue;
    }
    line += '"';
    for (const char c : fields[i]) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line + "\n";
}

absl::StatusOr<std::vector<CsvLine>> ParseCsv(std::string_view text) {
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  std::vector<CsvLine> records;
  std::vector<std::string> record;
  size_t line = 1, begin = 1;  // here, and of the record
  std::string field;
  bool quoted = false;      // inside quotes
  bool was_quoted = false;  // the field had quotes: it may be empty and still be there
  const auto end_record = [&] {
    const size_t began = std::exchange(begin, line);
    if (record.empty() && field.empty() && !was_quoted) return;  // an empty line
    record.push_back(std::move(field));
    records.push_back({began, std::move(record)});
    record.clear();
    field.clear();
    was_quoted = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = was_quoted = true;
    } else if (c == ',') {
      record.push_back(std::move(field));
      field.clear();
      was_quoted = false;
    } else if (c == '\n') {
      end_record();
    } else if (c != '\r' || (i + 1 < text.size() && text[i + 1] != '\n')) {
      field += c;
    }
  }
  if (quoted) return absl::InvalidArgumentError("line " + std::to_string(begin) + ": a quoted field does not end");
  end_record();
  return records;
}

}  // namespace parzen::cli
