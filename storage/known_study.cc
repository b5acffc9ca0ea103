#include "storage/known_study.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace parzen::storage {
namespace {

class ChangeCheck {
 public:
  explicit ChangeCheck(const KnownStudy& study) : next_number_(study.next_number), last_locator_(study.last_locator) {}

  absl::Status operator()(const InsertTrial& change) {
    if (change.trial.number != next_number_ || next_number_ > kMaxTrialNumber) {
      return absl::FailedPreconditionError(
          absl::StrCat("trial ", change.trial.number, " cannot be inserted: the next number is ", next_number_));
    }
    ++next_number_;
    return absl::OkStatus();
  }
  absl::Status operator()(const UpdateTrial& change) const {
    if (change.number >= 0 && change.number < next_number_) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat("there is no trial ", change.number));
  }
  absl::Status operator()(const UpdateStudy&) const { return absl::OkStatus(); }
  absl::Status operator()(const DeleteStudy&) const { return absl::OkStatus(); }
  absl::Status operator()(const PutRequest& change) {
    if (change.request.locator == 0) return absl::OkStatus();
    if (change.request.locator <= last_locator_) {
      return absl::FailedPreconditionError(
          absl::StrCat("request locator ", change.request.locator, " does not follow the latest, ", last_locator_));
    }
    last_locator_ = change.request.locator;
    return absl::OkStatus();
  }

 private:
  int64_t next_number_;
  int64_t last_locator_;
};

}  // namespace

KnownStudy* KnownStudies::Find(uint64_t uid) const {
  const auto found = studies_.find(uid);
  return found == studies_.end() ? nullptr : found->second.get();
}

KnownStudy* KnownStudies::Add(uint64_t uid, int64_t id) {
  auto study = std::make_unique<KnownStudy>();
  study->id = id;
  study->uid = uid;
  return (studies_[uid] = std::move(study)).get();
}

void KnownStudies::Forget(KnownStudy* study) {
  study->known = false;
  study->deleted = false;
  study->doubtful = true;
  study->distributions.clear();
}

KnownStudy* KnownStudies::Lose(uint64_t uid, int64_t epoch, const absl::Status& reason) {
  KnownStudy* study = Find(uid);
  if (study == nullptr || study->epoch != epoch || study->epoch == 0 || !study->lost.ok()) return nullptr;
  study->lost = reason;
  return study;
}

absl::Status NoSuchStudy(uint64_t uid) { return absl::NotFoundError(absl::StrFormat("there is no study with uid %016x", uid)); }

absl::Status CheckOwner(const KnownStudy& study, const Transaction& transaction) {
  if (transaction.epoch != study.epoch || study.epoch == 0) {
    return absl::AbortedError(absl::StrFormat("study %016x has moved to another owner: epoch %d is over, the present one is %d",
                                              transaction.study_uid, transaction.epoch, study.epoch));
  }
  return study.lost;
}

absl::Status CheckChanges(const KnownStudy& study, const Transaction& transaction) {
  ChangeCheck check(study);
  for (size_t i = 0; i < transaction.changes.size(); ++i) {
    const Change& change = transaction.changes[i];
    if (absl::Status refusal = std::visit(check, change); !refusal.ok()) return refusal;
    if (std::holds_alternative<DeleteStudy>(change) && i + 1 < transaction.changes.size()) {
      return absl::InvalidArgumentError("nothing may follow DeleteStudy in its transaction");
    }
  }
  return absl::OkStatus();
}

absl::Status BehindRefused(const absl::Status& refusal) {
  return absl::AbortedError(absl::StrCat("a change of the study that it builds on was refused: ", refusal.message()));
}

}  // namespace parzen::storage
