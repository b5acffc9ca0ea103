// Answers of many trials: where a page begins, and how much of it is read.
//
// Which trials they are comes from the durable index. What they are comes from memory where they ended lately or run, and from
// storage otherwise, which may be a commit ahead of the index. In revision order such a record is left out, for its newer
// revision comes later; where states are filtered it is checked again.

#ifndef PARZEN_SERVER_ENGINE_STUDY_PAGES_H_
#define PARZEN_SERVER_ENGINE_STUDY_PAGES_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/engine/study/revision_log.h"
#include "server/engine/study/study_engine.h"
#include "server/engine/types.h"

namespace parzen::engine {

inline constexpr size_t kPageBytes = 3 << 20;  // about how many bytes of trials a page has at most

// Some trial states; all of them where it was made from none.
class StateSet {
 public:
  StateSet() = default;
  explicit StateSet(const std::vector<TrialState>& states);
  bool Has(TrialState state) const { return (bits_ >> static_cast<uint32_t>(state) & 1) != 0; }
  uint32_t bits() const { return bits_; }

 private:
  uint32_t bits_ = ~0u;
};

// Where a page begins.
struct Page {
  int64_t after = -1;    // number or revision of the last trial before it
  int64_t revision = 0;  // committed when the first page was read
};

// A page's text, readable by the server of this study only, for the same `query`.
std::string PageToken(const StudyIdentity& study, const Page& page, uint64_t query);
// An empty token leaves the page as it is. BAD_FIELD "page_token" for another study's or query's.
absl::Status ParsePageToken(const StudyIdentity& study, const std::string& token, uint64_t query, Page* page);

// In which order trials are told, and which of them.
struct Selection {
  bool by_revision = false;  // else by number
  StateSet states;
};

// The next trials of a page, at most `limit`.
std::vector<RevisionLog::Entry> FindEntries(const DurableStudy& durable, const Page& page, const Selection& selection,
                                            size_t limit);

// Reads trials until `max_bytes`; returns how many entries were used up. On a reader thread.
absl::StatusOr<size_t> ReadEntries(const StudyPtr& study, std::span<const RevisionLog::Entry> entries, const Selection& selection,
                                   View view, size_t max_bytes, std::vector<Trial>* trials);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_PAGES_H_
