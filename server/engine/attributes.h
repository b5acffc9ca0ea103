// Attributes (key and JSON text) and named doubles: how an update changes a list of them, and what is accepted.

#ifndef PARZEN_SERVER_ENGINE_ATTRIBUTES_H_
#define PARZEN_SERVER_ENGINE_ATTRIBUTES_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/types.h"

namespace parzen::engine {

inline constexpr size_t kMaxAttributes = 1000;  // a study or trial, user and system attributes each
inline constexpr size_t kMaxKeyBytes = 256;
inline constexpr size_t kMaxJsonBytes = 256 * 1024;
inline constexpr int kMaxJsonDepth = 64;

// Keys of 1 to 256 bytes, each once; JSON texts within their bounds. An empty text is accepted where it `may_remove`.
absl::Status CheckAttributes(std::string_view field, const Attributes& attributes, bool may_remove);

// Attributes as Python's json module writes them, from a client that knows no bounds: any key, JSON of any size and depth (the
// limit of a message holds), and NaN, Infinity and -Infinity besides. INVALID_ARGUMENT for a text that is none.
absl::Status CheckPythonAttributes(const Attributes& attributes);

// Whether there are at most kMaxAttributes after an update.
absl::Status CheckAttributeCount(std::string_view field, const Attributes& there, const Attributes& update);

// Sets those given; an empty JSON text removes.
void SetAttributes(const Attributes& update, Attributes* attributes);

// The same as changes for storage.
std::vector<std::pair<std::string, std::optional<std::string>>> AttributeChanges(const Attributes& update);

// Sets those given, the rest stays.
void SetNamed(const NamedDoubles& update, NamedDoubles* values);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_ATTRIBUTES_H_
