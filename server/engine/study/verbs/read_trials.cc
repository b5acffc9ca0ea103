// ReadTrials: all trials after a number and some before it, whole. The work is proportional to what is returned.

#include <algorithm>
#include <utility>

#include "server/engine/study/read_trials.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {

void ReadTrials(const StudyPtr& study, ReadTrialsCommand command, Done<ReadTrialsAnswer> done) {
  absl::Status status;
  int64_t size = 0;
  std::vector<int64_t> numbers = command.numbers;
  {
    const MutexLock lock(study->mutex());
    status = study->Check();
    size = study->rooms().durable.size();
    const TrialTable& trials = study->rooms().staged.trials();
    if (command.waiting) numbers.insert(numbers.end(), trials.retries().begin(), trials.retries().end());
    if (command.waiting) numbers.insert(numbers.end(), trials.waiting().begin(), trials.waiting().end());
  }
  if (!status.ok()) return done(status);
  const int64_t first = command.after ? std::max<int64_t>(std::min(*command.after, size), -1) + 1 : size;
  std::erase_if(numbers, [&](int64_t number) { return number < 0 || number >= std::min(first, size); });
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  for (int64_t number = first; number < size; ++number) numbers.push_back(number);
  if (numbers.empty()) return done(ReadTrialsAnswer());
  study->context().readers->Post([study, numbers = std::move(numbers), done = std::move(done)] {
    absl::StatusOr<std::vector<Trial>> trials = engine::ReadTrials(study, numbers, View::kFull);
    if (!trials.ok()) return done(trials.status());
    done(ReadTrialsAnswer{*std::move(trials)});
  });
}

}  // namespace parzen::engine::verbs
