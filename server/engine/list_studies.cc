#include "server/engine/list_studies.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "server/engine/error.h"
#include "server/engine/result_bytes.h"

namespace parzen::engine {

void StudyLister::Start(storage::Storage* storage, ThreadPool* readers, LiveStudies* studies, ListStudiesCommand command,
                        Done<ListStudiesAnswer> done) {
  const std::shared_ptr<StudyLister> lister(new StudyLister(storage, readers, studies, std::move(command), std::move(done)));
  readers->Post([lister] { lister->ReadPage(); });
}

void StudyLister::ReadPage() {
  std::string after;
  if (!command_.page_token.empty()) {
    // The file, the prefix and the last name of the page before.
    std::string bytes;
    const bool decoded = absl::WebSafeBase64Unescape(command_.page_token, &bytes);
    ResultReader reader(bytes);
    const bool same = reader.Text() == storage_->FileId() && reader.Text() == command_.name_prefix;
    after = reader.Text();
    if (!decoded || !same || !reader.ok()) {
      return done_(
          BadField("page_token", "does not belong to this request; the next_page_token of the previous page is accepted"));
    }
  }
  absl::StatusOr<std::vector<storage::StudyRecord>> records =
      storage_->ListStudies(after, command_.name_prefix, command_.page_size + 1);
  if (!records.ok()) return done_(FromStorage(records.status()));
  records_ = *std::move(records);
  if (records_.size() > static_cast<size_t>(command_.page_size)) {
    records_.pop_back();
    const std::string bytes =
        ResultWriter().Text(storage_->FileId()).Text(command_.name_prefix).Text(records_.back().name).Take();
    answer_.next_page_token = absl::WebSafeBase64Escape(bytes);
  }
  Next();
}

void StudyLister::Next() {
  if (next_ == records_.size()) return done_(std::move(answer_));
  studies_->WithUid(records_[next_].uid, [self = shared_from_this()](absl::StatusOr<LiveStudies::EnginePtr> engine) {
    if (engine.ok()) {
      self->answer_.studies.push_back((*engine)->Describe());
    } else if (!absl::IsNotFound(engine.status())) {
      return self->done_(engine.status());
    }
    ++self->next_;
    // By way of the pool: a thousand live studies are no thousand frames.
    self->readers_->Post([self] { self->Next(); });
  });
}

}  // namespace parzen::engine
