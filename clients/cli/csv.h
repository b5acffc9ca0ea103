// Comma-separated values as RFC 4180 has them.

#ifndef PARZEN_CLIENTS_CLI_CSV_H_
#define PARZEN_CLIENTS_CLI_CSV_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace parzen::cli {

// One record with its line break; fields are quoted where they need to be.
std::string CsvRecord(const std::vector<std::string>& fields);

struct CsvLine {
  size_t line = 0;  // of the text, from 1, where the record begins
  std::vector<std::string> fields;
};

// All records. Quoted fields may hold commas, quotes and line breaks; lines end in LF or CRLF; a byte order mark is passed over.
absl::StatusOr<std::vector<CsvLine>> ParseCsv(std::string_view text);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_CSV_H_
