#include "server/engine/list_studies.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "server/engine/create_study.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine {

void StudyLister::Start(storage::Storage* storage, ThreadPool* readers, LiveStudies* studies, ListStudiesCommand command,
                        Done<ListStudiesAnswer> done) {
  const std::shared_ptr<StudyLister> lister(new StudyLister(storage, studies, std::move(command), std::move(done)));
  readers->Post([lister] { lister->ReadPage(); });
}

void StudyLister::ReadPage() {
  std::string after;
  if (!command_.page_token.empty()) {
    // The file, the prefix and the last name of the page before.
    std::string bytes;
    const bool decoded = absl::WebSafeBase64Unescape(command_.page_token, &bytes);
    ResultReader reader(bytes);
    const bool same = reader.Text() == storage_->StorageId() && reader.Text() == command_.name_prefix;
    after = reader.Text();
    if (!decoded || !same || !reader.ok()) {
      return done_(
          error::BadField("page_token", "does not belong to this request; the next_page_token of the previous page is accepted"));
    }
  }
  absl::StatusOr<std::vector<storage::StudyRecord>> records =
      storage_->ListStudies(after, command_.name_prefix, command_.page_size + 1);
  if (!records.ok()) return done_(error::FromStorage(records.status()));
  if (records->size() > static_cast<size_t>(command_.page_size)) {
    records->pop_back();
    const std::string bytes =
        ResultWriter().Text(storage_->StorageId()).Text(command_.name_prefix).Text(records->back().name).Take();
    answer_.next_page_token = absl::WebSafeBase64Escape(bytes);
  }
  for (storage::StudyRecord& record : *records) {
    if (absl::Status status = Add(std::move(record)); !status.ok()) return done_(status);
  }
  done_(std::move(answer_));
}

// One that is not live is not loaded for that: its trials are counted where they lie.
absl::Status StudyLister::Add(storage::StudyRecord record) {
  if (const StudyPtr engine = studies_->Live(record.uid)) {
    answer_.studies.push_back(verbs::GetStudy(engine));
    return absl::OkStatus();
  }
  const absl::StatusOr<storage::TrialTally> tally = storage_->TallyTrials(record.uid);
  if (absl::IsNotFound(tally.status())) return absl::OkStatus();  // it was deleted in the meantime
  if (!tally.ok()) return error::FromStorage(tally.status());
  PARZEN_ASSIGN_OR_RETURN(StudyDefinition definition, DefinitionFromJson(record.definition));
  Study study = StudyOf(std::move(record), std::make_shared<const StudyDefinition>(std::move(definition)));
  study.revision = std::max(study.revision, tally->revision);
  const auto& counts = tally->by_state;
  study.counts = {counts[1], counts[2], counts[3], counts[4], counts[5], tally->imported};
  answer_.studies.push_back(std::move(study));
  return absl::OkStatus();
}

}  // namespace parzen::engine
