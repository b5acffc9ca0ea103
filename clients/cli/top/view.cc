#include "clients/cli/top/view.h"

#include <algorithm>
#include <sstream>
#include <tuple>

#include "absl/strings/str_format.h"
#include "clients/cli/table.h"
#include "clients/cli/terminal.h"
#include "clients/cli/trial_text.h"

namespace parzen::cli {
namespace {

using Style = TopLine::Style;

constexpr int kSparkline = 24;

std::string RateText(double per_minute) {
  if (per_minute == 0) return "";
  if (per_minute < 1) return absl::StrFormat("%.1f/h", per_minute * 60);
  return absl::StrFormat("%.0f/min", per_minute);
}

// Every n-th of a long series, so that a sparkline shows all of it.
std::vector<double> Shortened(const std::vector<double>& series, int width) {
  if (series.size() <= static_cast<size_t>(width)) return series;
  std::vector<double> shortened;
  for (int i = 0; i < width; ++i)
    shortened.push_back(series[(series.size() - 1) * static_cast<size_t>(i) / (static_cast<size_t>(width) - 1)]);
  return shortened;
}

void AddTable(const Table& table, int width, std::vector<TopLine>* lines) {
  std::istringstream text(table.Render(width, false));
  bool first = true;
  for (std::string line; std::getline(text, line); first = false) lines->push_back({line, first ? Style::kTitle : Style::kPlain});
}

std::vector<TopLine> StudyList(const std::map<std::string, StudyTrack>& studies, const TopState& state, Time now, int width) {
  Table table({{"STUDY", false, true},
               {"STATE"},
               {"DONE", true},
               {"RUN", true},
               {"FAIL", true},
               {"RATE", true},
               {"BEST", true},
               {"BEST SO FAR"}});
  const std::vector<std::string> names = SortedStudies(studies, state, now);
  for (const std::string& name : names) {
    const StudyTrack& track = studies.at(name);
    const TrialCounts& counts = track.info().counts;
    std::string done = std::to_string(counts.complete + counts.pruned);
    if (track.info().config.max_trials.has_value()) done += "/" + std::to_string(*track.info().config.max_trials);
    const std::optional<double> best = track.info().config.directions.size() == 1 ? track.best() : std::nullopt;
    table.Add({name, std::string(ToText(track.info().state)), done, std::to_string(counts.running), std::to_string(counts.failed),
               RateText(track.RatePerMinute(now)), best.has_value() ? ShortNumber(*best) : "",
               best.has_value() ? Sparkline(Shortened(track.BestSeries(), kSparkline), kSparkline) : ""});
  }
  std::vector<TopLine> lines;
  if (names.empty()) return {{"no studies yet: 'parzen study create' makes one", Style::kFaint}};
  AddTable(table, width, &lines);
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == state.selected) lines[i + 1].style = Style::kSelected;
  }
  return lines;
}

void AddRunning(const StudyTrack& track, Time now, int width, std::vector<TopLine>* lines) {
  const std::vector<int64_t> running = track.RunningTrials();
  if (running.empty()) {
    lines->push_back({"no running trials", Style::kFaint});
    return;
  }
  Table table({{"TRIAL", true}, {"AGE", true}, {"WORKER", false, true}, {"PARAMETERS", false, true}});
  for (const int64_t number : running) {
    const StudyTrack::TrialBrief& trial = track.trials().at(number);
    std::string params;
    for (const Param& param : trial.params) {
      params += (params.empty() ? "" : " ") + param.name + "=" + ShortText(param.value);
    }
    table.Add(
        {std::to_string(number), trial.started.has_value() ? ShortDuration(now - *trial.started) : "", trial.worker, params});
  }
  AddTable(table, width, lines);
}

std::vector<TopLine> OneStudy(const StudyTrack& track, Time now, int width) {
  std::vector<TopLine> lines;
  const StudyInfo& info = track.info();
  std::string summary = info.config.name + "  " + std::string(ToText(info.state)) + "  " + CountsText(info.counts);
  if (info.config.max_trials.has_value()) summary += " of " + std::to_string(*info.config.max_trials);
  if (const std::string rate = RateText(track.RatePerMinute(now)); !rate.empty()) summary += "  " + rate;
  lines.push_back({summary, Style::kTitle});
  if (const std::optional<double> best = track.best(); best.has_value() && info.config.directions.size() == 1) {
    const int room = std::max(8, width - 24);
    lines.push_back({"best " + ShortNumber(*best) + "  " + Sparkline(Shortened(track.BestSeries(), room), room)});
  }
  lines.push_back({});
  AddRunning(track, now, width, &lines);
  lines.push_back({});
  std::vector<StudyTrack::Worker> workers = track.Workers();
  std::stable_sort(workers.begin(), workers.end(), [](const auto& a, const auto& b) { return a.running > b.running; });
  if (!workers.empty()) {
    Table table({{"WORKER", false, true}, {"RUNNING", true}, {"DONE", true}, {"FAILED", true}, {"LAST CHANGE", true}});
    for (const StudyTrack::Worker& worker : workers) {
      table.Add({worker.name, std::to_string(worker.running), std::to_string(worker.done), std::to_string(worker.failed),
                 worker.last.has_value() ? ShortDuration(now - *worker.last) + " ago" : ""});
    }
    AddTable(table, width, &lines);
  }
  return lines;
}

}  // namespace

std::vector<std::string> SortedStudies(const std::map<std::string, StudyTrack>& studies, const TopState& state, Time now) {
  std::vector<std::tuple<double, StudyState, std::string>> keyed;  // the largest first, then by name
  for (const auto& [name, track] : studies) {
    const TrialCounts& counts = track.info().counts;
    double key = 0;
    StudyState rank = StudyState::kActive;
    if (state.sort == 0) {  // what runs, then what could
      key = static_cast<double>(counts.running);
      rank = track.info().state;
    }
    if (state.sort == 2) key = track.RatePerMinute(now);
    if (state.sort == 3) key = static_cast<double>(counts.complete + counts.pruned);
    keyed.emplace_back(-key, rank, name);
  }
  std::sort(keyed.begin(), keyed.end());
  if (state.reversed) std::reverse(keyed.begin(), keyed.end());
  std::vector<std::string> names;
  for (auto& [key, rank, name] : keyed) names.push_back(std::move(name));
  return names;
}

std::vector<TopLine> Render(const std::map<std::string, StudyTrack>& studies, const TopState& state, std::string_view address,
                            std::string_view notice, Time now, int width, int height) {
  const auto open = studies.find(state.study);
  const bool list = state.study.empty() || open == studies.end();
  std::vector<TopLine> body = list ? StudyList(studies, state, now, width) : OneStudy(open->second, now, width);

  std::vector<TopLine> lines;
  int64_t running = 0;
  for (const auto& [name, track] : studies) running += track.info().counts.running;
  lines.push_back(
      {absl::StrFormat("parzen top - %s - %d studies, %d running trials", std::string(address), studies.size(), running)});
  int room = std::max(0, height - 2);
  // The list's title line stays on top.
  if (list && !body.empty() && body.front().style == Style::kTitle && room > 1) {
    lines.push_back(std::move(body.front()));
    body.erase(body.begin());
    --room;
  }
  int first = list ? 0 : std::clamp(state.scroll, 0, std::max(0, static_cast<int>(body.size()) - room));
  if (list) {  // the selected line stays in sight
    for (size_t i = 0; i < body.size(); ++i) {
      if (body[i].style == Style::kSelected && static_cast<int>(i) >= room) first = static_cast<int>(i) - room + 1;
    }
  }
  for (int i = first; i < static_cast<int>(body.size()) && static_cast<int>(lines.size()) < height - 1; ++i) {
    lines.push_back(std::move(body[static_cast<size_t>(i)]));
  }
  while (static_cast<int>(lines.size()) < height - 1) lines.push_back({});
  const std::string keys =
      list ? absl::StrFormat("up/down select, Enter open, s sort (%s), r reverse, q quit", std::string(kSortNames[state.sort]))
           : std::string("up/down scroll, Esc back, q quit");
  lines.push_back({notice.empty() ? keys : std::string(notice), Style::kFaint});
  lines.resize(static_cast<size_t>(std::max(0, height)));
  for (TopLine& line : lines) line.text = Truncate(Printable(line.text), width);
  return lines;
}

}  // namespace parzen::cli
