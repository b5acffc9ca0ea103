// JSON as Python's json module writes it, which is more than the standard's parsers read.

#ifndef PARZEN_SERVER_ENGINE_PYTHON_JSON_H_
#define PARZEN_SERVER_ENGINE_PYTHON_JSON_H_

#include <string>
#include <string_view>

namespace parzen::engine {

// The text as JSON that any parser reads, to be looked at and not to be kept:
//   NaN, Infinity, -Infinity               become {"double": "NaN"}, ...
//   numbers beyond a double's range        likewise, as infinities (Python's integers have any number of digits)
//   half of a surrogate pair, \ud800       becomes \ufffd (Python's strings may hold one)
// Whatever else is no JSON stays as it is.
std::string StandardJson(std::string_view python_json);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_PYTHON_JSON_H_
