#include "storage/postgres/batch.h"

#include <algorithm>
#include <type_traits>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/string_view.h"

namespace parzen::storage::postgres {
namespace {

std::string_view Bytes(const RequestId& id) { return {reinterpret_cast<const char*>(id.data()), id.size()}; }

// In the order of ids, so that two servers that want the same studies wait for one another and do not lock each other out.
constexpr char kLock[] =
    "SELECT s.id, s.uid, o.epoch, o.revision, o.lost_revision FROM studies s JOIN study_owners o ON o.study_id = s.id"
    " WHERE s.uid = ANY($1) AND s.name IS NOT NULL ORDER BY s.id FOR UPDATE OF o";
// By the ends of the indexes: a max() over the study's range would read it all.
constexpr char kLastTrial[] =
    "SELECT (SELECT t.id FROM trials t WHERE t.id >= s.id << 32 AND t.id < (s.id + 1) << 32 ORDER BY t.id DESC LIMIT 1)"
    " - (s.id << 32) FROM studies s WHERE s.uid = $1";
constexpr char kLastLocator[] =
    "SELECT (SELECT r.locator FROM requests r WHERE r.study_id = s.id ORDER BY r.locator DESC LIMIT 1)"
    " FROM studies s WHERE s.uid = $1";
constexpr char kDistributions[] =
    "SELECT d.json, d.idx FROM distributions d JOIN studies s ON s.id = d.study_id WHERE s.uid = $1";

constexpr char kPutRevision[] = "UPDATE study_owners SET revision = $2 WHERE study_id = $1 AND revision < $2";

constexpr char kInsertStudy[] =
    "WITH made AS (INSERT INTO studies (uid, name, definition, definition_version, state, created_at, revision)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id)"
    " INSERT INTO study_owners SELECT id, 0 FROM made RETURNING study_id";
constexpr char kPutSamplerState[] =
    "INSERT INTO sampler_states SELECT id, $2 FROM studies WHERE uid = $1"
    " ON CONFLICT (study_id) DO UPDATE SET state = excluded.state";
constexpr char kPutStudyAttr[] =
    "INSERT INTO study_attrs SELECT id, $2, $3, $4 FROM studies WHERE uid = $1"
    " ON CONFLICT (study_id, scope, key) DO UPDATE SET value = excluded.value";
constexpr char kDropStudyAttr[] =
    "DELETE FROM study_attrs WHERE study_id = (SELECT id FROM studies WHERE uid = $1) AND scope = $2 AND key = $3";
constexpr char kPutTrialAttr[] =
    "INSERT INTO trial_attrs VALUES ($1, $2, $3, $4) ON CONFLICT (trial_id, scope, key) DO UPDATE SET value = excluded.value";
constexpr char kDropTrialAttr[] = "DELETE FROM trial_attrs WHERE trial_id = $1 AND scope = $2 AND key = $3";
constexpr char kPutServerRequest[] =
    "INSERT INTO server_requests VALUES ($1, $2, $3, $4) ON CONFLICT (request_id) DO UPDATE"
    " SET payload_hash = excluded.payload_hash, result = excluded.result, expires_at = excluded.expires_at";
constexpr char kPutRequest[] = "INSERT INTO requests VALUES ($1, $2, $3, $4, $5, $6, $7)";
constexpr char kInsertTrial[] =
    "INSERT INTO trials (id, state, \"values\", params, internal, dists, attempt, losses, constraints, metrics, worker, "
    "principal,"
    " lease_micros, created_at, started_at, finished_at, failure, reason, enqueued, imported, stop_requested, revision,"
    " sampled_at_revision, told_at_revision, definition_version, algorithm_version, sampler_draft)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,"
    " $26, $27)";
constexpr char kPutIntermediate[] =
    "INSERT INTO intermediates VALUES ($1, $2, $3, $4, $5) ON CONFLICT (trial_id, step)"
    " DO UPDATE SET value = excluded.value, reported_at = excluded.reported_at, more = excluded.more";

// SQL by the set of columns that it sets. It lives as long as the process, since statements are kept by its address.
const char* UpdateSql(const UpdateTrial& update, const TrialTexts& texts) {
  static Mutex mutex;
  static auto* const known = new absl::flat_hash_map<uint32_t, std::unique_ptr<std::string>>;
  const MutexLock lock(&mutex);
  std::unique_ptr<std::string>& sql = (*known)[ColumnSet(update)];
  if (sql == nullptr) {
    sql = std::make_unique<std::string>("UPDATE trials SET ");
    int parameter = 2;
    ForEachColumn(update, texts, [&](const char* name, const auto&) {
      absl::StrAppend(sql.get(), parameter == 2 ? "" : ", ", name, " = $", parameter);
      ++parameter;
    });
    absl::StrAppend(sql.get(), " WHERE id = $1");
  }
  return sql->c_str();
}

int64_t RevisionOf(const Change& change) {
  if (const auto* insert = std::get_if<InsertTrial>(&change)) return insert->trial.revision;
  if (const auto* update = std::get_if<UpdateTrial>(&change)) return update->revision;
  if (const auto* update = std::get_if<UpdateStudy>(&change)) return update->revision.value_or(0);
  return 0;
}

// Calls put(scope, key, value) or drop(scope, key) for each attribute.
template <typename Attributes, typename Put, typename Drop>
void ForEachAttribute(const Attributes& user, const Attributes& system, Put put, Drop drop) {
  for (const auto& [scope, attributes] : {std::pair<std::string_view, const Attributes&>{"user", user}, {"system", system}}) {
    for (const auto& [key, value] : attributes) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
        put(scope, key, value);
      } else if (value) {
        put(scope, key, *value);
      } else {
        drop(scope, key);
      }
    }
  }
}

}  // namespace

Answer Batch::Read(Connection& connection, std::span<const WorkItem> items, const Marks& marks, KnownStudies* studies,
                   std::vector<Setback>* setbacks) {
  std::vector<int64_t> uids, unknown;
  absl::flat_hash_set<uint64_t> seen;
  for (const WorkItem& item : items) {
    const auto* transaction = std::get_if<Transaction>(&item.work);
    if (transaction == nullptr || !seen.insert(transaction->study_uid).second) continue;
    uids.push_back(static_cast<int64_t>(transaction->study_uid));
    const KnownStudy* study = studies->Find(transaction->study_uid);
    if (study == nullptr || !study->known) unknown.push_back(uids.back());
  }
  connection.Send("BEGIN");
  if (!uids.empty()) connection.Send(kLock, Values().Ints(uids));
  for (const int64_t uid : unknown) {
    for (const char* sql : {kLastTrial, kLastLocator, kDistributions}) connection.Send(sql, Values().Int(uid));
  }
  Answer answer = connection.Run();
  if (!answer.ok() || uids.empty()) return answer;

  const Rows& owners = answer.rows[1];
  for (int row = 0; row < owners.size(); ++row) {
    const auto uid = static_cast<uint64_t>(owners.Int(row, 1));
    seen.erase(uid);
    KnownStudy* study = studies->Find(uid);
    if (study == nullptr) study = studies->Add(uid, owners.Int(row, 0));
    study->doubtful = study->deleted = false;
    const Setback setback{study->id, uid, owners.Int(row, 3), marks.Of(uid)};
    if (setback.found < setback.known && owners.Int(row, 4) < setback.known) setbacks->push_back(setback);
    if (study->epoch == owners.Int(row, 2) || study->epoch == 0) continue;
    // Another server has it: what is remembered here is no longer so.
    KnownStudies::Forget(study);
    study->epoch = 0;
    study->lost = absl::OkStatus();
  }
  for (const uint64_t gone : seen) studies->Erase(gone);
  for (size_t i = 0; i < unknown.size(); ++i) {
    KnownStudy* study = studies->Find(static_cast<uint64_t>(unknown[i]));
    if (study == nullptr) continue;
    const Rows *last = &answer.rows[2 + 3 * i], *locator = last + 1, *distributions = last + 2;
    // No row where the study was deleted meanwhile, which the next check finds out; NULL where there is none.
    study->next_number = last->size() == 0 || last->IsNull(0, 0) ? 0 : last->Int(0, 0) + 1;
    study->last_locator = locator->size() == 0 ? 0 : locator->Int(0, 0);
    study->distributions.clear();
    for (int row = 0; row < distributions->size(); ++row) {
      study->distributions.emplace(distributions->Text(row, 0), static_cast<int32_t>(distributions->Int(row, 1)));
    }
    study->known = true;
    study->doubtful = false;
  }
  return answer;
}

absl::Status Batch::Add(const Transaction& transaction) {
  KnownStudy* study = studies_->Find(transaction.study_uid);
  if (study == nullptr || study->deleted) return NoSuchStudy(transaction.study_uid);
  if (absl::Status refusal = CheckOwner(*study, transaction); !refusal.ok()) return refusal;
  if (absl::Status refusal = CheckChanges(*study, transaction); !refusal.ok()) return refusal;
  if (touched_.empty() || touched_.back() != study) touched_.push_back(study);
  absl::Status refusal;
  int64_t& revision = revisions_[study];
  for (const Change& change : transaction.changes) {
    std::visit([&](const auto& c) { AddChange(study, c, &refusal); }, change);
    if (!refusal.ok()) break;
    revision = std::max(revision, RevisionOf(change));
  }
  return refusal;
}

void Batch::Finish() {
  for (const auto& [study, revision] : revisions_) {
    if (revision > 0) Append(kPutRevision, Values().Int(study->id).Int(revision));
  }
}

absl::Status Batch::Add(const NewStudy& work) {
  const StudyRecord& study = work.study;
  if (study.uid == 0) return absl::InvalidArgumentError("a study's uid is not 0");
  const auto uid = static_cast<int64_t>(study.uid);
  creations_.push_back(statements_.size());
  Append(kInsertStudy, Values()
                           .Int(uid)
                           .Text(study.name)
                           .Text(study.definition)
                           .Int(study.definition_version)
                           .Int(static_cast<int64_t>(study.state))
                           .Int(study.created_at)
                           .Int(study.revision));
  if (!study.sampler_state.empty()) Append(kPutSamplerState, Values().Int(uid).Blob(study.sampler_state));
  ForEachAttribute(
      study.user_attrs, study.system_attrs,
      [&](std::string_view scope, std::string_view key, std::string_view value) {
        Append(kPutStudyAttr, Values().Int(uid).Text(scope).Text(key).Text(value));
      },
      [](std::string_view, std::string_view) {});
  return work.request ? Add(*work.request) : absl::OkStatus();
}

absl::Status Batch::Add(const RequestRecord& request) {
  Append(kPutServerRequest, Values()
                                .Blob(Bytes(request.id))
                                .Int(static_cast<int64_t>(request.payload_hash))
                                .Blob(request.result)
                                .Int(request.expires_at));
  return absl::OkStatus();
}

void Batch::Distributions(KnownStudy* study, std::span<const ParamRecord> params) {
  dists_.clear();
  for (const ParamRecord& param : params) {
    const auto [found, is_new] =
        study->distributions.try_emplace(param.distribution, static_cast<int32_t>(study->distributions.size()));
    if (is_new) {
      Append("INSERT INTO distributions VALUES ($1, $2, $3)",
             Values().Int(study->id).Int(found->second).Text(param.distribution));
    }
    dists_.push_back(found->second);
  }
}

void Batch::PutIntermediates(int64_t id, const std::vector<Intermediate>& intermediates) {
  for (const Intermediate& i : intermediates) {
    std::string more;
    EncodeDoubles(i.more, &more);
    Append(kPutIntermediate, Values().Int(id).Int(i.step).Double(i.value).Int(i.reported_at).TextOrNull(more));
  }
}

void Batch::AddChange(KnownStudy* study, const InsertTrial& change, absl::Status* refusal) {
  const TrialRecord& trial = change.trial;
  const int64_t id = FirstTrialId(study->id) + trial.number;
  Distributions(study, trial.params);
  *refusal = texts_.Encode(trial, dists_);
  if (!refusal->ok()) return;
  Values values;
  values.Int(id).Int(static_cast<int64_t>(trial.state)).TextOrNull(texts_.values).TextOrNull(texts_.params.params);
  values.TextOrNull(texts_.params.internal).TextOrNull(texts_.params.dists).Int(trial.attempt).Int(trial.losses);
  values.TextOrNull(texts_.constraints).TextOrNull(texts_.metrics).TextOrNull(trial.worker).TextOrNull(trial.principal);
  values.Int(trial.lease_micros).Int(trial.created_at).Int(trial.started_at).Int(trial.finished_at);
  values.Int(static_cast<int64_t>(trial.failure)).TextOrNull(trial.reason).Int(trial.enqueued).Int(trial.imported);
  values.Int(trial.stop_requested).Int(trial.revision).Int(trial.sampled_at_revision).Int(trial.told_at_revision);
  values.Int(trial.definition_version).Int(trial.algorithm_version).TextOrNull(trial.sampler_draft);
  Append(kInsertTrial, std::move(values));
  study->next_number = trial.number + 1;
  PutIntermediates(id, trial.intermediates);
  ForEachAttribute(
      trial.user_attrs, trial.system_attrs,
      [&](std::string_view scope, std::string_view key, std::string_view value) {
        Append(kPutTrialAttr, Values().Int(id).Text(scope).Text(key).Text(value));
      },
      [](std::string_view, std::string_view) {});
}

void Batch::AddChange(KnownStudy* study, const UpdateTrial& change, absl::Status* refusal) {
  const int64_t id = FirstTrialId(study->id) + change.number;
  if (change.params) Distributions(study, *change.params);
  *refusal = texts_.Encode(change, dists_);
  if (!refusal->ok()) return;
  Values values;
  values.Int(id);
  ForEachColumn(change, texts_, [&](const char*, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, int64_t>) {
      values.Int(value);
    } else {
      values.TextOrNull(value);
    }
  });
  Append(UpdateSql(change, texts_), std::move(values));
  if (change.clear_intermediates) Append("DELETE FROM intermediates WHERE trial_id = $1", Values().Int(id));
  PutIntermediates(id, change.intermediates);
  ForEachAttribute(
      change.user_attrs, change.system_attrs,
      [&](std::string_view scope, std::string_view key, std::string_view value) {
        Append(kPutTrialAttr, Values().Int(id).Text(scope).Text(key).Text(value));
      },
      [&](std::string_view scope, std::string_view key) { Append(kDropTrialAttr, Values().Int(id).Text(scope).Text(key)); });
}

void Batch::AddChange(KnownStudy* study, const UpdateStudy& change, absl::Status*) {
  const auto uid = static_cast<int64_t>(study->uid);
  if (change.definition) {
    if (change.definition_version) {
      Append(
          "INSERT INTO past_definitions SELECT id, definition_version, definition FROM studies"
          " WHERE id = $1 AND definition_version <> $2"
          " ON CONFLICT (study_id, version) DO UPDATE SET definition = excluded.definition",
          Values().Int(study->id).Int(*change.definition_version));
    }
    Append("UPDATE studies SET definition = $2 WHERE id = $1", Values().Int(study->id).Text(*change.definition));
  }
  const auto set = [&](const char* sql, const auto& value) {
    if (value) Append(sql, Values().Int(study->id).Int(static_cast<int64_t>(*value)));
  };
  set("UPDATE studies SET definition_version = $2 WHERE id = $1", change.definition_version);
  set("UPDATE studies SET state = $2 WHERE id = $1", change.state);
  set("UPDATE studies SET revision = $2 WHERE id = $1", change.revision);
  if (change.sampler_state) Append(kPutSamplerState, Values().Int(uid).Blob(*change.sampler_state));
  ForEachAttribute(
      change.user_attrs, change.system_attrs,
      [&](std::string_view scope, std::string_view key, std::string_view value) {
        Append(kPutStudyAttr, Values().Int(uid).Text(scope).Text(key).Text(value));
      },
      [&](std::string_view scope, std::string_view key) { Append(kDropStudyAttr, Values().Int(uid).Text(scope).Text(key)); });
}

void Batch::AddChange(KnownStudy* study, const DeleteStudy&, absl::Status*) {
  // Its rows may be many; they are unreachable from here on and are removed bit by bit (purger.h).
  study->deleted = true;
  Append("UPDATE studies SET name = NULL WHERE id = $1", Values().Int(study->id));
}

void Batch::AddChange(KnownStudy* study, const PutRequest& change, absl::Status* refusal) {
  const RequestRecord& request = change.request;
  if (request.locator == 0) {
    *refusal = Add(request);
    return;
  }
  Append(kPutRequest, Values()
                          .Int(study->id)
                          .Int(request.locator)
                          .Blob(Bytes(request.id))
                          .Int(static_cast<int64_t>(request.payload_hash))
                          .Blob(request.result)
                          .Int(request.trial)
                          .Int(request.expires_at));
  study->last_locator = request.locator;
}

std::vector<int64_t> Batch::Committed(Marks* marks) {
  for (const auto& [study, revision] : revisions_) {
    if (study->deleted) {
      marks->Forget(study->uid);
    } else if (revision > 0) {
      marks->Raise(study->uid, revision);
    }
  }
  std::vector<int64_t> deleted;
  absl::flat_hash_set<uint64_t> uids;
  for (const KnownStudy* study : touched_) {
    if (study->deleted && uids.insert(study->uid).second) deleted.push_back(study->id);
  }
  for (const uint64_t uid : uids) studies_->Erase(uid);
  return deleted;
}

void Batch::RolledBack() {
  for (KnownStudy* study : touched_) KnownStudies::Forget(study);
}

}  // namespace parzen::storage::postgres
