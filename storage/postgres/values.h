// How values travel to PostgreSQL and back: in its binary format, so that no double and no byte is touched on the way.

#ifndef PARZEN_STORAGE_POSTGRES_VALUES_H_
#define PARZEN_STORAGE_POSTGRES_VALUES_H_

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parzen::storage::postgres {

// The parameters $1, $2, ... of a statement, in order.
class Values {
 public:
  Values& Int(int64_t value);
  Values& Double(double value);
  // A text column: UTF-8, NUL allowed.
  Values& Text(std::string_view value);
  Values& TextOrNull(std::string_view value);  // NULL for an empty text
  Values& Blob(std::string_view value);
  Values& Ints(std::span<const int64_t> values);  // bigint[]

  const std::vector<Oid>& types() const { return types_; }
  const std::vector<int>& lengths() const { return lengths_; }
  // What libpq takes; valid as long as these values are.
  std::vector<const char*> Pointers() const;

 private:
  void Add(Oid type, std::string bytes);
  std::vector<Oid> types_;
  std::vector<int> lengths_;
  std::vector<std::string> bytes_;
  std::vector<bool> nulls_;
};

// The rows that a statement returned. Columns are counted from 0.
class Rows {
 public:
  Rows() = default;
  explicit Rows(PGresult* result) : result_(result) {}

  int size() const { return result_ == nullptr ? 0 : PQntuples(result_.get()); }
  // Rows that the statement inserted, updated or deleted.
  int64_t Changed() const;
  bool IsNull(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  int64_t Int(int row, int column) const;  // of any width; 0 for NULL
  double Double(int row, int column) const;
  std::string_view Blob(int row, int column) const;  // empty for NULL
  std::string Text(int row, int column) const;
  // A text that holds no escape: JSON that this storage has written. A view into the rows.
  std::string_view Json(int row, int column) const { return Blob(row, column); }
  const PGresult* get() const { return result_.get(); }

 private:
  struct Clearer {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clearer> result_;
};

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_VALUES_H_
