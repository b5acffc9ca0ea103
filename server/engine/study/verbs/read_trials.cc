// ReadTrials: all trials after a number and some before it, whole, kTrialsAtATime at a time. The work is proportional to what is
// returned.
//
// A few trials that are in memory, as those that run and those that ended lately are, are answered from there: at once, or when
// what they show is durable. All others are read from the database, together.

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/read_trials.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

constexpr size_t kFew = 64;  // that a handler may take the time for

// The durable trials that are wanted, by number.
std::vector<int64_t> NumbersOf(const StudyPtr& study, const ReadTrialsCommand& command) REQUIRES(study->mutex()) {
  const int64_t size = study->rooms().durable.size();
  std::vector<int64_t> numbers = command.numbers;
  const TrialTable& trials = study->rooms().staged.trials();
  if (command.waiting) numbers.insert(numbers.end(), trials.retries().begin(), trials.retries().end());
  if (command.waiting) numbers.insert(numbers.end(), trials.waiting().begin(), trials.waiting().end());
  const int64_t first = command.after ? std::max<int64_t>(std::min(*command.after, size), -1) + 1 : size;
  std::erase_if(numbers, [&](int64_t number) { return number < 0 || number >= std::min(first, size); });
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  const auto most = static_cast<int64_t>(command.after ? kTrialsAtATime : numbers.size());
  for (int64_t number = first; number < size && static_cast<int64_t>(numbers.size()) < most; ++number) numbers.push_back(number);
  if (static_cast<int64_t>(numbers.size()) > most) numbers.resize(static_cast<size_t>(most));
  return numbers;
}

// Copies of all of them, as they are staged; none where one is not in memory, or is large.
std::vector<storage::TrialRecord> InMemory(const StudyPtr& study, const std::vector<int64_t>& numbers) REQUIRES(study->mutex()) {
  std::vector<storage::TrialRecord> records;
  if (numbers.size() > kFew) return records;
  for (const int64_t number : numbers) {
    const LiveTrial* live = study->rooms().staged.trials().FindRecent(number);
    if (live == nullptr || !IsSmall(live->record)) return {};
    records.push_back(live->record);
  }
  return records;
}

bool AreDurable(const StudyPtr& study, const std::vector<storage::TrialRecord>& records) REQUIRES(study->mutex()) {
  const int64_t revision = study->rooms().durable.revision();
  return std::all_of(records.begin(), records.end(), [revision](const auto& record) { return record.revision <= revision; });
}

using TrialsDone = std::function<void(absl::StatusOr<std::vector<Trial>>)>;

void ReadStored(const StudyPtr& study, std::vector<int64_t> numbers, TrialsDone answer) {
  study->context().readers->Post([study, numbers = std::move(numbers), answer = std::move(answer)] {
    answer(engine::ReadTrials(study, numbers, View::kFull));
  });
}

// Answers once all that is queued now is durable. Where that fails, what they were before is read.
[[nodiscard]] Answers AnswerWhenDurable(const StudyPtr& study, std::vector<int64_t> numbers,
                                        std::vector<storage::TrialRecord> records, TrialsDone answer) REQUIRES(study->mutex()) {
  const auto batch = std::make_shared<Batch>();
  const auto kept = std::make_shared<std::vector<storage::TrialRecord>>(std::move(records));
  batch->done.push_back([study, numbers = std::move(numbers), kept, answer = std::move(answer)](const absl::Status& committed) {
    if (!committed.ok()) return ReadStored(study, numbers, answer);
    // Not on the writer's thread, which has the next commit to do.
    study->context().readers->Post([study, kept, answer] { answer(MakeTrials(study, std::move(*kept))); });
  });
  return study->Queue(batch, {}, "", -1);
}

}  // namespace

void ReadTrials(const StudyPtr& study, ReadTrialsCommand command, Done<ReadTrialsAnswer> done) {
  const TrialsDone answer = [done](absl::StatusOr<std::vector<Trial>> trials) {
    if (!trials.ok()) return done(trials.status());
    done(ReadTrialsAnswer{*std::move(trials)});
  };
  absl::Status status;
  std::vector<int64_t> numbers;
  std::vector<storage::TrialRecord> records;
  bool waits = false;
  Answers now;
  {
    const MutexLock lock(study->mutex());
    status = study->Check();
    if (status.ok()) {
      numbers = NumbersOf(study, command);
      records = InMemory(study, numbers);
      waits = !AreDurable(study, records);
      if (waits) now = AnswerWhenDurable(study, numbers, std::move(records), answer);
    }
  }
  if (!status.ok()) return done(status);
  if (numbers.empty()) return done(ReadTrialsAnswer());
  if (waits) return AnswerNow(now);
  if (!records.empty()) return answer(MakeTrials(study, std::move(records)));
  ReadStored(study, std::move(numbers), answer);
}

}  // namespace parzen::engine::verbs
