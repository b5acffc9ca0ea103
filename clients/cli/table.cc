#include "clients/cli/table.h"

#include <algorithm>

#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

constexpr int kGap = 2;
constexpr int kShortestText = 10;

int Total(const std::vector<int>& widths, size_t shown) {
  int total = -kGap;
  for (size_t i = 0; i < shown; ++i) total += widths[i] + kGap;
  return total;
}

void AppendCell(const std::string& cell, int width, bool right, bool last, std::string* line) {
  const std::string shown = Truncate(cell, width);
  const std::string fill(std::max(0, width - DisplayWidth(shown)), ' ');
  if (right) *line += fill;
  *line += shown;
  if (last) {
    line->erase(line->find_last_not_of(' ') + 1);
    return;
  }
  if (!right) *line += fill;
  line->append(kGap, ' ');
}

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Render(std::optional<int> width, bool bold) const {
  std::vector<int> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    int widest = DisplayWidth(Printable(columns_[i].title));
    for (const auto& row : rows_) widest = std::max(widest, DisplayWidth(row[i]));
    widths.push_back(widest);
  }
  size_t shown = columns_.size();
  while (width.has_value() && Total(widths, shown) > *width) {
    // The widest text column gives way; where all are short, the last column goes.
    int widest = -1;
    for (size_t i = 0; i < shown; ++i) {
      if (columns_[i].text && widths[i] > kShortestText && (widest < 0 || widths[i] > widths[widest]))
        widest = static_cast<int>(i);
    }
    if (widest >= 0) {
      --widths[widest];
    } else if (shown > 1) {
      --shown;
    } else {
      widths[0] = std::max(1, *width);
    }
  }

  std::string text = bold ? "\033[1m" : "";
  for (size_t i = 0; i < shown; ++i)
    AppendCell(Printable(columns_[i].title), widths[i], columns_[i].right, i + 1 == shown, &text);
  text += bold ? "\033[0m\n" : "\n";
  for (const auto& row : rows_) {
    for (size_t i = 0; i < shown; ++i) AppendCell(row[i], widths[i], columns_[i].right, i + 1 == shown, &text);
    text += '\n';
  }
  if (shown < columns_.size()) {
    text +=
        Truncate("(" + std::to_string(columns_.size() - shown) + " more columns: a wider terminal, or --json)", *width) + "\n";
  }
  return text;
}

}  // namespace parzen::cli
