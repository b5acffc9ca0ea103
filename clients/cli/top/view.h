// The lines of `parzen top`, from what it knows. Knows nothing of the terminal but its size.

#ifndef PARZEN_CLIENTS_CLI_TOP_VIEW_H_
#define PARZEN_CLIENTS_CLI_TOP_VIEW_H_

#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/top/model.h"

namespace parzen::cli {

// What the keys have chosen.
struct TopState {
  std::string study;     // open one; empty: the list of studies
  std::string selected;  // in the list
  size_t sort = 0;       // of SortNames
  bool reversed = false;
  int scroll = 0;  // first line shown of an open study
};

inline constexpr std::string_view kSortNames[] = {"running", "name", "rate", "done"};

struct TopLine {
  std::string text;
  enum class Style { kPlain, kTitle, kSelected, kFaint } style = Style::kPlain;
};

// Names of the studies in the order shown.
std::vector<std::string> SortedStudies(const std::map<std::string, StudyTrack>& studies, const TopState& state, Time now);

// At most `height` lines of at most `width` columns. `notice` stands in the last line, for example that the server is away.
std::vector<TopLine> Render(const std::map<std::string, StudyTrack>& studies, const TopState& state, std::string_view address,
                            std::string_view notice, Time now, int width, int height);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_TOP_VIEW_H_
