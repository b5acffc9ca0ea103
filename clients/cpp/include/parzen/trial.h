// One evaluation: what the server knows of it (FrozenTrial), and the handle of the worker that runs it (Trial).

#ifndef PARZEN_TRIAL_H_
#define PARZEN_TRIAL_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "parzen/space.h"

namespace parzen {
inline namespace client {

class Connection;
class HeldLease;

using Time = std::chrono::system_clock::time_point;
// Name and value, in the order told.
using NamedValues = std::vector<std::pair<std::string, double>>;
// Key and JSON text, kept byte for byte.
using Attributes = std::vector<std::pair<std::string, std::string>>;

enum class TrialState { kWaiting = 1, kRunning = 2, kComplete = 3, kPruned = 4, kFailed = 5 };
// "waiting", "running", "complete", "pruned", "failed"; and back, nullopt for anything else.
std::string_view ToText(TrialState state);
std::optional<TrialState> TrialStateFromText(std::string_view text);

// Crashed: evidence that runs fail there; preempted goes back to the queue; infeasible: the point itself is bad. Samplers learn
// from crashed and infeasible trials alike how probable it is that a run succeeds.
enum class FailureKind { kNone = 0, kCrashed = 1, kPreempted = 2, kInfeasible = 3 };
std::string_view ToText(FailureKind kind);  // "", "crashed", "preempted", "infeasible"
std::optional<FailureKind> FailureKindFromText(std::string_view text);

// What a worker holds: another study's uid is NOT_FOUND, an older attempt may only tell a result.
struct TrialHandle {
  uint64_t study_uid = 0;
  int64_t number = 0;
  int32_t attempt = 0;
};

struct IntermediateValue {
  int64_t step = 0;
  double value = 0;                             // of the first objective
  std::optional<Time> reported = std::nullopt;  // by the server's clock
  std::vector<double> more = {};                // of the other objectives, where there are several
};

// A trial as the server knew it when it answered.
struct FrozenTrial {
  TrialHandle handle;
  std::string study;
  TrialState state = TrialState::kComplete;
  Params params;
  std::vector<double> values;                          // one an objective once complete; may be infinite, never NaN
  std::vector<IntermediateValue> intermediate_values;  // by step; full view only
  NamedValues constraints;                             // feasible at <= 0
  NamedValues metrics;                                 // kept and shown, not optimized
  Attributes user_attrs, system_attrs;                 // full view only
  std::string worker;
  std::optional<Time> created, started, finished;
  FailureKind failure = FailureKind::kNone;
  std::string reason;           // of a failure
  std::string prune_reason;     // what the latest advice to prune it was founded on; empty where there was none
  std::optional<double> lease;  // granted with the latest Ask, seconds; unset: none
  int32_t lost_leases = 0;      // how often it ran out; counted against max_retries
  bool stop_requested = false;  // somebody asked for its end
  bool enqueued = false;
  bool imported = false;
  int64_t revision = 0;                   // of its latest change
  std::vector<std::string> fixed_params;  // given by enqueue, not sampled

  int64_t number() const { return handle.number; }
  // The first objective's value; nullopt until told.
  std::optional<double> value() const { return values.empty() ? std::nullopt : std::optional<double>(values[0]); }
};

// A trial to trust under noise, and what is expected of it without the noise of its run.
struct RecommendedTrial {
  // What it rests on: a model over the declared space; over the parameters that every complete trial of a define-by-run study
  // has; or, where no model can be made, the values as they were told.
  enum class Basis { kModel = 1, kCommonParameters = 2, kToldValues = 3 };
  FrozenTrial trial;
  std::vector<double> means;       // one an objective, in its units
  std::vector<double> deviations;  // standard deviations; zeros with kToldValues
  Basis basis = Basis::kToldValues;
};

// What comes with a result.
struct TellOptions {
  NamedValues constraints = {};
  NamedValues metrics = {};
};

// How a trial ended.
struct Outcome {
  TrialState state = TrialState::kComplete;  // kComplete, kPruned or kFailed
  std::vector<double> values;
  NamedValues constraints;
  NamedValues metrics;
  FailureKind failure = FailureKind::kNone;  // kFailed only
  std::string reason;
};

// What renewing a lease has brought to light.
enum class LeaseEvent {
  kStopRequested,  // somebody asked for the trial's end: tell what there is
  kLost,           // the trial has passed to another worker, or has ended
};

// A running trial. Copies share the connection and the lease; one thread uses a Trial at a time.
//
// Where the trial has a lease, the client renews it in the background until the trial is told or the last copy goes; then it runs
// out, and the trial goes back to the queue.
class Trial {
 public:
  Trial(std::shared_ptr<Connection> connection, FrozenTrial trial);

  int64_t number() const { return trial_.number(); }
  const TrialHandle& handle() const { return trial_.handle; }
  const Params& params() const { return trial_.params; }
  // As it was asked for.
  const FrozenTrial& frozen() const { return trial_; }

  // A parameter of the trial by name. NOT_FOUND where the trial does not have it, INVALID_ARGUMENT where it is of another type;
  // an int is a float too.
  absl::StatusOr<double> Float(std::string_view name) const;
  absl::StatusOr<int64_t> Int(std::string_view name) const;
  absl::StatusOr<bool> Bool(std::string_view name) const;
  absl::StatusOr<std::string> String(std::string_view name) const;

  // Define-by-run: the trial's value for a parameter, drawn at the first call; the same name answers the same.
  absl::StatusOr<double> SuggestFloat(std::string_view name, double low, double high, bool log = false,
                                      std::optional<double> step = std::nullopt);
  absl::StatusOr<int64_t> SuggestInt(std::string_view name, int64_t low, int64_t high, bool log = false, int64_t step = 1);
  absl::StatusOr<Value> SuggestCategorical(std::string_view name, std::vector<Value> choices);

  // Records an intermediate value. ABORTED LEASE_LOST where another attempt has the trial.
  absl::Status Report(double value, int64_t step);
  // Of several objectives, one value each.
  absl::Status Report(const std::vector<double>& values, int64_t step);
  // Several at once, 1 to 1,000: all of them are recorded, or none.
  absl::Status Report(const std::vector<IntermediateValue>& values);
  // What the latest Report was answered, of any of its values: the study's pruner finds the trial not worth going on with.
  bool should_prune() const { return should_prune_; }
  // Somebody asked for its end: as of the latest Report, or of the latest renewal of its lease.
  bool stop_requested() const;
  // As of the latest renewal, the trial is another worker's, or has ended. A result is still welcome while it is unfinished.
  bool lease_lost() const;
  // Calls back once for each event, from the thread that renews, or at once where it has happened already; it must not block, nor
  // use the trial. Null ends it: no call is under way afterwards. Nothing for a trial without lease.
  void OnLease(std::function<void(LeaseEvent)> callback) const;

  // Ends the trial with its result. A NaN fails it with a reason. Telling the same twice is OK; another outcome is
  // FAILED_PRECONDITION OUTCOME_DIFFERS.
  //
  // UNAVAILABLE or DEADLINE_EXCEEDED, where no server answered before the client's timeout, loses nothing and fails nothing: the
  // outcome is told again in the background, and the lease renewed, as long as the client lives. Until then a failure that is
  // told of a trial with a result is refused with UNAVAILABLE.
  absl::Status Tell(double value, const TellOptions& options = {});
  absl::Status Tell(std::vector<double> values, const TellOptions& options = {});
  // Ends it without one; kPreempted gives it back to the queue.
  absl::Status Prune(const TellOptions& options = {});
  absl::Status Fail(std::string_view reason, FailureKind kind = FailureKind::kCrashed);
  // Any outcome; answers the trial as recorded.
  absl::StatusOr<FrozenTrial> Tell(const Outcome& outcome);

  // `json` is any JSON value; an empty text removes the attribute.
  absl::Status SetUserAttr(std::string_view key, std::string_view json);

 private:
  absl::StatusOr<Value> Suggest(std::string_view name, const Distribution& distribution);

  std::shared_ptr<Connection> connection_;
  FrozenTrial trial_;
  std::shared_ptr<HeldLease> lease_;  // null: none
  bool should_prune_ = false;
  bool stop_requested_ = false;
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_TRIAL_H_
