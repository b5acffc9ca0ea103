// DeleteStudy: the study and everything of it. Other calls of the study are refused from the moment it is staged.

#include <utility>

#include "base/status_macros.h"
#include "server/engine/study/once.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

absl::Status StageDelete(const StudyPtr& study, const std::optional<storage::RequestRecord>& request, BatchPtr batch,
                         Answers* now) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StudyRooms& rooms = study->rooms();
  // Another call of this study had the id: a mix-up of ids must not cost a study.
  if (request && rooms.requests.Knows(request->id)) return error::RequestReused();
  // With locator 0 it is kept outside the study and outlives it.
  if (request) batch->changes.emplace_back(storage::PutRequest{*request});
  rooms.staged.Delete(batch.get());
  *now = study->Queue(std::move(batch), {}, "", -1);
  return absl::OkStatus();
}

}  // namespace

void DeleteStudy(const StudyPtr& study, std::optional<storage::RequestRecord> request, Done<std::monostate> done) {
  study->strand()->Post([study, request = std::move(request), done = std::move(done)] {
    const auto batch = std::make_shared<Batch>();
    batch->done.push_back(AnswerWith(std::monostate(), done));
    Answers now;
    if (absl::Status status = StageDelete(study, request, batch, &now); !status.ok()) return done(status);
    AnswerNow(now);
  });
}

}  // namespace parzen::engine::verbs
