// Enqueue: a trial whose given parameters are fixed. It has its number at once; the rest is sampled when it is asked for.

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

// Given values of a declared space's parameters, as records in the space's order.
absl::Status StudyEngine::ResolveDeclared(std::string_view field, const std::vector<GivenParam>& given,
                                          storage::TrialRecord* record) const {
  const SearchSpace& space = learner_->definition().space;
  Point point(space.size(), kAbsent);
  for (const GivenParam& param : given) {
    const std::optional<size_t> i = space.Find(param.name);
    if (!i) {
      return error::BadField(
          field, "\"" + param.name + "\" is no parameter of study \"" + identity_.name + "\"; its declared ones are accepted");
    }
    if (!std::isnan(point[*i])) return error::BadField(field, "\"" + param.name + "\" is there twice");
    const absl::StatusOr<double> value = ToInternal(param.name, space[*i].distribution, param.value);
    if (!value.ok()) return error::AsBadField(value.status(), field);
    point[*i] = *value;
  }
  for (size_t i = 0; i < space.size(); ++i) {
    if (std::isnan(point[i])) continue;
    const std::optional<size_t> parent = space.ParentOf(i);
    if (parent && !std::isnan(point[*parent]) && !space.IsActive(i, point)) {
      return error::BadField(field, "\"" + space[i].name + "\" does not exist where \"" + space[*parent].name + "\" is " +
                                        ToString(ToExternal(space[*parent].distribution, point[*parent])));
    }
    record->params.push_back(MakeParam(space[i].name, space[i].distribution, declared_texts_[i], point[i]));
  }
  return absl::OkStatus();
}

// A parameter of a define-by-run study: of the kind that the study has used it with.
absl::Status StudyEngine::CheckColumn(std::string_view field, const std::string& name, const Distribution& distribution) const {
  const Column* column = learner_->history().FindColumn(name);
  if (column == nullptr) return absl::OkStatus();
  const Distribution& earlier = column->distribution;
  bool same = earlier.index() == distribution.index();
  if (same && std::holds_alternative<FloatDistribution>(earlier)) {
    same = std::get<FloatDistribution>(earlier).log == std::get<FloatDistribution>(distribution).log;
  } else if (same && std::holds_alternative<IntDistribution>(earlier)) {
    same = std::get<IntDistribution>(earlier).log == std::get<IntDistribution>(distribution).log;
  } else if (same) {
    same = earlier == distribution;
  }
  if (same) return absl::OkStatus();
  return error::BadField(field, "\"" + name + "\" is " + ToString(distribution) + ", but the study has used it as " +
                                    ToString(earlier) + "; the same kind, log and choices are accepted");
}

absl::Status StudyEngine::ResolveGiven(const EnqueueCommand& command, LiveTrial* trial) const {
  if (!learner_->definition().space.empty()) {
    if (absl::Status status = ResolveDeclared("params", command.params, &trial->record); !status.ok()) return status;
    for (const storage::ParamRecord& param : trial->record.params) trial->stored.fixed.push_back(param.name);
    return absl::OkStatus();
  }
  for (const GivenParam& param : command.params) {
    if (param.name.empty() || param.name.size() > kMaxNameBytes)
      return error::BadField("params.name", "1 to 256 bytes are accepted");
    const auto same = std::find(trial->stored.fixed.begin(), trial->stored.fixed.end(), param.name);
    if (same != trial->stored.fixed.end()) return error::BadField("params", "\"" + param.name + "\" is there twice");
    if (param.distribution) {
      if (absl::Status status = ValidateDistribution(param.name, *param.distribution); !status.ok()) {
        return error::AsBadField(status, "params.distribution");
      }
      const absl::StatusOr<double> value = ToInternal(param.name, *param.distribution, param.value);
      if (!value.ok()) return error::AsBadField(value.status(), "params");
    }
    trial->stored.fixed.push_back(param.name);
    trial->stored.given.emplace_back(param.name, param.value);
  }
  return absl::OkStatus();
}

void StudyEngine::RunEnqueue(const EnqueueCommand& command, Done<Trial> done) {
  LiveTrial trial;
  storage::TrialRecord& record = trial.record;
  if (absl::Status status = ResolveGiven(command, &trial); !status.ok()) return done(status);
  record.number = learner_->size();
  record.state = TrialState::kWaiting;
  record.created_at = Now();
  record.enqueued = true;
  record.user_attrs = command.user_attrs;
  record.sampler_draft = StoredDraftToJson(trial.stored);
  absl::StatusOr<Trial> view = ToTrial(record);
  if (!view.ok()) return done(view.status());
  const std::vector<storage::ParamRecord> params = record.params;

  std::unique_lock lock(mutex_);
  absl::Status status = Check();
  if (status.ok() && face_.state == StudyState::kFinished) {
    status = error::Precondition("STUDY_FINISHED", "study \"" + identity_.name + "\" is finished; it takes no more trials");
  }
  if (status.ok() && Room() == 0) {
    status = error::Precondition("ALL_HANDED_OUT", absl::StrCat("study \"", identity_.name, "\" has all of its ",
                                                                *face_.definition->max_trials, " trials (max_trials)"));
  }
  if (!status.ok()) {
    lock.unlock();
    return done(status);
  }
  auto batch = std::make_shared<Batch>();
  const int64_t number = record.number;
  StageInsert(std::move(trial), batch.get());
  view->revision = revision_;
  ResultWriter result;
  result.Int(number).Int(revision_).Int(view->created_at).Int(static_cast<int64_t>(params.size()));
  for (const storage::ParamRecord& param : params) {
    result.Text(param.name).Int(std::bit_cast<int64_t>(param.value)).Text(param.distribution);
  }
  batch->done.push_back([view = *std::move(view), done](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    done(view);
  });
  QueueAndRelease(std::move(lock), std::move(batch), command.request, result.Take(), number);

  std::vector<LearnedParam> learned;
  for (const storage::ParamRecord& param : params) learned.push_back({param.name, nullptr, param.value});
  learner_->AddRow(RowState::kWaiting, learned, nullptr);
}

absl::StatusOr<Trial> StudyEngine::RecallEnqueue(const EnqueueCommand& command, std::string_view result) {
  ResultReader reader(result);
  // As it was before it was asked for.
  storage::TrialRecord record;
  StoredDraft stored;
  record.number = reader.Int();
  record.revision = reader.Int();
  record.created_at = reader.Int();
  record.enqueued = true;
  record.user_attrs = command.user_attrs;
  for (int64_t left = reader.Int(); left > 0 && reader.ok(); --left) {
    storage::ParamRecord param;
    param.name = reader.Text();
    param.value = std::bit_cast<double>(reader.Int());
    param.distribution = reader.Text();
    stored.fixed.push_back(param.name);
    record.params.push_back(std::move(param));
  }
  if (!reader.ok()) return absl::DataLossError("the kept answer of an Enqueue cannot be read");
  if (record.params.empty()) {
    for (const GivenParam& given : command.params) {
      stored.fixed.push_back(given.name);
      stored.given.emplace_back(given.name, given.value);
    }
  }
  record.sampler_draft = StoredDraftToJson(stored);
  return ToTrial(std::move(record));
}

}  // namespace parzen::engine
