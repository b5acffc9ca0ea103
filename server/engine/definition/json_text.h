// JSON texts, written and checked without building a tree.

#ifndef PARZEN_SERVER_ENGINE_JSON_TEXT_H_
#define PARZEN_SERVER_ENGINE_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace parzen::engine {

// Appends a quoted string.
void AppendJsonString(std::string_view text, std::string* out);

// Appends a finite double as the shortest text that reads back bit for bit and is no integer: 1.0, 0.1, 1e+22, -0.0. A non-finite
// one is {"double": "NaN" | "Infinity" | "-Infinity"}.
void AppendJsonDouble(double value, std::string* out);

enum class JsonCheck { kOk, kMalformed, kTooDeep };

// Whether a text is one JSON value nested at most `max_depth` deep.
JsonCheck CheckJson(std::string_view text, int max_depth);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_JSON_TEXT_H_
