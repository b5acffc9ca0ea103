// What readers see: which trials, from the committed index; what they are, from storage, on a reader thread.
//
// Storage may be a commit ahead of the index. In revision order such a record is left out, for its newer revision comes later;
// where states are filtered it is checked again.

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {
namespace {

constexpr size_t kPageBytes = 3 << 20;
constexpr size_t kWatchBytes = 1 << 20;
constexpr size_t kWatchTrials = 1000;
constexpr size_t kChunk = 200;  // trials read from storage at a time

// States as a set of bits; all where there are none.
uint32_t Mask(const std::vector<TrialState>& states) {
  if (states.empty()) return ~0u;
  uint32_t mask = 0;
  for (const TrialState state : states) mask |= 1u << static_cast<uint32_t>(state);
  return mask;
}

bool Has(uint32_t mask, TrialState state) { return (mask >> static_cast<uint32_t>(state) & 1) != 0; }

}  // namespace

Study StudyEngine::Describe() {
  const std::lock_guard lock(mutex_);
  return MakeStudy(*committed_, Counts(), committed_revision_);
}

absl::StatusOr<std::vector<Trial>> StudyEngine::ReadTrials(std::span<const int64_t> numbers, storage::View view) {
  absl::StatusOr<std::vector<storage::TrialRecord>> records = context_.storage->ReadTrials(uid(), numbers, view);
  if (absl::IsNotFound(records.status())) return error::NoSuchStudy("\"" + name() + "\": it was deleted");
  if (!records.ok()) return error::FromStorage(records.status());
  std::vector<Trial> trials;
  trials.reserve(records->size());
  for (storage::TrialRecord& record : *records) {
    absl::StatusOr<Trial> trial = ToTrial(std::move(record));
    if (!trial.ok()) return trial.status();
    trials.push_back(*std::move(trial));
  }
  SetDeadlines(trials);
  return trials;
}

absl::Status StudyEngine::CheckVisible(int64_t number) const {
  if (absl::Status status = Check(); !status.ok()) return status;
  if (number >= 0 && number < Size() && index_[number].committed != 0) return absl::OkStatus();
  return error::NoSuchTrial(absl::StrCat("study \"", identity_.name, "\" has no trial ", number));
}

void StudyEngine::GetTrial(GetTrialCommand command, Done<Trial> done) {
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = CheckVisible(command.number);
  }
  if (!status.ok()) return done(status);
  context_.readers->Post([self = shared_from_this(), command = std::move(command), done = std::move(done)] {
    absl::StatusOr<std::vector<Trial>> trials = self->ReadTrials(std::span(&command.number, 1), command.view);
    if (!trials.ok()) return done(trials.status());
    done(std::move(trials->front()));
  });
}

// Where a page begins and what it belongs to; readable by the server that made it only.
std::string StudyEngine::PageToken(const Page& page, uint64_t query) const {
  const std::string bytes =
      ResultWriter().Int(static_cast<int64_t>(uid())).Int(static_cast<int64_t>(query)).Int(page.after).Int(page.revision).Take();
  return absl::WebSafeBase64Escape(bytes);
}

absl::Status StudyEngine::ParsePageToken(const std::string& token, uint64_t query, Page* page) const {
  if (token.empty()) return absl::OkStatus();
  std::string bytes;
  const bool decoded = absl::WebSafeBase64Unescape(token, &bytes);
  ResultReader reader(bytes);
  const auto token_uid = static_cast<uint64_t>(reader.Int());
  const auto token_query = static_cast<uint64_t>(reader.Int());
  page->after = reader.Int();
  page->revision = reader.Int();
  if (decoded && reader.ok() && token_uid == uid() && token_query == query && page->after >= -1 && page->revision >= 0) {
    return absl::OkStatus();
  }
  return error::BadField("page_token",
                         "does not belong to this request; the next_page_token of the previous page of the same one is accepted");
}

std::vector<RevisionLog::Entry> StudyEngine::FindEntries(const Page& page, bool by_revision, uint32_t mask, size_t limit) const {
  const auto wanted = [&](int64_t number) { return Has(mask, static_cast<TrialState>(index_[number].committed)); };
  if (by_revision) return log_.After(page.after, limit, wanted);
  std::vector<RevisionLog::Entry> entries;
  for (int64_t number = page.after + 1; number < Size() && entries.size() < limit; ++number) {
    if (index_[number].committed != 0 && wanted(number)) entries.push_back({log_.Latest(number), number});
  }
  return entries;
}

absl::StatusOr<size_t> StudyEngine::ReadEntries(std::span<const RevisionLog::Entry> entries, bool by_revision, uint32_t mask,
                                                storage::View view, size_t max_bytes, std::vector<Trial>* trials) {
  size_t bytes = 0;
  for (size_t begin = 0; begin < entries.size(); begin += kChunk) {
    std::vector<int64_t> numbers;
    for (const RevisionLog::Entry& entry : entries.subspan(begin, std::min(kChunk, entries.size() - begin))) {
      numbers.push_back(entry.number);
    }
    absl::StatusOr<std::vector<Trial>> read = ReadTrials(numbers, view);
    if (!read.ok()) return read.status();
    for (size_t i = 0; i < read->size(); ++i) {
      Trial& trial = (*read)[i];
      const bool moved = by_revision ? trial.revision != entries[begin + i].revision : !Has(mask, trial.state);
      if (moved) continue;
      const size_t size = MessageBytes(trial);
      if (bytes != 0 && bytes + size > max_bytes) return begin + i;
      bytes += size;
      trials->push_back(std::move(trial));
    }
  }
  return entries.size();
}

void StudyEngine::ListTrials(ListTrialsCommand command, Done<ListTrialsAnswer> done) {
  const uint32_t mask = Mask(command.states);
  const bool by_revision = command.changed_after.has_value();
  const uint64_t query = mask | (by_revision ? uint64_t{1} << 40 : 0) | static_cast<uint64_t>(command.view) << 41;
  Page page{by_revision ? *command.changed_after : -1, 0};
  if (absl::Status status = ParsePageToken(command.page_token, query, &page); !status.ok()) return done(status);
  std::vector<RevisionLog::Entry> entries;
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = Check();
    if (page.revision == 0) page.revision = committed_revision_;
    entries = FindEntries(page, by_revision, mask, static_cast<size_t>(command.page_size) + 1);
    // Pages in revision order catch up with what has changed since the first.
    if (by_revision) page.revision = committed_revision_;
  }
  if (!status.ok()) return done(status);
  context_.readers->Post([self = shared_from_this(), command = std::move(command), done = std::move(done), mask, by_revision,
                          query, page, entries = std::move(entries)] {
    ListTrialsAnswer answer;
    const size_t wanted = std::min(entries.size(), static_cast<size_t>(command.page_size));
    const absl::StatusOr<size_t> read =
        self->ReadEntries(std::span(entries).first(wanted), by_revision, mask, command.view, kPageBytes, &answer.trials);
    if (!read.ok()) return done(read.status());
    if (*read == entries.size()) {
      answer.revision = page.revision;
    } else {
      const RevisionLog::Entry& last = entries[*read - 1];
      answer.next_page_token = self->PageToken({by_revision ? last.revision : last.number, page.revision}, query);
      if (by_revision) answer.revision = last.revision;
    }
    done(std::move(answer));
  });
}

std::vector<int64_t> StudyEngine::BestNumbers() {
  const std::lock_guard front_lock(front_mutex_);
  Candidates candidates({});
  {
    const std::lock_guard lock(mutex_);
    candidates = candidates_.Take();
  }
  front_.Merge(candidates);
  return front_.Numbers();
}

void StudyEngine::BestTrials(BestTrialsCommand command, Done<BestTrialsAnswer> done) {
  const uint64_t query = uint64_t{1} << 50 | static_cast<uint64_t>(command.view);
  Page page{-1, 0};
  absl::Status status = ParsePageToken(command.page_token, query, &page);
  if (status.ok()) {
    const std::lock_guard lock(mutex_);
    status = Check();
  }
  if (!status.ok()) return done(status);
  context_.readers->Post([self = shared_from_this(), command = std::move(command), done = std::move(done), query, page] {
    std::vector<RevisionLog::Entry> entries;
    for (const int64_t number : self->BestNumbers()) {
      if (number > page.after) entries.push_back({0, number});
    }
    BestTrialsAnswer answer;
    const size_t wanted = std::min(entries.size(), static_cast<size_t>(command.page_size));
    const absl::StatusOr<size_t> read =
        self->ReadEntries(std::span(entries).first(wanted), false, ~0u, command.view, kPageBytes, &answer.trials);
    if (!read.ok()) return done(read.status());
    if (*read < entries.size()) answer.next_page_token = self->PageToken({entries[*read - 1].number, 0}, query);
    done(std::move(answer));
  });
}

void StudyEngine::ReadChanges(int64_t revision, bool first, storage::View view, const std::vector<TrialState>& states,
                              Done<WatchBatch> done) {
  const uint32_t mask = Mask(states);
  std::vector<RevisionLog::Entry> entries;
  std::optional<Study> study;
  int64_t committed = 0;
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = Check();
    committed = committed_revision_;
    entries = FindEntries({revision, 0}, true, mask, kWatchTrials + 1);
    if (first || committed_->revision > revision) study = MakeStudy(*committed_, Counts(), committed);
  }
  if (!status.ok()) return done(status);
  if (entries.empty()) return done(WatchBatch{{}, std::max(committed, revision), std::move(study), false});
  context_.readers->Post([self = shared_from_this(), done = std::move(done), view, mask, committed, study = std::move(study),
                          entries = std::move(entries)] {
    WatchBatch batch;
    const size_t wanted = std::min(entries.size(), kWatchTrials);
    const absl::StatusOr<size_t> read =
        self->ReadEntries(std::span(entries).first(wanted), true, mask, view, kWatchBytes, &batch.trials);
    if (!read.ok()) return done(read.status());
    batch.more = *read < entries.size();
    batch.revision = batch.more ? entries[*read - 1].revision : committed;
    batch.study = study;
    done(std::move(batch));
  });
}

}  // namespace parzen::engine
