// Recordings are gzip files of lines, each a JSON text as Python's json module writes it: with NaN, Infinity and -Infinity.

#ifndef PARZEN_TESTS_GOLDEN_PYTHON_JSON_H_
#define PARZEN_TESTS_GOLDEN_PYTHON_JSON_H_

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace parzen::golden {

// Objects in the order of the file.
using Json = nlohmann::ordered_json;

// The lines that are not empty. Throws std::runtime_error where the file cannot be opened.
std::vector<std::string> ReadLines(const std::string& path);

// Numbers that JSON does not have become the strings "NaN", "Infinity" and "-Infinity"; ToDouble reads both.
Json ParsePythonJson(const std::string& line);
double ToDouble(const Json& value);

}  // namespace parzen::golden

#endif  // PARZEN_TESTS_GOLDEN_PYTHON_JSON_H_
