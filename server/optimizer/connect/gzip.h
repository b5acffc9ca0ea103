// gzip (RFC 1952), by zlib.

#ifndef PARZEN_SERVER_OPTIMIZER_CONNECT_GZIP_H_
#define PARZEN_SERVER_OPTIMIZER_CONNECT_GZIP_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parzen::optimizer::connect {

// Empty where zlib has no memory for it.
std::string Gzip(std::string_view bytes);

// INVALID_ARGUMENT where the bytes are no gzip, or are cut; RESOURCE_EXHAUSTED LIMIT_MESSAGE, without unpacking more, where what
// they stand for has more than `most` bytes.
absl::StatusOr<std::string> Gunzip(std::string_view bytes, size_t most);

}  // namespace parzen::optimizer::connect

#endif  // PARZEN_SERVER_OPTIMIZER_CONNECT_GZIP_H_
