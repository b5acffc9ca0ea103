// Study::AddTrials: any number of trials of any size, in messages that a server takes.

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "clients/cpp/connection.h"
#include "clients/cpp/convert.h"
#include "clients/cpp/request_id.h"
#include "parzen/study.h"

namespace parzen {
inline namespace client {
namespace {

// Of one message: a trial takes a few hundred bytes, a message may have 4 MiB.
constexpr size_t kMostTrials = 2'000;
constexpr size_t kMostBytes = 3 << 20;

// The trials of one message, and the attributes that do not fit into it.
struct Batch {
  v1::AddTrialsRequest request;
  std::vector<v1::UpdateTrialRequest> attributes;  // the trial's number is its place in `request`
  size_t first = 0;                                // its place among all trials
  size_t bytes = 0;
};

// Moves a trial's attributes into messages of their own.
void TakeAttributes(v1::Trial* trial, int place, Batch* batch) {
  v1::UpdateTrialRequest update;
  size_t bytes = 0;
  const auto begin = [&] {
    update.Clear();
    update.mutable_trial()->set_number(place);
    update.mutable_trial()->set_attempt(trial->handle().attempt());
    bytes = 0;
  };
  const auto take = [&](google::protobuf::RepeatedPtrField<v1::Attribute>* from, auto add) {
    for (v1::Attribute& attribute : *from) {
      const size_t size = attribute.ByteSizeLong() + 8;
      if (bytes > 0 && bytes + size > kMostBytes) {
        batch->attributes.push_back(update);
        begin();
      }
      bytes += size;
      *add() = std::move(attribute);
    }
    from->Clear();
  };
  begin();
  take(trial->mutable_user_attrs(), [&update] { return update.add_user_attrs(); });
  take(trial->mutable_system_attrs(), [&update] { return update.add_system_attrs(); });
  if (bytes > 0) batch->attributes.push_back(std::move(update));
}

// The error with the trial's place among all, where the server's message names it by its place in the message.
absl::Status WithPlace(const absl::Status& status, const Batch& batch) {
  if (!absl::IsInvalidArgument(status)) return status;
  std::string message(status.message());
  constexpr std::string_view kPrefix = "trials[";
  size_t place = 0;
  const char* const digits = message.data() + std::min(kPrefix.size(), message.size());
  const auto [end, error] = std::from_chars(digits, message.data() + message.size(), place);
  if (message.starts_with(kPrefix) && error == std::errc() && *end == ']') {
    message.replace(kPrefix.size(), static_cast<size_t>(end - digits), std::to_string(batch.first + place));
  } else {
    const size_t last = batch.first + static_cast<size_t>(batch.request.trials_size()) - 1;
    message = batch.first == last ? absl::StrFormat("trials[%d]: %s", last, message)
                                  : absl::StrFormat("one of trials[%d] to trials[%d]: %s", batch.first, last, message);
  }
  absl::Status placed(status.code(), message);
  status.ForEachPayload([&placed](auto url, const absl::Cord& payload) { placed.SetPayload(url, payload); });
  return placed;
}

// Sends batch after batch.
class Import {
 public:
  // `before`: how many trials the study had, where the import may be a repeat.
  Import(Connection* connection, const StudyInfo& study, const AddOptions& options, int64_t before)
      : connection_(connection), study_(study), options_(options), before_(before) {}

  absl::Status Add(const FrozenTrial& trial) {
    v1::Trial proto = ToProto(trial);
    size_t size = proto.ByteSizeLong() + 8;
    const auto in_batch = static_cast<size_t>(batch_.request.trials_size());
    if (in_batch > 0 && (in_batch >= kMostTrials || batch_.bytes + size > kMostBytes)) PARZEN_RETURN_IF_ERROR(Send());
    if (size > kMostBytes) {
      TakeAttributes(&proto, batch_.request.trials_size(), &batch_);
      size = proto.ByteSizeLong() + 8;
    }
    batch_.bytes += size;
    *batch_.request.add_trials() = std::move(proto);
    return absl::OkStatus();
  }

  absl::StatusOr<Study::Added> Finish() {
    if (batch_.request.trials_size() > 0) PARZEN_RETURN_IF_ERROR(Send());
    return added_;
  }

 private:
  absl::Status Send() {
    batch_.request.set_study(study_.config.name);
    batch_.request.set_study_uid(study_.uid);
    batch_.request.set_restore(options_.restore);
    batch_.request.set_request_id(IdOf(batch_.request, 0));
    v1::AddTrialsResponse response;
    if (const absl::Status status = connection_->Call(batch_.request, &response); !status.ok()) return WithPlace(status, batch_);
    size_t part = 0;
    for (v1::UpdateTrialRequest& update : batch_.attributes) {
      update.mutable_trial()->set_study_uid(study_.uid);
      update.mutable_trial()->set_number(response.first_number() + update.trial().number());
      update.set_request_id(IdOf(update, ++part));
      v1::Trial trial;
      PARZEN_RETURN_IF_ERROR(connection_->Call(update, &trial));
    }
    if (added_.count == 0) added_.first_number = response.first_number();
    added_.count += response.count();
    if (response.first_number() + response.count() <= before_) added_.found += response.count();
    const size_t next = batch_.first + static_cast<size_t>(batch_.request.trials_size());
    batch_ = Batch{.request = {}, .attributes = {}, .first = next, .bytes = 0};
    if (options_.on_progress && !options_.on_progress(added_.count)) return absl::CancelledError("the import was ended");
    return absl::OkStatus();
  }

  std::string IdOf(const google::protobuf::Message& message, size_t part) const {
    if (!options_.repeatable.has_value()) return NewRequestId();
    return RequestIdOf({std::to_string(study_.uid), *options_.repeatable, std::to_string(batch_.first), std::to_string(part),
                        message.SerializeAsString()});
  }

  Connection* const connection_;
  const StudyInfo& study_;
  const AddOptions& options_;
  const int64_t before_;
  Batch batch_;
  Study::Added added_;
};

}  // namespace

absl::StatusOr<Study::Added> Study::AddTrials(const std::vector<FrozenTrial>& trials, const AddOptions& options) const {
  int64_t before = 0;
  if (options.repeatable.has_value()) {
    v1::GetStudyRequest request;
    request.set_study(name());
    v1::Study study;
    PARZEN_RETURN_IF_ERROR(connection_->Call(request, &study));
    before = FromProto(study).counts.total();
  }
  Import import(connection_.get(), info_, options, before);
  for (const FrozenTrial& trial : trials) PARZEN_RETURN_IF_ERROR(import.Add(trial));
  return import.Finish();
}

}  // namespace client
}  // namespace parzen
