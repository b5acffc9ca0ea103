// How records look in the columns of a database: JSON that a person can read in its shell, exact to the bit, and quick to scan.
//
// Doubles are written as double_text.h says.
//
//   values       [0.25,"Infinity"]
//   constraints  {"memory":-1.5}
//   params       {"lr":0.001,"kernel":"rbf"}        the external values as they were given, byte for byte
//   internal     [null,2]                           the internal value where it is not the external number itself
//   dists        [0,1]                              indexes of distributions

#ifndef PARZEN_STORAGE_ENCODING_COLUMNS_H_
#define PARZEN_STORAGE_ENCODING_COLUMNS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/records.h"

namespace parzen::storage {

void AppendJsonString(std::string_view text, std::string* out);

// Empty texts for empty lists.
void EncodeDoubles(std::span<const double> values, std::string* out);
void EncodeNamedDoubles(const NamedDoubles& values, std::string* out);

// The three columns of a trial's parameters; all empty where there are none, `internal` empty where it is not needed.
struct ParamColumns {
  std::string params, internal, dists;
};
// `dists`: one index a param. INVALID_ARGUMENT where a param's external value is not one JSON value.
absl::Status EncodeParams(std::span<const ParamRecord> params, std::span<const int32_t> dists, ParamColumns* out);

// Decoders return false for a text that no encoder here has written: the database is damaged, or was edited by hand.
bool DecodeDoubles(std::string_view json, std::vector<double>* out);
bool DecodeNamedDoubles(std::string_view json, NamedDoubles* out);
bool DecodeIndexes(std::string_view json, std::vector<int32_t>* out);

// Reads a trial's parameter columns, one parameter after the other, without copying what needs no unescaping.
class ParamScanner {
 public:
  struct Param {
    std::string_view name;  // valid until the scanner is reset
    std::string_view json;  // external form; a view into the column
    double value = 0;       // internal form
  };
  // Scans all of it. `params` is cleared first.
  bool Scan(std::string_view params_json, std::string_view internal_json, std::vector<Param>* params);

 private:
  std::vector<std::string> unescaped_;  // names that had escapes
};

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_ENCODING_COLUMNS_H_
