// A study as it is after all that is queued to storage: what changes are checked against, and where they get their revisions.
//
// Every change of a trial is one storage::UpdateTrial, given to Change: it gets the next revision, is applied to the record in
// memory and appended to the transaction. No threads, no clock, no callbacks: guarded by its owner, testable alone.

#ifndef PARZEN_SERVER_ENGINE_STUDY_STAGED_H_
#define PARZEN_SERVER_ENGINE_STUDY_STAGED_H_

#include <cstdint>
#include <string>
#include <vector>

#include "server/engine/study/batch.h"
#include "server/engine/study/face.h"
#include "server/engine/study/finish_rules.h"
#include "server/engine/study/learner.h"
#include "server/engine/study/lease_table.h"
#include "server/engine/study/study_pruner.h"
#include "server/engine/study/trial_table.h"
#include "storage/storage.h"

namespace parzen::engine {

class StagedStudy {
 public:
  // `revision`: of the latest change of anything in the study.
  StagedStudy(std::string name, Face face, int64_t revision)
      : name_(std::move(name)),
        face_(std::move(face)),
        revision_(revision),
        pruner_(*face_.definition, name_),
        finish_rules_(face_.definition->directions) {}

  const std::string& name() const { return name_; }
  const Face& face() const { return face_; }
  int64_t revision() const { return revision_; }
  bool deleted() const { return deleted_; }

  const TrialTable& trials() const { return trials_; }
  LiveTrial* Find(int64_t number) { return trials_.Find(number); }
  // Of RUNNING trials.
  const LeaseTable& leases() const { return leases_; }
  // How many new trials max_trials allows; imported ones do not count.
  int64_t Room() const;

  // --- Changes, each appended to `batch`.

  // The next trial; its number is trials().size(). One that has ended is told with this revision.
  void Insert(LiveTrial trial, Batch* batch);
  // A change of a trial that is there; its revision is set here, and where it ends the trial, told_at_revision. What a trial
  // ends with is kept for the learner (TakeEnded).
  void Change(storage::UpdateTrial update, Batch* batch);
  // The study's new face, as `update` says, with its own revision.
  void SetFace(Face face, storage::UpdateStudy update, Batch* batch);
  // Whether a running trial should stop, after what it has reported. What the decision leaves behind and its reason are staged.
  PruneDecision Decide(int64_t number, Batch* batch);
  // Why the study is to be finished under a definition, its own or one that is to be: "max_trials" where all that it allows have
  // ended, or the limit that has been reached (finish_rules.h). Empty: it goes on.
  std::string_view FinishReason(const StudyDefinition& definition, int64_t now_micros) const;
  // Finishes the study where there is a reason.
  void FinishIfDue(int64_t now_micros, Batch* batch);
  void Delete(Batch* batch);

  // --- What is no part of any transaction.

  // Gives a running trial's lease a deadline by the monotonic clock; LeaseTable::kNever takes the lease away.
  void SetLease(int64_t number, int64_t deadline);
  // The trials that have ended since it was last taken, in the order staged.
  std::vector<Ended> TakeEnded();
  // Somebody watches: see TrialTable::KeepMore.
  void KeepMore() { trials_.KeepMore(); }
  // A trial's change is durable.
  void Settle(const TrialEffect& effect) { trials_.Settle(effect.number, effect.revision); }

  // --- Loading: rows in number order, then the unfinished trials whole, then the revision.

  void LoadRow(int32_t attempt, TrialState state, bool imported) { trials_.Append(attempt, state, imported); }
  void LoadUnfinished(LiveTrial trial) { trials_.Keep(std::move(trial)); }
  void LoadRevision(int64_t revision) { revision_ = revision; }
  StudyPruner* pruner() { return &pruner_; }
  FinishRules* finish_rules() { return &finish_rules_; }

 private:
  std::string name_;
  Face face_;
  int64_t revision_;
  bool deleted_ = false;
  TrialTable trials_;
  LeaseTable leases_;
  StudyPruner pruner_;
  FinishRules finish_rules_;
  std::vector<Ended> ended_;  // not yet learned
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_STAGED_H_
