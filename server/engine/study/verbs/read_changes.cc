// What a Watch reads: the trials that changed after a revision, and the study itself where it did.

#include <algorithm>
#include <utility>

#include "server/engine/study/pages.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

constexpr size_t kWatchBytes = 1 << 20;
constexpr size_t kWatchTrials = 1000;

}  // namespace

void ReadChanges(const StudyPtr& study, int64_t revision, bool first, View view, const std::vector<TrialState>& states,
                 Done<WatchBatch> done) {
  const Selection selection{/*by_revision=*/true, StateSet(states)};
  std::vector<RevisionLog::Entry> entries;
  std::optional<Study> changed;
  int64_t committed = 0;
  absl::Status status;
  {
    const MutexLock lock(study->mutex());
    status = study->Check();
    study->rooms().staged.KeepMore();
    const DurableStudy& durable = study->rooms().durable;
    committed = durable.revision();
    entries = FindEntries(durable, {revision, 0}, selection, kWatchTrials + 1);
    if (first || durable.face()->revision > revision) {
      changed = MakeStudy(study->identity(), *durable.face(), durable.Counts(), committed);
    }
  }
  if (!status.ok()) return done(status);
  if (entries.empty()) return done(WatchBatch{{}, std::max(committed, revision), std::move(changed), false});
  study->context().readers->Post(
      [study, done = std::move(done), view, selection, committed, changed = std::move(changed), entries = std::move(entries)] {
        WatchBatch batch;
        const size_t wanted = std::min(entries.size(), kWatchTrials);
        const absl::StatusOr<size_t> read =
            ReadEntries(study, std::span(entries).first(wanted), selection, view, kWatchBytes, &batch.trials);
        if (!read.ok()) return done(read.status());
        batch.more = *read < entries.size();
        batch.revision = batch.more ? entries[*read - 1].revision : committed;
        batch.study = changed;
        done(std::move(batch));
      });
}

}  // namespace parzen::engine::verbs
