// The service's vocabulary: what its calls take and answer, in the domain's words. One struct an RPC, named as in
// proto/parzen/v1/parzen.proto, whose comments say what every field means. Times are microseconds since the Unix epoch, UTC; 0:
// not yet. Attributes are key and JSON text.

#ifndef PARZEN_SERVER_ENGINE_TYPES_H_
#define PARZEN_SERVER_ENGINE_TYPES_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "sampler/make_sampler.h"
#include "sampler/space/space.h"
#include "server/engine/definition/definition.h"
#include "storage/records.h"
#include "storage/storage.h"

namespace parzen::engine {

using storage::Attributes;
using storage::FailureKind;
using storage::NamedDoubles;
using storage::RequestId;
using storage::StudyState;
using storage::TrialState;
using storage::View;

// A mutating call's request_id and a hash of what it says (see PayloadHash). Without an id the call is not protected against
// being sent twice.
struct RequestKey {
  std::optional<RequestId> id;
  uint64_t payload_hash = 0;
};

// A hash that is the same in every version of the server and on every machine: of the method's name and the request's bytes
// without its request_id. The front computes it (protobuf's deterministic serialization).
uint64_t PayloadHash(std::string_view method, std::string_view bytes);

// ------------------------------------------------------------------------------------------------------------- answers

struct TrialHandle {
  uint64_t study_uid = 0;
  int64_t number = 0;
  int32_t attempt = 0;
  bool operator==(const TrialHandle&) const = default;
};

struct TrialParam {
  std::string name;
  Choice value;
  // What it was suggested from. Null for a fixed parameter of a define-by-run trial that has not been suggested yet.
  std::shared_ptr<const Distribution> distribution;
  double internal = 0;  // the value in internal form (sampler/space/space.h); 0 without a distribution
  // The distribution's JSON as it is kept, in the server's dialect or Optuna's; lives as long as `distribution`, null with it.
  const std::string* distribution_text = nullptr;
};

// A trial as a client sees it. Intermediate values and attributes are there in the FULL view only.
struct Trial {
  TrialHandle handle;
  std::string study;
  int64_t id = 0;  // unique on the server, increasing within a study
  TrialState state = TrialState::kWaiting;
  std::vector<TrialParam> params;
  std::vector<double> values;
  std::vector<storage::Intermediate> intermediates;
  NamedDoubles constraints;
  NamedDoubles metrics;
  Attributes user_attrs;
  Attributes system_attrs;
  std::string worker;
  int64_t created_at = 0, started_at = 0, finished_at = 0;
  FailureKind failure = FailureKind::kNone;
  std::string reason;
  int64_t lease_micros = 0;    // 0: no lease
  int64_t lease_deadline = 0;  // 0: no lease
  int32_t losses = 0;          // leases that ran out so far
  bool stop_requested = false;
  bool enqueued = false, imported = false;
  int64_t revision = 0, sampled_at_revision = 0, told_at_revision = 0;
  int32_t definition_version = 0, algorithm_version = 0;
  std::vector<std::string> fixed_params;
  std::vector<std::pair<std::string, Choice>> given;  // define-by-run: fixed and not suggested yet
};

struct TrialCounts {
  int64_t waiting = 0, running = 0, complete = 0, pruned = 0, failed = 0;
  int64_t imported = 0;  // of all of them
  int64_t total() const { return waiting + running + complete + pruned + failed; }
  bool operator==(const TrialCounts&) const = default;
};

struct Study {
  std::string name;
  uint64_t uid = 0;
  int64_t id = 0;  // the storage's, never used again; 0 in the answer to the CreateStudy that made it
  StudyState state = StudyState::kActive;
  std::shared_ptr<const StudyDefinition> definition;  // never null
  Attributes user_attrs;
  Attributes system_attrs;
  int64_t created_at = 0;
  int64_t revision = 0;
  int32_t definition_version = 1;
  TrialCounts counts;
  std::string finish_reason;  // "max_trials", "max_duration", "target", "patience", "call"; empty while it is not finished
};

// ------------------------------------------------------------------------------------------------------------- studies

// Which earlier studies a new one learns from: the named ones, or those that the server finds.
struct WarmStartFrom {
  std::vector<std::string> studies;
  bool automatic = false;      // instead of names: studies with the same parameter names, the latest ones
  std::string visible_prefix;  // with `automatic`: of the names that may be looked at
  bool empty() const { return studies.empty() && !automatic; }
};

struct CreateStudyCommand {
  RequestKey request;
  std::string name;
  StudyDefinition definition;    // the sampler's seed and algorithm version are set by the service
  std::optional<uint64_t> seed;  // unset: drawn from the operating system, and with exist_ok matches any
  Attributes user_attrs;
  Attributes system_attrs;
  bool exist_ok = false;
  absl::Status may_make;  // not OK: the answer where no study has the name
  bool any_name = false;  // an empty or a long one, too
  WarmStartFrom warm_start_from;
};

struct ListStudiesCommand {
  int32_t page_size = 100;  // 1 to 1,000
  std::string page_token;
  std::string name_prefix;
};

struct ListStudiesAnswer {
  std::vector<Study> studies;
  std::string next_page_token;
};

// What is set is changed.
struct UpdateStudyCommand {
  RequestKey request;
  std::string study;
  uint64_t study_uid = 0;  // 0: any
  std::optional<StudyState> state;
  std::optional<std::vector<DeclaredParameter>> space;
  std::optional<SamplerConfig> sampler;              // its seed counts only with sampler_seed
  std::optional<uint64_t> sampler_seed;              // unset: the study's stays
  std::optional<std::optional<int64_t>> max_trials;  // {nullopt}: no bound any more
  std::optional<std::optional<double>> max_duration;
  std::optional<std::vector<double>> target;  // empty: none any more
  std::optional<std::optional<int64_t>> patience;
  std::optional<int32_t> max_retries;
  std::optional<bool> allow_repeats;
  std::optional<std::vector<std::string>> metric_names;
  Attributes user_attrs;    // an empty JSON text removes
  Attributes system_attrs;  // an empty JSON text removes
  std::optional<int64_t> if_revision;
  bool python_attrs = false;  // the attributes come from Python's json module (attributes.h)
};

struct DeleteStudyCommand {
  RequestKey request;
  std::string study;
  uint64_t study_uid = 0;  // 0: any
};

// -------------------------------------------------------------------------------------------------------------- trials

struct AskCommand {
  std::chrono::steady_clock::time_point arrived = {};  // set by the engine
  RequestKey request;
  std::string study;
  uint64_t study_uid = 0;  // 0: any
  std::string worker;
  std::string principal;  // as authenticated; empty without authentication
  int32_t count = 1;      // 1 to 1,000
  std::optional<int64_t> lease_micros;
  bool resume = false;
};

struct AskAnswer {
  std::vector<Trial> trials;  // at least one, FULL view
};

struct TellOutcome {
  TrialHandle trial;
  TrialState state = TrialState::kComplete;
  std::vector<double> values;
  NamedDoubles constraints;
  NamedDoubles metrics;
  FailureKind failure = FailureKind::kNone;  // kFailed only; kNone there means kCrashed
  std::string reason;
};

struct TellCommand {
  RequestKey request;
  std::vector<TellOutcome> outcomes;  // 1 to 1,000, of one study
};

struct TellAnswer {
  std::vector<Trial> trials;  // one an outcome, BASIC view
};

struct IntermediateReport {
  TrialHandle trial;
  int64_t step = 0;
  double value = 0;          // of the first objective
  std::vector<double> more;  // of the others
};

struct ReportCommand {
  RequestKey request;
  std::vector<IntermediateReport> reports;  // 1 to 1,000, of one study
};

struct Advice {
  bool should_prune = false;
  bool stop_requested = false;
  std::string reason;  // where should_prune
};

struct ReportAnswer {
  std::vector<Advice> advice;  // one a report
};

struct HeartbeatCommand {
  std::string worker;
  std::vector<TrialHandle> trials;
};

enum class HeartbeatReply { kContinue, kStop, kLeaseLost };

struct HeartbeatAnswer {
  std::vector<HeartbeatReply> answers;
};

struct StopTrialCommand {
  RequestKey request;
  TrialHandle trial;
};

// A parameter as a client gives it. The distribution is needed by AddTrials in a define-by-run study.
struct GivenParam {
  std::string name;
  Choice value;
  std::optional<Distribution> distribution;
};

struct EnqueueCommand {
  RequestKey request;
  std::string study;
  std::vector<GivenParam> params;
  Attributes user_attrs;
  uint64_t study_uid = 0;  // 0: any
};

struct ImportedTrial {
  TrialState state = TrialState::kComplete;  // kComplete, kPruned or kFailed; any where it is restored
  std::vector<GivenParam> params;
  std::vector<double> values;
  std::vector<storage::Intermediate> intermediates;
  NamedDoubles constraints;
  NamedDoubles metrics;
  Attributes user_attrs;
  Attributes system_attrs;
  std::string worker;
  int64_t created_at = 0, started_at = 0, finished_at = 0;  // 0: now
  FailureKind failure = FailureKind::kNone;
  std::string reason;
  // Of restored trials only.
  int32_t attempt = 0;
  bool enqueued = false;
  bool imported = true;
  std::vector<std::string> fixed_params;
};

struct AddTrialsCommand {
  RequestKey request;
  std::string study;
  bool restore = false;               // copies of another study's trials, unfinished ones included
  std::vector<ImportedTrial> trials;  // 1 to 10,000
  uint64_t study_uid = 0;             // 0: any
};

struct AddTrialsAnswer {
  int64_t first_number = 0;
  int32_t count = 0;
};

struct SuggestCommand {
  RequestKey request;
  TrialHandle trial;
  std::string name;
  Distribution distribution;
};

struct SuggestAnswer {
  Choice value;
};

struct UpdateTrialCommand {
  RequestKey request;
  TrialHandle trial;
  Attributes user_attrs;    // an empty JSON text removes
  Attributes system_attrs;  // an empty JSON text removes
  NamedDoubles constraints;
};

// ------------------------------------------------------------------------------------------------------------- reading

struct GetTrialCommand {
  std::string study;
  int64_t number = 0;
  View view = View::kFull;
};

struct ListTrialsCommand {
  std::string study;
  int32_t page_size = 1000;  // 1 to 10,000
  std::string page_token;
  std::vector<TrialState> states;  // none: all
  std::optional<int64_t> changed_after;
  View view = View::kBasic;
};

struct ListTrialsAnswer {
  std::vector<Trial> trials;
  std::string next_page_token;
  int64_t revision = 0;  // everything up to this revision is in the pages so far; 0 where that cannot be said yet
};

struct BestTrialsCommand {
  std::string study;
  View view = View::kBasic;
  int32_t page_size = 1000;  // 1 to 1,000
  std::string page_token;
};

struct BestTrialsAnswer {
  std::vector<Trial> trials;
  std::string next_page_token;
};

struct WatchCommand {
  std::string study;
  int64_t after_revision = 0;
  View view = View::kBasic;
  std::vector<TrialState> states;  // none: all
  bool resumed = false;            // goes on with a watch: the study itself comes only where it has changed
};

struct WatchBatch {
  std::vector<Trial> trials;   // each with its latest state, in revision order
  int64_t revision = 0;        // everything up to this revision has been read
  std::optional<Study> study;  // where the study itself changed, and in the first batch
  bool more = false;           // there is more to read at once
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_TYPES_H_
