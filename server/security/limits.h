// How much one client, one request and the server may hold. Every limit can be lowered or raised up to what the code can bear;
// what exceeds one is refused with RESOURCE_EXHAUSTED and the limit's own reason ("LIMIT_PARAMETERS"), before anything is
// changed.

#ifndef PARZEN_SERVER_SECURITY_LIMITS_H_
#define PARZEN_SERVER_SECURITY_LIMITS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parzen::security {

struct Limits {
  int64_t studies = 100'000;             // on the server
  int64_t parameters = 1'000;            // of a space
  int64_t choices = 10'000;              // of a parameter
  int64_t attributes = 1'000;            // of a study or trial, in one request
  int64_t attribute_bytes = 256 * 1024;  // of one value, JSON text
  int64_t json_depth = 64;               // of one value
  int64_t page_size = 10'000;            // of any list
  int64_t watches_per_peer = 256;        // open WatchStudy streams
  int64_t requests_per_peer = 4'096;     // in flight, watches not counted
};

// Sets a limit from "NAME=VALUE", names as above. INVALID_ARGUMENT names what is accepted.
absl::Status SetLimit(std::string_view assignment, Limits* limits);

// Every limit's name, default and range, a line each: for --help and the documentation.
std::string DescribeLimits();

// How deep a JSON text is nested: 0 for a scalar, 1 for []. Counts brackets outside strings and needs no valid text.
int64_t JsonDepth(std::string_view text);

}  // namespace parzen::security

#endif  // PARZEN_SERVER_SECURITY_LIMITS_H_
