// ListTrials: trials by number, or by revision those that changed after one.

#include <algorithm>
#include <utility>

#include "server/engine/study/pages.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

// On a reader thread. `entries`: one more than are wanted, where there are more.
void ReadPage(const StudyPtr& study, const ListTrialsCommand& command, const Selection& selection, uint64_t query,
              const Page& page, const std::vector<RevisionLog::Entry>& entries, const Done<ListTrialsAnswer>& done) {
  ListTrialsAnswer answer;
  const size_t wanted = std::min(entries.size(), static_cast<size_t>(command.page_size));
  const absl::StatusOr<size_t> read =
      ReadEntries(study, std::span(entries).first(wanted), selection, command.view, kPageBytes, &answer.trials);
  if (!read.ok()) return done(read.status());
  if (*read == entries.size()) {
    answer.revision = page.revision;
  } else {
    const RevisionLog::Entry& last = entries[*read - 1];
    const int64_t after = selection.by_revision ? last.revision : last.number;
    answer.next_page_token = PageToken(study->identity(), {after, page.revision}, query);
    if (selection.by_revision) answer.revision = last.revision;
  }
  done(std::move(answer));
}

}  // namespace

void ListTrials(const StudyPtr& study, ListTrialsCommand command, Done<ListTrialsAnswer> done) {
  const Selection selection{command.changed_after.has_value(), StateSet(command.states)};
  const uint64_t query =
      selection.states.bits() | (selection.by_revision ? uint64_t{1} << 40 : 0) | static_cast<uint64_t>(command.view) << 41;
  Page page{command.changed_after.value_or(-1), 0};
  if (absl::Status status = ParsePageToken(study->identity(), command.page_token, query, &page); !status.ok()) {
    return done(status);
  }
  std::vector<RevisionLog::Entry> entries;
  absl::Status status;
  {
    const MutexLock lock(study->mutex());
    status = study->Check();
    const DurableStudy& durable = study->rooms().durable;
    if (page.revision == 0) page.revision = durable.revision();
    entries = FindEntries(durable, page, selection, static_cast<size_t>(command.page_size) + 1);
    // Pages in revision order catch up with what has changed since the first.
    if (selection.by_revision) page.revision = durable.revision();
  }
  if (!status.ok()) return done(status);
  study->context().readers->Post(
      [study, command = std::move(command), done = std::move(done), selection, query, page, entries = std::move(entries)] {
        ReadPage(study, command, selection, query, page, entries, done);
      });
}

}  // namespace parzen::engine::verbs
