// What `parzen top` knows: every study, and of each its trials in brief. Reads only what changed since it last looked.

#ifndef PARZEN_CLIENTS_CLI_TOP_MODEL_H_
#define PARZEN_CLIENTS_CLI_TOP_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "parzen/client.h"

namespace parzen::cli {

// One study as it was last seen.
class StudyTrack {
 public:
  explicit StudyTrack(StudyInfo info) : info_(std::move(info)) {}

  struct TrialBrief {
    TrialState state = TrialState::kWaiting;
    std::optional<double> value;
    std::optional<Time> started, finished;
    std::string worker;
    Params params;
    bool feasible = true, imported = false;
  };
  struct Worker {
    std::string name;
    int64_t running = 0, done = 0, failed = 0;
    std::optional<Time> last;  // start or end of a trial
  };

  const StudyInfo& info() const { return info_; }
  int64_t seen() const { return seen_; }
  const std::map<int64_t, TrialBrief>& trials() const { return trials_; }

  void Update(StudyInfo info) { info_ = std::move(info); }
  // A page of changed trials.
  void Apply(const TrialPage& page);

  std::optional<double> best() const;
  // The best value after each complete trial, in number order: a sparkline's series.
  std::vector<double> BestSeries() const;
  // Trials ended in the minute before `now`, or per minute of the last ten where that is less than one.
  double RatePerMinute(Time now) const;
  std::vector<int64_t> RunningTrials() const;
  std::vector<Worker> Workers() const;

 private:
  bool IsBetter(double a, double b) const;

  StudyInfo info_;
  int64_t seen_ = 0;
  std::map<int64_t, TrialBrief> trials_;
};

class TopModel {
 public:
  explicit TopModel(Client client) : client_(std::move(client)) {}

  // Asks the server for what changed. A study is read in pieces, so that a large one does not stop the display.
  absl::Status Refresh();
  const std::map<std::string, StudyTrack>& studies() const { return studies_; }

 private:
  Client client_;
  std::map<std::string, StudyTrack> studies_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_TOP_MODEL_H_
