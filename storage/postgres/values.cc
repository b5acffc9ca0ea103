#include "storage/postgres/values.h"

#include <bit>
#include <cstdlib>
#include <utility>

namespace parzen::storage::postgres {
namespace {

// From PostgreSQL's pg_type.dat; no client header has them.
constexpr Oid kBytea = 17, kInt8 = 20, kText = 25, kFloat8 = 701, kInt8Array = 1016;

void AppendBigEndian(uint64_t value, int bytes, std::string* out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift & 0xff));
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// PostgreSQL's text has no U+0000: \0 becomes \x01\x01, and \x01 becomes \x01\x02. The order of bytes stays.
constexpr char kEscape = '\x01';

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '\0' || c == kEscape) out.push_back(kEscape);
    out.push_back(c == '\0' ? '\x01' : c == kEscape ? '\x02' : c);
  }
  return out;
}

}  // namespace

void Values::Add(Oid type, std::string bytes) {
  types_.push_back(type);
  lengths_.push_back(static_cast<int>(bytes.size()));
  bytes_.push_back(std::move(bytes));
  nulls_.push_back(false);
}

Values& Values::Int(int64_t value) {
  std::string bytes;
  AppendBigEndian(static_cast<uint64_t>(value), 8, &bytes);
  Add(kInt8, std::move(bytes));
  return *this;
}

Values& Values::Double(double value) {
  std::string bytes;
  AppendBigEndian(std::bit_cast<uint64_t>(value), 8, &bytes);
  Add(kFloat8, std::move(bytes));
  return *this;
}

Values& Values::Text(std::string_view value) {
  Add(kText, Escape(value));
  return *this;
}

Values& Values::TextOrNull(std::string_view value) {
  Text(value);
  nulls_.back() = value.empty();
  return *this;
}

Values& Values::Blob(std::string_view value) {
  Add(kBytea, std::string(value));
  return *this;
}

// As array_send writes it: dimensions, whether there are NULLs, the elements' type; for each dimension its size and first index;
// then each element's length and bytes.
Values& Values::Ints(std::span<const int64_t> values) {
  std::string bytes;
  AppendBigEndian(values.empty() ? 0 : 1, 4, &bytes);
  AppendBigEndian(0, 4, &bytes);
  AppendBigEndian(kInt8, 4, &bytes);
  if (!values.empty()) {
    AppendBigEndian(values.size(), 4, &bytes);
    AppendBigEndian(1, 4, &bytes);
  }
  for (const int64_t value : values) {
    AppendBigEndian(8, 4, &bytes);
    AppendBigEndian(static_cast<uint64_t>(value), 8, &bytes);
  }
  Add(kInt8Array, std::move(bytes));
  return *this;
}

std::vector<const char*> Values::Pointers() const {
  std::vector<const char*> pointers;
  pointers.reserve(bytes_.size());
  for (size_t i = 0; i < bytes_.size(); ++i) pointers.push_back(nulls_[i] ? nullptr : bytes_[i].data());
  return pointers;
}

int64_t Rows::Changed() const { return result_ == nullptr ? 0 : std::atoll(PQcmdTuples(result_.get())); }

std::string_view Rows::Blob(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t Rows::Int(int row, int column) const {
  const std::string_view bytes = Blob(row, column);
  switch (bytes.size()) {
    case 2:
      return static_cast<int16_t>(BigEndian(bytes));
    case 4:
      return static_cast<int32_t>(BigEndian(bytes));
    default:
      return static_cast<int64_t>(BigEndian(bytes));
  }
}

double Rows::Double(int row, int column) const { return std::bit_cast<double>(BigEndian(Blob(row, column))); }

std::string Rows::Text(int row, int column) const {
  const std::string_view bytes = Blob(row, column);
  std::string out;
  out.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == kEscape && i + 1 < bytes.size()) {
      out.push_back(bytes[++i] == '\x01' ? '\0' : kEscape);
    } else {
      out.push_back(bytes[i]);
    }
  }
  return out;
}

}  // namespace parzen::storage::postgres
