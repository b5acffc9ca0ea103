#include "clients/cli/top/model.h"

#include <algorithm>
#include <set>

#include "base/status_macros.h"

namespace parzen::cli {
namespace {

constexpr int kPagesARefresh = 4;  // of one study

bool Ended(TrialState state) { return state >= TrialState::kComplete; }

}  // namespace

void StudyTrack::Apply(const TrialPage& page) {
  for (const FrozenTrial& trial : page.trials) {
    const bool feasible =
        std::none_of(trial.constraints.begin(), trial.constraints.end(), [](const auto& c) { return c.second > 0; });
    TrialBrief& brief = trials_[trial.number()];
    brief = {trial.state, trial.value(), trial.started, trial.finished, trial.worker, {}, feasible, trial.imported};
    if (trial.state == TrialState::kRunning) brief.params = trial.params;
  }
  seen_ = std::max(seen_, page.revision);
}

bool StudyTrack::IsBetter(double a, double b) const { return info_.config.directions[0] == Direction::kMaximize ? a > b : a < b; }

std::vector<double> StudyTrack::BestSeries() const {
  std::vector<double> series;
  for (const auto& [number, trial] : trials_) {
    if (trial.state != TrialState::kComplete || !trial.value.has_value()) continue;
    const bool better = trial.feasible && (series.empty() || IsBetter(*trial.value, series.back()));
    if (better || !series.empty()) series.push_back(better ? *trial.value : series.back());
  }
  return series;
}

std::optional<double> StudyTrack::best() const {
  const std::vector<double> series = BestSeries();
  return series.empty() ? std::nullopt : std::optional<double>(series.back());
}

double StudyTrack::RatePerMinute(Time now) const {
  int64_t minute = 0, ten_minutes = 0;
  for (const auto& [number, trial] : trials_) {
    if (!Ended(trial.state) || !trial.finished.has_value() || trial.imported) continue;
    const auto ago = now - *trial.finished;
    minute += ago <= std::chrono::minutes(1) ? 1 : 0;
    ten_minutes += ago <= std::chrono::minutes(10) ? 1 : 0;
  }
  return minute > 0 ? static_cast<double>(minute) : static_cast<double>(ten_minutes) / 10;
}

std::vector<int64_t> StudyTrack::RunningTrials() const {
  std::vector<int64_t> running;
  for (const auto& [number, trial] : trials_) {
    if (trial.state == TrialState::kRunning) running.push_back(number);
  }
  return running;
}

std::vector<StudyTrack::Worker> StudyTrack::Workers() const {
  std::map<std::string, Worker> workers;
  for (const auto& [number, trial] : trials_) {
    if (trial.worker.empty()) continue;
    Worker& worker = workers[trial.worker];
    worker.name = trial.worker;
    worker.running += trial.state == TrialState::kRunning ? 1 : 0;
    worker.failed += trial.state == TrialState::kFailed ? 1 : 0;
    worker.done += Ended(trial.state) && trial.state != TrialState::kFailed ? 1 : 0;
    for (const std::optional<Time>& time : {trial.started, trial.finished}) {
      if (time.has_value() && (!worker.last.has_value() || *time > *worker.last)) worker.last = time;
    }
  }
  std::vector<Worker> list;
  for (auto& [name, worker] : workers) list.push_back(std::move(worker));
  return list;
}

absl::Status TopModel::Refresh() {
  PARZEN_ASSIGN_OR_RETURN(const std::vector<StudyInfo> studies, client_.Studies());
  std::set<std::string> there;
  for (const StudyInfo& info : studies) {
    const std::string& name = info.config.name;
    there.insert(name);
    auto [track, fresh] = studies_.try_emplace(name, info);
    if (!fresh && track->second.info().uid != info.uid) track->second = StudyTrack(info);  // deleted, and made again
    track->second.Update(info);
    if (track->second.seen() >= info.revision) continue;
    const absl::StatusOr<Study> study = client_.GetStudy(name);
    if (absl::IsNotFound(study.status())) continue;
    if (!study.ok()) return study.status();
    int pages = 0;
    const absl::Status status = study->ForEachPage({.changed_after = track->second.seen(), .full = false},
                                                   [&track = track, &pages](const TrialPage& page) {
                                                     track->second.Apply(page);
                                                     return ++pages < kPagesARefresh;
                                                   });
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  std::erase_if(studies_, [&there](const auto& entry) { return !there.contains(entry.first); });
  return absl::OkStatus();
}

}  // namespace parzen::cli
