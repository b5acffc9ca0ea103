// A table of text that fits the terminal.

#ifndef PARZEN_CLIENTS_CLI_TABLE_H_
#define PARZEN_CLIENTS_CLI_TABLE_H_

#include <optional>
#include <string>
#include <vector>

namespace parzen::cli {

class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;  // numbers
    bool text = false;   // may be cut to ten columns before anything is left out
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell a column; control characters are replaced.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  // The lines of the table. Where it is wider than `width`, text columns are cut to no less than ten columns, then columns are
  // left out from the right (the first always stays), which a last line says. `bold`: the title line in bold.
  std::string Render(std::optional<int> width, bool bold) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_TABLE_H_
