// The kept result of an answered request: a compact sequence of integers and texts that only this server reads.
//
//   integer  zigzag varint
//   text     its length as an integer, then its bytes

#ifndef PARZEN_SERVER_ENGINE_RESULT_BYTES_H_
#define PARZEN_SERVER_ENGINE_RESULT_BYTES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace parzen::engine {

class ResultWriter {
 public:
  ResultWriter& Int(int64_t value);
  ResultWriter& Text(std::string_view text);
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads in the order written. What is not there reads as 0 or empty, and makes ok() false.
class ResultReader {
 public:
  explicit ResultReader(std::string_view bytes) : rest_(bytes) {}
  int64_t Int();
  std::string Text();
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_RESULT_BYTES_H_
