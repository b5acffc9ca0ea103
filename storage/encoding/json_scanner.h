// A forward scanner over JSON text that this storage has written itself: no tree, no copies.

#ifndef PARZEN_STORAGE_ENCODING_JSON_SCANNER_H_
#define PARZEN_STORAGE_ENCODING_JSON_SCANNER_H_

#include <string>
#include <string_view>

namespace parzen::storage {

class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : position_(text.data()), end_(text.data() + text.size()) {}

  // Takes `c` if it is next.
  bool Take(char c) {
    if (position_ == end_ || *position_ != c) return false;
    ++position_;
    return true;
  }
  bool AtEnd() const { return position_ == end_; }
  bool Next(char c) const { return position_ != end_ && *position_ == c; }

  // A string; `raw` is what stands between the quotes, `escaped` whether it holds a backslash.
  bool String(std::string_view* raw, bool* escaped);
  // Any value up to the comma or bracket that ends it; white space around it belongs to it.
  bool Value(std::string_view* raw);
  // A number, or a string that stands for a non-finite one.
  bool Double(double* value);

 private:
  const char* position_;
  const char* end_;
};

// What a string means, escapes resolved. False for a bad escape.
bool Unescape(std::string_view raw, std::string* out);

// True for one well-formed JSON value and nothing else.
bool IsJsonValue(std::string_view text);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_ENCODING_JSON_SCANNER_H_
