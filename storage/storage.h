// Storage: the transactions the server needs, in the domain's words.
//
// Writing is asynchronous: Submit queues a transaction and returns; one writer commits waiting transactions together, in the
// order of submission, and calls each one's callback once its outcome is certain: OK means durable, also through a power cut.
// Reading is synchronous and sees what is committed; readers and the writer never block each other. Callbacks run on the writer's
// thread: they must be short, and may submit and read.
//
// Thread safety: every method may be called from any thread at any time.
//
// Errors: NOT_FOUND for a study or trial that is not there; ABORTED where the epoch has moved; ALREADY_EXISTS for a name in use;
// RESOURCE_EXHAUSTED for a full disk; DATA_LOSS for damaged records; UNAVAILABLE for any other trouble with what keeps them: a
// later call may succeed. A write that ends with UNAVAILABLE may have been made nevertheless, where the trouble came in the
// middle of its commit; whoever acquires the study again reads what is kept.

#ifndef PARZEN_STORAGE_STORAGE_H_
#define PARZEN_STORAGE_STORAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/records.h"
#include "storage/replicas.h"

namespace parzen::storage {

// --- One study's changes. Each is applied to the study of its Transaction. ---

// Inserts a trial, its attributes and intermediate values included. Its number must be the next one.
struct InsertTrial {
  TrialRecord trial;
};

// Sets the fields that are set; the rest stays. `revision` is always set.
struct UpdateTrial {
  int64_t number = 0;
  int64_t revision = 0;
  std::optional<TrialState> state;
  std::optional<int32_t> attempt, losses;
  std::optional<std::vector<ParamRecord>> params;
  std::optional<std::vector<double>> values;
  std::optional<NamedDoubles> constraints, metrics;
  std::optional<std::string> worker, principal;
  std::optional<int64_t> lease_micros, started_at, finished_at;
  std::optional<FailureKind> failure;
  std::optional<std::string> reason;
  std::optional<bool> stop_requested;
  std::optional<int64_t> sampled_at_revision, told_at_revision;
  std::optional<int32_t> definition_version, algorithm_version;
  std::optional<std::string> sampler_draft;
  bool clear_intermediates = false;         // a retry starts without them; before `intermediates` are added
  std::vector<Intermediate> intermediates;  // inserted, or replacing the one of that step
  std::vector<std::pair<std::string, std::optional<std::string>>> user_attrs, system_attrs;  // nullopt removes
};

// Sets the fields that are set.
struct UpdateStudy {
  std::optional<std::string> definition;
  std::optional<int32_t> definition_version;
  std::optional<StudyState> state;
  std::optional<int64_t> revision;
  std::optional<std::string> sampler_state;
  std::vector<std::pair<std::string, std::optional<std::string>>> user_attrs, system_attrs;  // nullopt removes
};

// Removes the study and everything of it, its requests included. Nothing may follow it in its transaction.
struct DeleteStudy {};

// Keeps an answered request with the study. Its locator is greater than any before. With locator 0 it is kept outside the study,
// as SubmitRequest does, in the same commit: that of a DeleteStudy survives it.
struct PutRequest {
  RequestRecord request;
};

using Change = std::variant<InsertTrial, UpdateTrial, UpdateStudy, DeleteStudy, PutRequest>;

// Applied whole or not at all. Where a change does not fit (FAILED_PRECONDITION: a trial's number is not the next one, a locator
// does not grow; NOT_FOUND: no such trial; INVALID_ARGUMENT: a param's external form is not JSON), only its transaction is
// refused.
struct Transaction {
  uint64_t study_uid = 0;
  int64_t epoch = 0;  // from AcquireStudy; a moved one refuses the transaction with ABORTED
  std::vector<Change> changes;
};

using Callback = std::function<void(absl::Status)>;

// What a study's engine reads when it is loaded, row by row in number order; only what a History and the engine's indexes hold.
// Pointers and views are valid during the call.
struct TrialRow {
  int64_t number;
  TrialState state;
  int32_t attempt;
  FailureKind failure;
  int64_t revision;
  std::span<const std::pair<std::string_view, double>> params;  // internal form
  std::span<const int32_t> distributions;                       // one a param: index for LoadVisitor::OnDistribution
  std::span<const double> values;
  std::string_view constraints_json;  // {"name": value}, empty where there are none
  std::optional<Intermediate> last;   // the last intermediate value, kPruned trials only
  std::string_view sampler_draft;
  bool imported;
  int64_t sampled_at_revision;
  int64_t told_at_revision;
  int64_t started_at;
};

class LoadVisitor {
 public:
  // What is read only where it is wanted.
  struct Wants {
    bool intermediates = false;  // of all trials
    std::string system_attr;     // the key of a system attribute of trials; empty: none
  };

  virtual ~LoadVisitor() = default;
  virtual Wants wants() const { return {}; }
  virtual void OnDistribution(int32_t index, std::string_view json) = 0;  // before the first row that uses it
  virtual void OnTrial(const TrialRow& row) = 0;
  // The unfinished trials (WAITING and RUNNING) again, whole, in number order.
  virtual void OnUnfinished(TrialRecord trial) = 0;
  // After the trials: the attribute that is wanted, of those that have it, in number order.
  virtual void OnSystemAttr(int64_t number, std::string_view json) { (void)number, (void)json; }
  // After those: the intermediate values, one by one, by trial number, then step.
  virtual void OnIntermediate(int64_t number, const Intermediate& value) { (void)number, (void)value; }
  virtual void OnRequest(const RequestId& id, int64_t locator) = 0;  // locator: for ReadRequest
};

struct Figure {
  std::string name;  // lower case with underscores, unit last: "database_bytes"
  std::string help;  // one sentence
  double value = 0;
};

enum class View { kBasic, kFull };  // kFull adds intermediate values and attributes

class Storage {
 public:
  virtual ~Storage() = default;

  // --- Studies ---

  // Inserts a study (its id is set by the storage, its uid by the caller) together with the request that made it. The callback
  // gets ALREADY_EXISTS where the name is in use; nothing is kept then.
  virtual void CreateStudy(StudyRecord study, std::optional<RequestRecord> request, Callback done) = 0;
  virtual absl::StatusOr<StudyRecord> GetStudy(std::string_view name) = 0;
  virtual absl::StatusOr<StudyRecord> GetStudyByUid(uint64_t uid) = 0;
  virtual absl::StatusOr<StudyRecord> GetStudyById(int64_t id) = 0;
  // In the order of the names' bytes, names greater than `after`, at most `limit`; `prefix` filters. Without sampler_state.
  virtual absl::StatusOr<std::vector<StudyRecord>> ListStudies(std::string_view after, std::string_view prefix, int limit) = 0;
  virtual absl::StatusOr<int64_t> CountStudies() = 0;
  // Reads every trial's state, but nothing else of it.
  virtual absl::StatusOr<TrialTally> TallyTrials(uint64_t uid) = 0;

  // The uids of the studies that have a RUNNING trial with a lease (lease_micros > 0), in no particular order.
  virtual absl::StatusOr<std::vector<uint64_t>> LeasedStudies() = 0;

  // Takes the study for this server; writes carry the epoch it returns, which is greater than any before. PERMISSION_DENIED where
  // it is a living replica's (replicas.h); OUT_OF_RANGE where the database has gone back behind a revision of the study that was
  // acknowledged, until that is accepted (postgres/loss.h). What was submitted earlier is committed or has failed when it
  // returns; what carries an older epoch is refused from then on. Waits for the writer: not to be called from a callback.
  virtual absl::StatusOr<int64_t> AcquireStudy(uint64_t uid) = 0;

  // --- Writing ---

  // `done` is never called from inside Submit; the callbacks of one study come in the order of submission.
  //
  // When a transaction of a study fails, those of the study that come behind it fail too: they were made in the belief that it
  // would succeed. Their status is ABORTED behind a refused one, and the same status behind a commit that failed. The study takes
  // transactions again, with a new epoch, after its next AcquireStudy.
  virtual void Submit(Transaction transaction, Callback done) = 0;
  // Keeps a request that belongs to no study (CreateStudy with exist_ok, DeleteStudy), 24 hours at most.
  virtual void SubmitRequest(RequestRecord request, Callback done) = 0;
  // Removes requests whose expires_at is before `now`.
  virtual void ExpireRequests(int64_t now, Callback done) = 0;
  // Returns once everything submitted before is committed or has failed, and its callbacks have returned. In a callback: at once.
  virtual void Flush() = 0;

  // --- Reading ---

  // Streams a study's trials and requests; bounded memory. The visitor must not call the storage. It sees one state of the study
  // only while nobody writes to it.
  virtual absl::Status Load(uint64_t uid, LoadVisitor* visitor) = 0;
  // The trials of these numbers, in that order; a number that does not exist is NOT_FOUND.
  virtual absl::StatusOr<std::vector<TrialRecord>> ReadTrials(uint64_t uid, std::span<const int64_t> numbers, View view) = 0;
  virtual absl::StatusOr<RequestRecord> ReadRequest(uint64_t uid, int64_t locator) = 0;
  // The latest expires_at of all requests, those of studies too; 0 where none expires.
  virtual absl::StatusOr<int64_t> LatestRequestExpiry() = 0;
  // A request that belongs to no study; nullopt where it is not kept.
  virtual absl::StatusOr<std::optional<RequestRecord>> FindRequest(const RequestId& id) = 0;

  // A random value made once for these records, the same for every server that opens them; part of page tokens and GetServerInfo.
  virtual std::string StorageId() const = 0;

  // Who else serves these studies; null for a storage that has one server only. Lives as long as the storage.
  virtual Replicas* replicas() { return nullptr; }

  // What there is to say about the storage as numbers, for the server's metrics: sizes, states of connections. Which there are
  // depends on the kind of storage.
  virtual std::vector<Figure> Figures() const = 0;
};

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_STORAGE_H_
