#include "server/engine/study/pages.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "server/engine/study/read_trials.h"
#include "server/engine/study/result_bytes.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

constexpr size_t kChunk = 200;  // trials read at a time

}  // namespace

StateSet::StateSet(const std::vector<TrialState>& states) {
  if (states.empty()) return;
  bits_ = 0;
  for (const TrialState state : states) bits_ |= 1u << static_cast<uint32_t>(state);
}

std::string PageToken(const StudyIdentity& study, const Page& page, uint64_t query) {
  ResultWriter writer;
  writer.Int(static_cast<int64_t>(study.uid)).Int(static_cast<int64_t>(query)).Int(page.after).Int(page.revision);
  return absl::WebSafeBase64Escape(writer.Take());
}

absl::Status ParsePageToken(const StudyIdentity& study, const std::string& token, uint64_t query, Page* page) {
  if (token.empty()) return absl::OkStatus();
  std::string bytes;
  const bool decoded = absl::WebSafeBase64Unescape(token, &bytes);
  ResultReader reader(bytes);
  const auto token_uid = static_cast<uint64_t>(reader.Int());
  const auto token_query = static_cast<uint64_t>(reader.Int());
  page->after = reader.Int();
  page->revision = reader.Int();
  const bool ours = decoded && reader.ok() && token_uid == study.uid && token_query == query;
  if (ours && page->after >= -1 && page->revision >= 0) return absl::OkStatus();
  return error::BadField("page_token",
                         "does not belong to this request; the next_page_token of the previous page of the same one is accepted");
}

std::vector<RevisionLog::Entry> FindEntries(const DurableStudy& durable, const Page& page, const Selection& selection,
                                            size_t limit) {
  const auto wanted = [&](TrialState state) { return selection.states.Has(state); };
  return selection.by_revision ? durable.AfterRevision(page.after, limit, wanted)
                               : durable.AfterNumber(page.after, limit, wanted);
}

absl::StatusOr<size_t> ReadEntries(const StudyPtr& study, std::span<const RevisionLog::Entry> entries, const Selection& selection,
                                   View view, size_t max_bytes, std::vector<Trial>* trials) {
  size_t bytes = 0;
  for (size_t begin = 0; begin < entries.size(); begin += kChunk) {
    const auto chunk = entries.subspan(begin, std::min(kChunk, entries.size() - begin));
    PARZEN_ASSIGN_OR_RETURN(std::vector<Trial> read, ReadTrials(study, chunk, view));
    for (size_t i = 0; i < read.size(); ++i) {
      Trial& trial = read[i];
      const bool moved =
          selection.by_revision ? trial.revision != entries[begin + i].revision : !selection.states.Has(trial.state);
      if (moved) continue;
      const size_t size = MessageBytes(trial);
      if (bytes != 0 && bytes + size > max_bytes) return begin + i;
      bytes += size;
      trials->push_back(std::move(trial));
    }
  }
  return entries.size();
}

}  // namespace parzen::engine
