// The pruner of a live study: follows what is staged, and is loaded from what was kept.
//
// Beside the reports themselves two things are kept, in the transaction of the Report whose decision made them: the rungs that a
// trial has entered, as its system attribute kRungsKey, and the resource that "auto" estimated, as the study's kResourceKey. A
// client can write attributes: what cannot be read is passed over.

#ifndef PARZEN_SERVER_ENGINE_STUDY_STUDY_PRUNER_H_
#define PARZEN_SERVER_ENGINE_STUDY_STUDY_PRUNER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "sampler/pruner/pruner.h"
#include "server/engine/definition/definition.h"
#include "server/engine/study/lived_order.h"
#include "server/engine/types.h"
#include "storage/storage.h"

namespace parzen::engine {

inline constexpr char kRungsKey[] = "parzen:rungs";               // [[0.31], [0.24]]: one an objective, by rung
inline constexpr char kResourceKey[] = "parzen:pruner_resource";  // 27

std::string RungsToJson(const std::vector<std::vector<double>>& rungs);
absl::StatusOr<std::vector<std::vector<double>>> RungsFromJson(std::string_view json);

class StudyPruner {
 public:
  // One that never prunes.
  StudyPruner() = default;
  // For a definition that was validated.
  StudyPruner(const StudyDefinition& definition, std::string_view study_name);

  bool prunes() const { return pruner_ != nullptr; }

  // A change of a trial that ended with `outcome` where it ends; `revision` is the change's.
  void OnChange(const storage::UpdateTrial& update, int64_t revision, const Outcome* outcome);
  // A trial that appears with all that it has.
  void OnInsert(const storage::TrialRecord& record, int64_t revision, const Outcome* outcome);

  PruneDecision Decide(int64_t number) { return prunes() ? pruner_->Decide(number) : PruneDecision(); }

  // --- Loading: the resource first; then each trial once, its reports in any order.
  void LoadResource(int64_t resource) { pruner_->RestoreResource(resource); }
  void LoadTrial(int64_t number, std::vector<storage::Intermediate> reports, const std::vector<std::vector<double>>& rungs,
                 const Outcome* outcome, int64_t revision);

 private:
  void Report(int64_t number, const storage::Intermediate& report);

  size_t objectives_ = 1;
  std::unique_ptr<Pruner> pruner_;  // null: never prunes
  std::vector<double> values_;      // of a report; kept for its capacity
};

// Gathers what a storage tells of a study's reports, and loads a StudyPruner with it. How the trials ended is read from the
// history and the order, which are whole before the first report.
class PrunerLoader {
 public:
  PrunerLoader(StudyPruner* pruner, const History* history, const LivedOrder* order)
      : pruner_(*pruner), history_(*history), order_(*order) {}

  storage::LoadVisitor::Wants wants() const;
  void OnRungs(int64_t number, std::string_view json);
  // By trial, in number order.
  void OnReport(int64_t number, const storage::Intermediate& report);
  void Finish();

 private:
  // Loads a trial with the reports at hand.
  void LoadTrial(int64_t number);
  // Loads the trial whose reports are at hand, and those before it, which have none.
  void Flush();

  StudyPruner& pruner_;
  const History& history_;
  const LivedOrder& order_;
  int64_t loaded_ = 0;  // the trials before this one
  absl::flat_hash_map<int64_t, std::vector<std::vector<double>>> rungs_;
  int64_t number_ = -1;  // whose reports are at hand
  std::vector<storage::Intermediate> reports_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_STUDY_PRUNER_H_
