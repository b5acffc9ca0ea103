#include "storage/postgres/loader.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/known_study.h"
#include "storage/postgres/reader.h"

namespace parzen::storage::postgres {
namespace {

constexpr int kTrialsAPage = 2000;
constexpr size_t kUnfinishedAPage = 500;
constexpr int kRequestsAPage = 10000;
constexpr int kAttrsAPage = 2000;
constexpr int kIntermediatesAPage = 20000;

// The last intermediate value of each pruned trial (state 4) among those of the page.
constexpr char kLasts[] =
    "SELECT DISTINCT ON (i.trial_id) i.trial_id, i.step, i.value, i.reported_at, i.more FROM intermediates i"
    " JOIN (SELECT id FROM trials WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3) page ON page.id = i.trial_id"
    " JOIN trials t ON t.id = page.id AND t.state = 4 ORDER BY i.trial_id, i.step DESC";
constexpr char kTrials[] =
    "SELECT id, state, failure, revision, params, internal, dists, \"values\", constraints, sampler_draft, imported, attempt,"
    " told_at_revision, sampled_at_revision, started_at"
    " FROM trials WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3";

}  // namespace

absl::Status Loader::Load() {
  PARZEN_RETURN_IF_ERROR(LoadTrials());
  PARZEN_RETURN_IF_ERROR(LoadUnfinished());
  const LoadVisitor::Wants wants = visitor_->wants();
  if (!wants.system_attr.empty()) PARZEN_RETURN_IF_ERROR(LoadSystemAttrs(wants.system_attr));
  if (wants.intermediates) PARZEN_RETURN_IF_ERROR(LoadIntermediates());
  return LoadRequests();
}

template <typename Function>
absl::StatusOr<Loader::Page> Loader::ReadPage(Function read) {
  return pool_->Read([&](Connection& connection) -> absl::StatusOr<Page> {
    Page page;
    PARZEN_ASSIGN_OR_RETURN(page.study_id, ReadStudyId(connection, uid_));
    PARZEN_RETURN_IF_ERROR(read(connection, &page));
    return page;
  });
}

absl::Status Loader::LoadTrials() {
  for (;;) {
    PARZEN_ASSIGN_OR_RETURN(
        const Page page, ReadPage([&](Connection& connection, Page* out) -> absl::Status {
          PARZEN_ASSIGN_OR_RETURN(out->distributions, ReadDistributions(connection, out->study_id, distributions_));
          const Values range =
              Values().Int(FirstTrialId(out->study_id) + next_number_).Int(FirstTrialId(out->study_id + 1)).Int(kTrialsAPage);
          connection.Send(kTrials, range);
          connection.Send(kLasts, range);
          Answer answer = connection.Run();
          if (!answer.ok()) return answer.status;
          out->trials = std::move(answer.rows[0]);
          out->lasts = std::move(answer.rows[1]);
          return absl::OkStatus();
        }));
    for (const std::string& json : page.distributions) visitor_->OnDistribution(distributions_++, json);
    int last = 0;
    for (int row = 0; row < page.trials.size(); ++row) PARZEN_RETURN_IF_ERROR(Visit(page, row, &last));
    if (page.trials.size() < kTrialsAPage) return absl::OkStatus();
  }
}

// `last` is the next row of page.lasts.
absl::Status Loader::Visit(const Page& page, int row, int* last) {
  const Rows& rows = page.trials;
  TrialRow trial{};
  const int64_t id = rows.Int(row, 0);
  trial.number = id - FirstTrialId(page.study_id);
  next_number_ = trial.number + 1;
  const auto damaged = [&](std::string_view column) { return DamagedTrial(page.study_id, trial.number, column); };
  if (!DecodeState(rows.Int(row, 1), &trial.state)) return damaged("state");
  if (!DecodeFailure(rows.Int(row, 2), &trial.failure)) return damaged("failure");
  trial.revision = rows.Int(row, 3);
  if (!scanner_.Scan(rows.Json(row, 4), rows.Json(row, 5), &scanned_)) return damaged("params");
  params_.clear();
  for (const ParamScanner::Param& param : scanned_) params_.emplace_back(param.name, param.value);
  trial.params = params_;
  if (const std::string_view dists = rows.Json(row, 6); dists != dists_text_) {
    const auto unknown = [&](int32_t i) { return i >= distributions_; };
    if (!DecodeIndexes(dists, &dists_) || std::any_of(dists_.begin(), dists_.end(), unknown)) return damaged("dists");
    dists_text_ = dists;
  }
  if (dists_.size() != params_.size()) return damaged("dists");
  trial.distributions = dists_;
  if (!DecodeDoubles(rows.Json(row, 7), &values_)) return damaged("values");
  trial.values = values_;
  trial.constraints_json = rows.Json(row, 8);
  const std::string draft = rows.Text(row, 9);
  trial.sampler_draft = draft;
  trial.imported = rows.Int(row, 10) != 0;
  trial.attempt = static_cast<int32_t>(rows.Int(row, 11));
  trial.told_at_revision = rows.Int(row, 12);
  trial.sampled_at_revision = rows.Int(row, 13);
  trial.started_at = rows.Int(row, 14);
  if (*last < page.lasts.size() && page.lasts.Int(*last, 0) == id) {
    if (!DecodeIntermediate(page.lasts, *last, 1, &trial.last.emplace())) return damaged("intermediate values");
    ++*last;
  }
  if (trial.state == TrialState::kWaiting || trial.state == TrialState::kRunning) unfinished_.push_back(trial.number);
  visitor_->OnTrial(trial);
  return absl::OkStatus();
}

absl::Status Loader::LoadUnfinished() {
  for (size_t begin = 0; begin < unfinished_.size(); begin += kUnfinishedAPage) {
    const std::span<const int64_t> numbers =
        std::span(unfinished_).subspan(begin, std::min(kUnfinishedAPage, unfinished_.size() - begin));
    PARZEN_ASSIGN_OR_RETURN(Page page, ReadPage([&](Connection& connection, Page* out) -> absl::Status {
                              PARZEN_ASSIGN_OR_RETURN(out->unfinished,
                                                      ReadTrials(connection, out->study_id, numbers, View::kFull));
                              return absl::OkStatus();
                            }));
    for (TrialRecord& trial : page.unfinished) visitor_->OnUnfinished(std::move(trial));
  }
  return absl::OkStatus();
}

absl::Status Loader::LoadSystemAttrs(const std::string& key) {
  for (int64_t next = 0;;) {
    PARZEN_ASSIGN_OR_RETURN(
        const Page page, ReadPage([&](Connection& connection, Page* out) -> absl::Status {
          PARZEN_ASSIGN_OR_RETURN(
              out->rows, connection.Query("SELECT trial_id, value FROM trial_attrs WHERE trial_id >= $1 AND trial_id < $2"
                                          " AND scope = 'system' AND key = $3 ORDER BY trial_id LIMIT $4",
                                          Values()
                                              .Int(FirstTrialId(out->study_id) + next)
                                              .Int(FirstTrialId(out->study_id + 1))
                                              .Text(key)
                                              .Int(kAttrsAPage)));
          return absl::OkStatus();
        }));
    for (int row = 0; row < page.rows.size(); ++row) {
      const int64_t number = page.rows.Int(row, 0) - FirstTrialId(page.study_id);
      next = number + 1;
      visitor_->OnSystemAttr(number, page.rows.Text(row, 1));
    }
    if (page.rows.size() < kAttrsAPage) return absl::OkStatus();
  }
}

absl::Status Loader::LoadIntermediates() {
  // The last that was told: none comes before the first trial.
  int64_t number = -1, step = std::numeric_limits<int64_t>::max();
  for (Intermediate value;;) {
    PARZEN_ASSIGN_OR_RETURN(
        const Page page, ReadPage([&](Connection& connection, Page* out) -> absl::Status {
          PARZEN_ASSIGN_OR_RETURN(
              out->rows, connection.Query("SELECT trial_id, step, value, reported_at, more FROM intermediates"
                                          " WHERE (trial_id, step) > ($1, $2) AND trial_id < $3 ORDER BY trial_id, step LIMIT $4",
                                          Values()
                                              .Int(FirstTrialId(out->study_id) + number)
                                              .Int(step)
                                              .Int(FirstTrialId(out->study_id + 1))
                                              .Int(kIntermediatesAPage)));
          return absl::OkStatus();
        }));
    for (int row = 0; row < page.rows.size(); ++row) {
      number = page.rows.Int(row, 0) - FirstTrialId(page.study_id);
      if (!DecodeIntermediate(page.rows, row, 1, &value)) return DamagedTrial(page.study_id, number, "intermediate values");
      step = value.step;
      visitor_->OnIntermediate(number, value);
    }
    if (page.rows.size() < kIntermediatesAPage) return absl::OkStatus();
  }
}

absl::Status Loader::LoadRequests() {
  for (int64_t last = 0;;) {
    PARZEN_ASSIGN_OR_RETURN(const Page page, ReadPage([&](Connection& connection, Page* out) -> absl::Status {
                              PARZEN_ASSIGN_OR_RETURN(
                                  out->rows, connection.Query("SELECT locator, request_id FROM requests"
                                                              " WHERE study_id = $1 AND locator > $2 ORDER BY locator LIMIT $3",
                                                              Values().Int(out->study_id).Int(last).Int(kRequestsAPage)));
                              return absl::OkStatus();
                            }));
    for (int row = 0; row < page.rows.size(); ++row) {
      last = page.rows.Int(row, 0);
      RequestId id{};
      const std::string_view bytes = page.rows.Blob(row, 1);
      if (bytes.size() != id.size()) {
        return absl::DataLossError(
            absl::StrCat("request ", last, " has an id of ", bytes.size(), " bytes: the table was edited"));
      }
      std::copy(bytes.begin(), bytes.end(), id.begin());
      visitor_->OnRequest(id, last);
    }
    if (page.rows.size() < kRequestsAPage) return absl::OkStatus();
  }
}

}  // namespace parzen::storage::postgres
