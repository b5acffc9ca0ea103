// The tables that a copy carries from one kind of database to another: their names and columns are the same in all
// (sqlite/schema, postgres/schema), and so are the values in them, ids included. What differs is each database's own: how rows
// are asked for (end.h), and `intermediates`, which SQLite keeps with one column less.

#ifndef PARZEN_STORAGE_COPY_TABLES_H_
#define PARZEN_STORAGE_COPY_TABLES_H_

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace parzen::storage::copy {

enum class Type {
  kInt,
  kDouble,
  kText,
  kTextOrNull,  // an empty text is NULL
  kBlob,
};

// Whose rows are whose.
enum class Part {
  kStudy,     // `key` is the study's id; few rows
  kTrials,    // `key` is the trial's id: study id * 2^32 + number
  kRequests,  // `key` is the study's id, and rows are in the order of `locator`; many rows
  kServer,    // of no study
};

struct Column {
  const char* name;
  Type type;
};

struct Table {
  const char* name;
  Part part;
  const char* key;
  const char* order;  // ORDER BY: of the primary key's columns
  std::vector<Column> columns;
};

// A row's values, in the order of the columns.
using Row = std::vector<std::variant<int64_t, double, std::string>>;

// Those of a study, each after the tables that it refers to; the first is `studies`.
std::span<const Table> StudyTables();
// Answered requests that belong to no study.
const Table& ServerRequests();

// "a, b, c".
std::string ColumnNames(const Table& table);

// Of rows in their order, to the bit: FNV-1a, 64 bits, over each value's type, length and bytes.
class Digest {
 public:
  void Add(const Table& table, const Row& row);
  uint64_t value() const { return value_; }

 private:
  void Add(const void* data, size_t size);
  uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace parzen::storage::copy

#endif  // PARZEN_STORAGE_COPY_TABLES_H_
