// Which trial changed at which revision: what ListTrials(changed_after) and Watch read. A log of states, not of changes: a trial
// is found at its latest revision only.

#ifndef PARZEN_SERVER_ENGINE_REVISION_LOG_H_
#define PARZEN_SERVER_ENGINE_REVISION_LOG_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parzen::engine {

class RevisionLog {
 public:
  struct Entry {
    int64_t revision;
    int64_t number;
    bool operator==(const Entry&) const = default;
  };

  // A trial's change; revisions come in ascending order. O(1) amortised: superseded entries are dropped when they are the half.
  void Append(int64_t revision, int64_t number);
  // The rows of a loaded study, in any order, one a trial.
  void Load(std::vector<Entry> entries);

  // The next entries after `revision`, ascending, for which `wanted(number)`, at most `limit`.
  template <typename Wanted>
  std::vector<Entry> After(int64_t revision, size_t limit, Wanted wanted) const {
    std::vector<Entry> found;
    for (size_t i = FirstAfter(revision); i < log_.size() && found.size() < limit; ++i) {
      if (IsLatest(log_[i]) && wanted(log_[i].number)) found.push_back(log_[i]);
    }
    return found;
  }

  // Of a trial's latest change; 0 for one that is not in the log.
  int64_t Latest(int64_t number) const { return number < static_cast<int64_t>(latest_.size()) ? latest_[number] : 0; }
  size_t MemoryBytes() const { return log_.capacity() * sizeof(Entry) + latest_.capacity() * sizeof(int64_t); }

 private:
  size_t FirstAfter(int64_t revision) const;
  bool IsLatest(const Entry& entry) const { return latest_[entry.number] == entry.revision; }
  void SetLatest(const Entry& entry);

  std::vector<Entry> log_;       // ascending by revision
  std::vector<int64_t> latest_;  // by number
  size_t superseded_ = 0;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_REVISION_LOG_H_
