// Exactly once: how a mutating call of a study runs once for its request_id.

#ifndef PARZEN_SERVER_ENGINE_STUDY_ONCE_H_
#define PARZEN_SERVER_ENGINE_STUDY_ONCE_H_

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/engine/study/study_engine.h"
#include "server/error/error.h"

namespace parzen::engine {

// The call itself, and what it answered from the result that was kept with it (on a reader thread).
template <typename Command, typename Answer>
using Run = void (*)(const StudyPtr& study, const Command& command, Done<Answer> done);
template <typename Command, typename Answer>
using Recall = absl::StatusOr<Answer> (*)(const StudyPtr& study, const Command& command, std::string_view result);

// A call has ended: those that waited for it, with the same id, run.
inline void EndRequest(const StudyPtr& study, const RequestId& id) {
  std::vector<std::function<void()>> again;
  {
    const MutexLock lock(study->mutex());
    again = study->rooms().requests.End(id);
  }
  for (const auto& call : again) call();
}

template <typename Command, typename Answer>
void Once(const StudyPtr& study, Command command, Done<Answer> done, Run<Command, Answer> run, Recall<Command, Answer> recall);

// An answered call, once more: from what is kept.
template <typename Command, typename Answer>
void AnswerAgain(const StudyPtr& study, const Command& command, Done<Answer> done, Run<Command, Answer> run,
                 Recall<Command, Answer> recall, int64_t locator) {
  const absl::StatusOr<storage::RequestRecord> kept = study->context().storage->ReadRequest(study->identity().uid, locator);
  if (absl::IsNotFound(kept.status())) {  // it has expired
    {
      const MutexLock lock(study->mutex());
      study->rooms().requests.Forget(*command.request.id);
    }
    return Once(study, command, std::move(done), run, recall);
  }
  if (!kept.ok()) return done(error::FromStorage(kept.status()));
  if (kept->payload_hash != command.request.payload_hash) return done(error::RequestReused());
  done(recall(study, command, kept->result));
}

// Runs a call that has no request_id, or whose id is new. A repeat of an answered one is answered by `recall`; a repeat of one
// under way waits for it and is looked up again.
template <typename Command, typename Answer>
void Once(const StudyPtr& study, Command command, Done<Answer> done, Run<Command, Answer> run, Recall<Command, Answer> recall) {
  if (!command.request.id) return run(study, command, std::move(done));
  RequestTable::Lookup lookup;
  absl::Status status;
  {
    const MutexLock lock(study->mutex());
    status = study->Check();
    if (status.ok()) {
      lookup = study->rooms().requests.Begin(
          command.request, [&] { return [study, command, done, run, recall] { Once(study, command, done, run, recall); }; });
    }
  }
  if (!status.ok()) return done(status);
  switch (lookup.found) {
    case RequestTable::Found::kPending:
      return;
    case RequestTable::Found::kReused:
      return done(error::RequestReused());
    case RequestTable::Found::kNew: {
      const RequestId id = *command.request.id;
      return run(study, command, [study, id, done = std::move(done)](absl::StatusOr<Answer> answer) {
        done(std::move(answer));
        EndRequest(study, id);
      });
    }
    case RequestTable::Found::kKept:
      study->context().readers->Post([study, command = std::move(command), done = std::move(done), run, recall,
                                      locator = lookup.locator] { AnswerAgain(study, command, done, run, recall, locator); });
  }
}

// A Run that posts another to the study's strand.
template <typename Command, typename Answer, Run<Command, Answer> kRun>
void OnStrand(const StudyPtr& study, const Command& command, Done<Answer> done) {
  study->strand()->Post([study, command, done = std::move(done)] { kRun(study, command, done); });
}

// The same for one that takes microseconds: at once where the strand has nothing else to do.
template <typename Command, typename Answer, Run<Command, Answer> kRun>
void OnIdleStrand(const StudyPtr& study, const Command& command, Done<Answer> done) {
  study->strand()->RunOrPost([study, command, done = std::move(done)] { kRun(study, command, done); });
}

// What a change answers when its transaction is durable, where nothing else is to be done then.
template <typename Answer>
std::function<void(absl::Status)> AnswerWith(Answer answer, Done<Answer> done) {
  return [answer = std::move(answer), done = std::move(done)](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    done(answer);
  };
}

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_ONCE_H_
