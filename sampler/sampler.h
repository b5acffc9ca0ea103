// Sampler: learns from a History, suggests the next trial's parameters.
//
// A sampler is deterministic: the same configuration, history and requests give the same suggestions, on every machine and after
// every restart. It reads no clock, file or global state. One thread calls it at a time; it may keep incremental state about the
// history it was last given, which is always the same object growing.
//
// Randomness: except in Tpe(reproduce=...), which has Optuna's two serial streams, every trial has streams of its own, derived
// from (study seed, trial number) as trial_stream.h says; what one trial draws never depends on another's draws.

#ifndef PARZEN_SAMPLER_SAMPLER_H_
#define PARZEN_SAMPLER_SAMPLER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "sampler/failures.h"
#include "sampler/history.h"
#include "sampler/space/space.h"
#include "sampler/warm_start.h"

namespace parzen {

// Words (32-bit outputs of MT19937) drawn so far from the study's two serial streams; used by Tpe(reproduce=...) only, zero
// elsewhere. `startup` is the RandomSampler's generator inside Optuna's TPESampler, `tpe` its own.
struct StreamPositions {
  uint64_t startup = 0;
  uint64_t tpe = 0;
  bool operator==(const StreamPositions&) const = default;
};

// A trial that is being suggested: made by Start, passed to each SuggestParameter of the trial, kept with the trial while it
// runs.
struct Draft {
  int64_t number = 0;
  StreamPositions before;  // as Start found the streams
  StreamPositions after;   // as the last call left them
  // The joint part, internal form, inactive parameters included; empty until it is drawn. A part that was drawn and came out
  // without any parameter is one entry without a name, whose value is the sampler's own note.
  std::vector<NamedValue> relative;
  uint32_t attempt = 0;  // how often this trial was begun again because its point was taken
};

// The points of a finite space that were handed out, by SearchSpace::IndexOf.
using TakenPoints = absl::flat_hash_set<uint64_t>;

struct AskRequest {
  int64_t number = 0;                  // of the trial; also selects its own random stream
  const SearchSpace* space = nullptr;  // declared, not empty; null for a define-by-run trial
  std::vector<NamedValue> fixed;       // enqueued values, internal form, used as they are; the rest is sampled
  const TakenPoints* taken = nullptr;  // finite spaces without allow_repeats: not to be suggested again; else null
  StreamPositions streams;             // of the study, before this ask
};

struct Suggestion {
  Point point;  // in the order of the space
  Draft draft;
};

// For callers that suggest one parameter after the other and keep the streams themselves, as Optuna's programs do.
struct JointRequest {
  int64_t number = 0;       // of the trial
  StreamPositions streams;  // before the draw
  // What is to be sampled jointly; null: what the sampler infers from the history.
  const std::vector<NamedDistribution>* space = nullptr;
  bool always = false;  // with `space`: values for all of it, drawn at random where there is nothing to learn from yet
};

// The part of a trial that is sampled jointly. A parameter with one value only is no part of it.
struct JointPart {
  std::vector<NamedDistribution> space;
  std::vector<double> values;  // internal form, one a parameter of the space, or none: each is to be drawn for itself
  StreamPositions after;       // the streams after the draw
};

// One of the winner's rivals, for Explain.
struct Candidate {
  std::vector<NamedValue> params;  // internal form
  double log_l = 0;                // TPE: log density under the better trials. GP: log expected improvement
  double log_g = 0;                // TPE: log density under the rest
  double heed = 0;                 // TPE: what its chance to succeed adds to log_l - log_g, at most 0; GP: within log_l
  double mean = 0, deviation = 0;  // GP: posterior
};

// How one group of parameters was chosen (one group for a joint suggestion, one a parameter otherwise).
struct ExplainedGroup {
  std::vector<std::string> parameters;
  std::string method;                 // "fixed", "startup", "single", "tpe", "gp-ei", "random", "qmc"
  std::vector<int64_t> below, above;  // TPE's split, trial numbers
  std::vector<Candidate> candidates;
  int64_t winner = -1;            // index into candidates; -1 where there are none
  std::vector<NamedValue> model;  // named figures: length-scales, noise, incumbent, ...
};

struct Explanation {
  std::vector<ExplainedGroup> groups;
};

// How a define-by-run trial began.
struct ExplainedStart {
  Draft draft;           // as StartDefineByRun gave it
  ExplainedGroup joint;  // of draft.relative; without a method where there is no joint part
  std::string alone;     // the method of the trial's other parameters
};

class Sampler {
 public:
  // `algorithm_version`: the one that the study was made with. Whatever changes suggestions asks for a new version, and what the
  // older ones did stays reachable: an upgrade never changes a running study's suggestions.
  Sampler(uint64_t seed, int32_t algorithm_version) : seed_(seed), algorithm_version_(algorithm_version) {}
  virtual ~Sampler() = default;

  // Begins a trial: draws what is drawn jointly, or leaves that to the first parameter that needs it. `space` is the declared
  // space or null in a define-by-run study.
  absl::StatusOr<Draft> Start(const History& history, const SearchSpace* space, int64_t number, StreamPositions streams) {
    return StartAttempt(history, space, number, streams, 0);
  }

  // The same for a trial whose parameters appear as it asks for them. `request.space` is null, `request.fixed` what the trial is
  // going to be given (as far as anything is known of such parameters): what is drawn jointly goes with it. Looks only at what a
  // replay knows: of running trials at their joint parts.
  virtual absl::StatusOr<Draft> StartDefineByRun(const History& history, const AskRequest& request) {
    return Start(history, nullptr, request.number, request.streams);
  }

  // One parameter of a begun trial, internal form: from draft->relative where that has it and it fits, else drawn for itself.
  // draft->after moves. The value lies in the distribution and on its grid.
  absl::StatusOr<double> SuggestParameter(const History& history, std::string_view name, const Distribution& distribution,
                                          Draft* draft);

  // A whole point of a declared space, with the fixed values. A fixed value of a parameter that exists under a condition brings
  // the condition with it: parents that are not fixed get values that make it active, to any depth. A point of a finite space
  // that is taken is not suggested, nor is one that failed while there is another; SPACE_EXHAUSTED (FAILED_PRECONDITION) where
  // every point is taken and nothing is fixed. A trial with fixed values repeats a point where it must.
  absl::StatusOr<Suggestion> Suggest(const History& history, const AskRequest& request);

  // A trial's joint part, and one parameter of a trial on its own, whatever else the trial has: a pure question, of any trial,
  // begun or not. `streams` moves.
  absl::StatusOr<JointPart> SuggestJointly(const History& history, const JointRequest& request);
  absl::StatusOr<double> SuggestAlone(const History& history, std::string_view name, const Distribution& distribution,
                                      int64_t number, StreamPositions* streams);

  // Work that makes the next Suggest answer at once (fits, sorted state). Never changes what it answers. Interruptible: returns
  // early where `cancelled` says so.
  virtual void Prepare(const History& history, const SearchSpace* space, int64_t next_number) {
    (void)history, (void)space, (void)next_number;
  }

  // Before anything is suggested: what the study has learned from earlier ones, for samplers that model the losses.
  virtual void LearnFrom(std::shared_ptr<const WarmStart> warm_start) { (void)warm_start; }

  // Fitted state to be stored so that a restart goes on exactly as without it; empty where there is none (TPE). `Restore` takes
  // what SaveState gave for a history that was a prefix of the present one.
  virtual std::string SaveState() const { return {}; }
  virtual void RestoreState(std::string_view state) { (void)state; }

  // From now on what does not depend on the seed is kept together with `other`, a sampler of the same configuration but for the
  // seed, of the same history, called by the same thread. Changes no suggestion; saves memory and time.
  virtual void LearnWith(const Sampler& other) { (void)other; }

  // Replays the suggestion of a trial from the history as it was before the trial (rows from `request.number` on are absent or
  // running) and says how it came about.
  absl::StatusOr<Explanation> Explain(const History& history, const AskRequest& request);
  // The same for StartDefineByRun. UNIMPLEMENTED where the sampler draws nothing at a trial's beginning that could be replayed.
  virtual absl::StatusOr<ExplainedStart> ExplainDefineByRun(const History& history, const AskRequest& request);

 protected:
  // What SuggestParameter, Suggest and Explain ask of a sampler; they see to the rest of what they promise.
  virtual absl::StatusOr<double> SampleParameter(const History& history, std::string_view name, const Distribution& distribution,
                                                 Draft* draft) = 0;
  // The default takes what a define-by-run trial begins with. With request.space given, what that lacks is sampled as
  // SampleParameter does it.
  virtual absl::StatusOr<JointPart> SampleJointly(const History& history, const JointRequest& request);
  // The default walks the space as the program it is: StartAttempt, then each active parameter in declared order, fixed ones
  // taken as they are; a point that is taken or failed is drawn again, and where that finds no other, one is looked for in a
  // finite space from a random one on.
  virtual absl::StatusOr<Suggestion> SamplePoint(const History& history, const AskRequest& request);
  // The default tells each parameter's method.
  virtual absl::StatusOr<Explanation> ExplainPoint(const History& history, const AskRequest& request);
  // Whether what SamplePoint and SampleParameter give is left as it is: another program's suggestion to the bit, or one that
  // another sampler has seen to.
  virtual bool samples_as_is() const { return false; }

  // Parameter i of a declared space, neither fixed nor single, for the default Suggest.
  virtual absl::StatusOr<double> SuggestDeclared(const History& history, const SearchSpace& space, size_t i, Draft* draft) {
    return SampleParameter(history, space[i].name, space[i].distribution, draft);
  }
  // What ExplainedGroup::method says of a sampled parameter.
  virtual std::string_view method() const = 0;
  // Start for the attempt-th time: 0 is Start itself; later ones come where the earlier ones' points were taken, and draw anew.
  virtual absl::StatusOr<Draft> StartAttempt(const History& history, const SearchSpace* space, int64_t number,
                                             StreamPositions streams, uint32_t attempt) = 0;

  // Whether a point may be suggested: it is not taken, and has not failed.
  bool IsFree(const AskRequest& request, const Point& point) const;
  // The request with values for the parents that its fixed values need.
  AskRequest WithParents(const AskRequest& request) const;

  uint64_t seed() const { return seed_; }
  int32_t algorithm_version() const { return algorithm_version_; }

 private:
  // Version 1 knows neither what failed, nor what a fixed value needs, nor decimals.
  bool completes() const { return algorithm_version_ > 1 && !samples_as_is(); }
  // The first free point of a finite space that has the fixed values, from `start` on and around.
  std::optional<Point> FindFree(const AskRequest& request, uint64_t start) const;

  const uint64_t seed_;
  const int32_t algorithm_version_;
  Failures failures_;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_SAMPLER_H_
