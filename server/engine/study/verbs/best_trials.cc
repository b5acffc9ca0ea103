// BestTrials: the best complete, feasible trial, or the Pareto front of several objectives.

#include <algorithm>
#include <utility>

#include "server/engine/study/pages.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

// On a reader thread.
void ReadBest(const StudyPtr& study, const BestTrialsCommand& command, uint64_t query, const Page& page,
              const Done<BestTrialsAnswer>& done) {
  const std::vector<int64_t> numbers = study->front()->Numbers([&] {
    const MutexLock lock(study->mutex());
    return study->rooms().durable.TakeCandidates();
  });
  std::vector<RevisionLog::Entry> entries;
  for (const int64_t number : numbers) {
    if (number > page.after) entries.push_back({0, number});
  }
  BestTrialsAnswer answer;
  const size_t wanted = std::min(entries.size(), static_cast<size_t>(command.page_size));
  const absl::StatusOr<size_t> read =
      ReadEntries(study, std::span(entries).first(wanted), {}, command.view, kPageBytes, &answer.trials);
  if (!read.ok()) return done(read.status());
  if (*read < entries.size()) answer.next_page_token = PageToken(study->identity(), {entries[*read - 1].number, 0}, query);
  done(std::move(answer));
}

}  // namespace

void BestTrials(const StudyPtr& study, BestTrialsCommand command, Done<BestTrialsAnswer> done) {
  const uint64_t query = uint64_t{1} << 50 | static_cast<uint64_t>(command.view);
  Page page{-1, 0};
  absl::Status status = ParsePageToken(study->identity(), command.page_token, query, &page);
  if (status.ok()) {
    const MutexLock lock(study->mutex());
    status = study->Check();
  }
  if (!status.ok()) return done(status);
  study->context().readers->Post([study, command = std::move(command), done = std::move(done), query, page] {
    ReadBest(study, command, query, page, done);
  });
}

}  // namespace parzen::engine::verbs
