// A message as the Connect protocol carries it: proto3 JSON, by protobuf's own mapping, or protobuf's bytes.

#ifndef PARZEN_SERVER_OPTIMIZER_CONNECT_MESSAGE_H_
#define PARZEN_SERVER_OPTIMIZER_CONNECT_MESSAGE_H_

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parzen::optimizer::connect {

enum class Format { kJson, kProto };

// The format that a content type names: `prefix` and "json" or "proto", in any case, JSON perhaps with charset=utf-8. Nullopt for
// every other.
std::optional<Format> ParseContentType(std::string_view content_type, std::string_view prefix);

// INVALID_ARGUMENT BAD_FIELD with what is wrong. JSON: an object; fields by their names in either spelling, unknown ones are
// refused.
absl::Status ParseText(Format format, std::string_view text, google::protobuf::Message* message);
// RESOURCE_EXHAUSTED LIMIT_ANSWER for a message beyond 2 GiB.
absl::Status Print(Format format, const google::protobuf::Message& message, std::string* text);

}  // namespace parzen::optimizer::connect

#endif  // PARZEN_SERVER_OPTIMIZER_CONNECT_MESSAGE_H_
