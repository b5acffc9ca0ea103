// Doubles as JSON text, exact to the bit.
//
// A finite double is the shortest text that reads back to the same bits (std::to_chars), "-0" included. What JSON has no number
// for is a string: "Infinity", "-Infinity", "NaN" for the usual quiet NaN (7ff8000000000000), "NaN(16 hex digits)" for any other.

#ifndef PARZEN_STORAGE_ENCODING_DOUBLE_TEXT_H_
#define PARZEN_STORAGE_ENCODING_DOUBLE_TEXT_H_

#include <optional>
#include <string>
#include <string_view>

namespace parzen::storage {

// Appends the JSON text.
void AppendDouble(double value, std::string* out);

// NaN and NaN(...) without the quotes, for columns that hold a plain double otherwise.
bool IsUsualNan(double value);
std::string NanText(double nan);
std::optional<double> ParseNanText(std::string_view text);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_ENCODING_DOUBLE_TEXT_H_
