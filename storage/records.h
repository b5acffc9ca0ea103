// What storage keeps: studies, trials and answered requests, in plain types.
//
// Storage knows nothing of samplers: parameters are names, values and distributions as text. Times are microseconds since the
// Unix epoch, UTC; 0 means "not yet". JSON texts are kept byte for byte as they were given. Doubles survive bit for bit:
// infinities, NaN and -0.0 included.

#ifndef PARZEN_STORAGE_RECORDS_H_
#define PARZEN_STORAGE_RECORDS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parzen::storage {

enum class StudyState : uint8_t { kActive = 1, kPaused = 2, kFinished = 3 };
enum class TrialState : uint8_t { kWaiting = 1, kRunning = 2, kComplete = 3, kPruned = 4, kFailed = 5 };
enum class FailureKind : uint8_t { kNone = 0, kCrashed = 1, kPreempted = 2, kInfeasible = 3 };

// Key and JSON value, in the order of the keys' bytes when they are read.
using Attributes = std::vector<std::pair<std::string, std::string>>;
// Name and value, in the order told.
using NamedDoubles = std::vector<std::pair<std::string, double>>;

struct StudyRecord {
  int64_t id = 0;    // row id; set by CreateStudy, never used again after a delete
  uint64_t uid = 0;  // random, never 0, never used again
  std::string name;  // unique
  // Direction, metrics, space, sampler, pruner and limits as one JSON object, the server's own format (documented in
  // docs/storage.md): {"directions": ["minimize"], "space": [...], "sampler": {...}, "max_trials": 100, ...}.
  std::string definition;
  int32_t definition_version = 1;  // moves with every change of space or sampler ("the sampler config's version")
  StudyState state = StudyState::kActive;
  int64_t created_at = 0;
  // Of the study's latest change. As stored it is what CreateStudy or UpdateStudy set last: trials may have later ones (Load).
  int64_t revision = 0;
  Attributes user_attrs;
  Attributes system_attrs;
  // Fitted sampler state (see Sampler::SaveState): bytes, and the history revision it belongs to.
  std::string sampler_state;
};

// A study's trials by state, and the latest change of any.
struct TrialTally {
  std::array<int64_t, 6> by_state{};  // indexed by TrialState; [0] is unused
  int64_t imported = 0;
  int64_t revision = 0;  // 0 where there is no trial
};

struct ParamRecord {
  std::string name;
  // Internal form (sampler/space/space.h): the number itself, or the index of the choice.
  double value = 0;
  // External form as JSON: 0.001, 3, "rbf", true, null; what a person reads in the file.
  std::string json;
  // The distribution it was suggested with, as JSON. Most trials of a study share theirs, so a storage keeps each text once.
  std::string distribution;
};

struct Intermediate {
  int64_t step = 0;
  double value = 0;  // of the first objective; NaN allowed
  int64_t reported_at = 0;
  std::vector<double> more = {};  // of the other objectives, where they were reported
};

struct TrialRecord {
  int64_t number = 0;
  TrialState state = TrialState::kWaiting;
  int32_t attempt = 0;  // 0 for the first; +1 with every retry
  int32_t losses = 0;   // lost leases so far, counted against max_retries (preemptions are not)
  std::vector<ParamRecord> params;
  std::vector<double> values;  // one an objective once told
  NamedDoubles constraints;
  NamedDoubles metrics;
  std::string worker;
  std::string principal;     // who asked, as authenticated; empty without authentication
  int64_t lease_micros = 0;  // granted period; 0: no lease
  int64_t created_at = 0, started_at = 0, finished_at = 0;
  FailureKind failure = FailureKind::kNone;
  std::string reason;  // of a failure
  bool enqueued = false, imported = false, stop_requested = false;
  int64_t revision = 0;             // of the latest change
  int64_t sampled_at_revision = 0;  // the history the suggestion came from
  int64_t told_at_revision = 0;
  int32_t definition_version = 0;  // of the study when it was sampled
  int32_t algorithm_version = 0;
  std::string sampler_draft;  // Draft as JSON: stream positions, and the relative parameters while it runs
  // Separately kept, read in the FULL view only:
  std::vector<Intermediate> intermediates;  // by step
  Attributes user_attrs;
  Attributes system_attrs;
};

using RequestId = std::array<uint8_t, 16>;

// An answered mutating request, kept so that the same id answers the same.
struct RequestRecord {
  RequestId id{};
  int64_t locator = 0;  // increasing within a study, chosen by the caller; finds the record again. 0 outside a study
  uint64_t payload_hash = 0;
  std::string result;      // bytes, the server's own format
  int64_t trial = -1;      // lives as long as this trial; -1: until expires_at
  int64_t expires_at = 0;  // 0: never
};

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_RECORDS_H_
