#include "clients/cli/top/screen.h"

#include <algorithm>
#include <clocale>

#include "clients/cli/context.h"
#include "clients/cli/top/view.h"

// Last: its macros have common names.
#define NCURSES_NOMACROS
#include <curses.h>

namespace parzen::cli {
namespace {

constexpr int kEscape = 27;
constexpr int kTick = 100;  // milliseconds between looks at the clock

// Takes the terminal over, and gives it back whatever happens.
class Terminal {
 public:
  Terminal() {
    std::setlocale(LC_ALL, "");
    // newterm: initscr would end the program where the terminal is unknown.
    screen_ = newterm(nullptr, stdout, stdin);
    if (screen_ == nullptr) return;
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    wtimeout(stdscr, kTick);
  }
  ~Terminal() {
    if (screen_ == nullptr) return;
    endwin();
    delscreen(screen_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  bool ok() const { return screen_ != nullptr; }

 private:
  SCREEN* screen_ = nullptr;
};

void Paint(const std::vector<TopLine>& lines, bool colors) {
  werase(stdscr);
  for (size_t i = 0; i < lines.size(); ++i) {
    attr_t style = A_NORMAL;
    if (lines[i].style == TopLine::Style::kTitle) style = A_BOLD;
    if (lines[i].style == TopLine::Style::kSelected) style = A_REVERSE;
    if (lines[i].style == TopLine::Style::kFaint && colors) style = A_DIM;
    wattrset(stdscr, static_cast<int>(style));
    mvwaddstr(stdscr, static_cast<int>(i), 0, lines[i].text.c_str());
  }
  wattrset(stdscr, A_NORMAL);
  wrefresh(stdscr);
}

void Move(const std::vector<std::string>& names, int by, TopState* state) {
  if (names.empty()) return;
  const auto at = std::find(names.begin(), names.end(), state->selected);
  const int last = static_cast<int>(names.size()) - 1;
  const int now = at == names.end() ? (by > 0 ? -1 : 0) : static_cast<int>(at - names.begin());
  state->selected = names[static_cast<size_t>(std::clamp(now + by, 0, last))];
}

// False where the key quits.
bool HandleKey(int key, const TopModel& model, TopState* state) {
  const bool list = state->study.empty();
  const std::vector<std::string> names = SortedStudies(model.studies(), *state, std::chrono::system_clock::now());
  switch (key) {
    case 'q':
      return false;
    case kEscape:
    case KEY_BACKSPACE:
    case KEY_LEFT:
      state->study.clear();
      state->scroll = 0;
      return true;
    case KEY_DOWN:
    case 'j':
      list ? Move(names, 1, state) : void(++state->scroll);
      return true;
    case KEY_UP:
    case 'k':
      list ? Move(names, -1, state) : void(state->scroll = std::max(0, state->scroll - 1));
      return true;
    case KEY_ENTER:
    case KEY_RIGHT:
    case '\n':
    case '\r':
      if (list) state->study = state->selected;
      return true;
    case 's':
      state->sort = (state->sort + 1) % std::size(kSortNames);
      return true;
    case 'r':
      state->reversed = !state->reversed;
      return true;
    default:
      return true;
  }
}

}  // namespace

absl::Status RunScreen(TopModel* model, const std::string& study, const std::string& address, std::chrono::milliseconds interval,
                       bool colors) {
  Terminal terminal;
  if (!terminal.ok()) return absl::InvalidArgumentError("this terminal is unknown: set TERM, or use 'parzen top --once'");
  TopState state;
  state.study = state.selected = study;
  std::string notice;
  auto next = std::chrono::steady_clock::now() + interval;
  while (true) {
    if (std::chrono::steady_clock::now() >= next) {
      const absl::Status status = model->Refresh();
      notice = status.ok() ? "" : ErrorLine(status);
      next = std::chrono::steady_clock::now() + interval;
    }
    if (state.selected.empty() || !model->studies().contains(state.selected)) {
      state.selected.clear();
      Move(SortedStudies(model->studies(), state, std::chrono::system_clock::now()), 1, &state);
    }
    if (!model->studies().contains(state.study)) state.study.clear();
    Paint(Render(model->studies(), state, address, notice, std::chrono::system_clock::now(), getmaxx(stdscr), getmaxy(stdscr)),
          colors);
    const int key = wgetch(stdscr);
    if (key != ERR && !HandleKey(key, *model, &state)) return absl::OkStatus();
  }
}

}  // namespace parzen::cli
