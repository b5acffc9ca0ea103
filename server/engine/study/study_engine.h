// StudyEngine: one live study. Gives trials their numbers and changes their revisions, stages them in memory and queues them to
// storage, and answers once they are durable.
//
// Three kinds of threads meet here:
//  - any thread, under the state mutex, for microseconds: Tell, Report, UpdateTrial, what a read looks up;
//  - the study's sampling strand, one job at a time: Ask, Suggest, Enqueue, AddTrials, UpdateStudy, DeleteStudy. It owns the
//  Learner
//    and alone gives out numbers, so that a number that is sampled for stays free while the mutex is not held;
//  - the storage's writer, which says what became of what was queued (Committed).
//
// One critical section validates a change, gives it its number and revision, stages it and queues it: queue order = revision
// order = commit order. What other threads tell reaches the Learner through `deltas_`, in the order staged.
//
// Readers see what is durable: `committed_`, the revision log, the counts and the per-trial index move when a transaction is
// committed, and records are read from storage.
//
// A trial goes from WAITING to RUNNING when it is asked for and to an end when it is told; a lost lease or a PREEMPTED takes it
// back to WAITING with its parameters and its next attempt (leases.cc). To the learner such a trial goes on running: it is
// pending. Leases are counted by the monotonic clock, in memory: renewing one writes nothing.
//
// A failed commit ends the engine: everything staged is forgotten, every later call is refused with UNAVAILABLE, and the owner
// (Context::dropped) loads the study anew from storage before its next call.

#ifndef PARZEN_SERVER_ENGINE_STUDY_ENGINE_H_
#define PARZEN_SERVER_ENGINE_STUDY_ENGINE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/engine/meter.h"
#include "server/engine/service.h"
#include "server/engine/study/best_trials.h"
#include "server/engine/study/learner.h"
#include "server/engine/study/lease_table.h"
#include "server/engine/study/request_table.h"
#include "server/engine/study/revision_log.h"
#include "server/engine/study/study_state.h"
#include "server/engine/study/trial_view.h"
#include "server/engine/threads/compute_pool.h"
#include "server/engine/threads/lease_timer.h"
#include "server/engine/threads/thread_pool.h"
#include "server/engine/types.h"
#include "server/engine/watch_hub.h"
#include "server/error/error.h"
#include "storage/storage.h"

namespace parzen::engine {

class StudyEngine : public std::enable_shared_from_this<StudyEngine> {
 public:
  struct Context {
    storage::Storage* storage = nullptr;
    ThreadPool* readers = nullptr;
    ComputePool* compute = nullptr;
    LeaseTimer* lease_timer = nullptr;
    std::function<int64_t()> wall_micros;
    std::function<int64_t()> monotonic_micros;
    std::function<int64_t()> request_micros;  // see request_clock.h
    int64_t request_lifetime_micros = 0;
    // The engine has failed (or its study is deleted) and takes no more calls.
    std::function<void(const std::shared_ptr<StudyEngine>&)> dropped;
    Meter* meter = nullptr;                                    // null: nobody measures
    std::function<void(const ExpiredLeases&)> leases_expired;  // may be unset
  };

  // Takes the study and reads it from storage. Blocks: on a reader thread.
  static absl::StatusOr<std::shared_ptr<StudyEngine>> Load(const Context& context, uint64_t uid, std::shared_ptr<WatchHub> hub);

  uint64_t uid() const { return identity_.uid; }
  const std::string& name() const { return identity_.name; }
  // About how many bytes the study takes.
  int64_t MemoryBytes() const { return memory_bytes_.load(std::memory_order_relaxed); }
  // Forgets answered requests that have expired.
  void ExpireRequests(int64_t now);
  // Whether a trial has a lease: only an engine in memory sees it run out.
  bool HasLeases() const { return has_leases_.load(std::memory_order_relaxed); }
  // Takes back the trials whose leases have run out, and tells the timer when to look again.
  void ExpireLeases();

  // One method an RPC, as Service has them; the study and the limits are checked.
  void UpdateStudy(UpdateStudyCommand command, Done<Study> done);
  // `request` is kept outside the study, in the same transaction.
  void DeleteStudy(std::optional<storage::RequestRecord> request, Done<std::monostate> done);
  void Ask(AskCommand command, Done<AskAnswer> done);
  void Tell(TellCommand command, Done<TellAnswer> done);
  void Report(ReportCommand command, Done<ReportAnswer> done);
  void Enqueue(EnqueueCommand command, Done<Trial> done);
  void AddTrials(AddTrialsCommand command, Done<AddTrialsAnswer> done);
  void Suggest(SuggestCommand command, Done<SuggestAnswer> done);
  void UpdateTrial(UpdateTrialCommand command, Done<Trial> done);
  void StopTrial(StopTrialCommand command, Done<std::monostate> done);
  // One answer a handle; an error for what never was a trial's handle. Writes nothing.
  std::vector<absl::StatusOr<HeartbeatReply>> Heartbeat(const std::vector<TrialHandle>& trials);

  // As readers see it.
  Study Describe();
  TrialCounts VisibleCounts();
  void GetTrial(GetTrialCommand command, Done<Trial> done);
  void ListTrials(ListTrialsCommand command, Done<ListTrialsAnswer> done);
  void BestTrials(BestTrialsCommand command, Done<BestTrialsAnswer> done);
  void ExplainTrial(ExplainTrialCommand command, Done<ExplainTrialAnswer> done);
  // A watch's next batch: what changed after `revision`. `first`: the study itself is wanted in any case.
  void ReadChanges(int64_t revision, bool first, View view, const std::vector<TrialState>& states, Done<WatchBatch> done);

 private:
  struct Page {
    int64_t after = -1;    // number or revision of the last trial before it
    int64_t revision = 0;  // committed when the first page was read
  };

  StudyEngine(Context context, StudyIdentity identity, int64_t epoch, std::shared_ptr<WatchHub> hub);
  friend class EngineLoader;

  // ---------------------------------------------------------------------------------------------------------- calls

  // Runs a mutating call once for its request_id: a repeat of an answered one is answered by `recall` from the kept result (on a
  // reader thread), a repeat of one under way waits for it and is looked up again.
  template <typename Command, typename Answer>
  using Run = void (StudyEngine::*)(const Command&, Done<Answer>);
  template <typename Command, typename Answer>
  using Recall = absl::StatusOr<Answer> (StudyEngine::*)(const Command&, std::string_view);
  template <typename Command, typename Answer>
  void Once(Command command, Done<Answer> done, Run<Command, Answer> run, Recall<Command, Answer> recall);
  void EndRequest(const RequestId& id);

  // Posts a call to the strand.
  template <typename Command, typename Answer>
  void OnStrand(Run<Command, Answer> run, const Command& command, Done<Answer> done);

  // The calls themselves. The first group runs on any thread, the second on the strand.
  void RunTell(const TellCommand& command, Done<TellAnswer> done);
  void RunReport(const ReportCommand& command, Done<ReportAnswer> done);
  void RunUpdateTrial(const UpdateTrialCommand& command, Done<Trial> done);
  void RunStopTrial(const StopTrialCommand& command, Done<std::monostate> done);
  void PostAsk(const AskCommand& command, Done<AskAnswer> done);
  void PostEnqueue(const EnqueueCommand& command, Done<Trial> done);
  void PostAddTrials(const AddTrialsCommand& command, Done<AddTrialsAnswer> done);
  void PostSuggest(const SuggestCommand& command, Done<SuggestAnswer> done);
  void PostUpdateStudy(const UpdateStudyCommand& command, Done<Study> done);
  void RunAsk(const AskCommand& command, Done<AskAnswer> done);
  void RunEnqueue(const EnqueueCommand& command, Done<Trial> done);
  void RunAddTrials(const AddTrialsCommand& command, Done<AddTrialsAnswer> done);
  void RunSuggest(const SuggestCommand& command, Done<SuggestAnswer> done);
  void RunUpdateStudy(const UpdateStudyCommand& command, Done<Study> done);

  absl::StatusOr<AskAnswer> RecallAsk(const AskCommand& command, std::string_view result);
  absl::StatusOr<TellAnswer> RecallTell(const TellCommand& command, std::string_view result);
  absl::StatusOr<ReportAnswer> RecallReport(const ReportCommand& command, std::string_view result);
  absl::StatusOr<Trial> RecallEnqueue(const EnqueueCommand& command, std::string_view result);
  absl::StatusOr<AddTrialsAnswer> RecallAddTrials(const AddTrialsCommand& command, std::string_view result);
  absl::StatusOr<SuggestAnswer> RecallSuggest(const SuggestCommand& command, std::string_view result);
  absl::StatusOr<Trial> RecallUpdateTrial(const UpdateTrialCommand& command, std::string_view result);
  absl::StatusOr<std::monostate> RecallStopTrial(const StopTrialCommand& command, std::string_view result);
  absl::StatusOr<Study> RecallUpdateStudy(const UpdateStudyCommand& command, std::string_view result);

  // Ask (ask.cc).
  struct AskPlan {
    std::vector<LiveTrial> resumed;  // copies: the worker's own
    std::vector<LiveTrial> retries;  // copies: taken back from others
    std::vector<LiveTrial> waiting;  // copies: enqueued ones
    int64_t fresh = 0;               // how many new ones
    std::vector<Ended> deltas;
    int64_t sampled_at = 0;
    std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  };
  // An Ask between its plan and its transaction.
  struct AskUnderWay {
    AskCommand command;
    Done<AskAnswer> done;
    AskPlan plan;
    std::vector<LiveTrial> sampled;  // enqueued ones, then new ones
    size_t ready = 0;                // how many of them have their parameters
  };
  absl::Status PlanAsk(const AskCommand& command, AskPlan* plan);
  // As many of them as the strand's turn allows, then posts itself; the last one ends the Ask.
  void SampleAsk(const std::shared_ptr<AskUnderWay>& ask);
  absl::Status SampleTrial(const AskCommand& command, int64_t sampled_at, LiveTrial* trial);
  absl::Status SampleError(const absl::Status& status) const;
  // False, and nothing done: all that was to be handed out has been told or taken back meanwhile; plan again.
  absl::StatusOr<bool> StageAsk(AskUnderWay* ask);
  bool StageResumed(const AskCommand& command, const storage::TrialRecord& planned, Trial* view, Batch* batch);
  bool StageRetry(const AskCommand& command, const storage::TrialRecord& planned, Trial* view, Batch* batch);
  void StageSampled(LiveTrial trial, Trial* view, Batch* batch);
  void RenewRepeated(std::span<Trial> trials);

  // Tell (tell.cc): records of trials that have ended, by number; what a repeated outcome is compared with.
  using EndedRecords = absl::flat_hash_map<int64_t, storage::TrialRecord>;
  void TellKnowing(const TellCommand& command, const EndedRecords& known, Done<TellAnswer> done);
  absl::Status CheckOutcomes(const std::vector<TellOutcome>& outcomes, const EndedRecords& known, std::vector<int64_t>* unknown);
  absl::Status CheckOutcome(const TellOutcome& outcome, const storage::TrialRecord& record) const;
  void StageOutcome(const TellOutcome& outcome, LiveTrial* trial, Batch* batch);
  // Appends the change of a trial that has ended, as its record says, and lets the learner know.
  void StageEnd(storage::TrialRecord* record, storage::UpdateTrial update, Batch* batch);
  void FinishIfAllEnded(Batch* batch);

  // Leases (leases.cc), under mutex_.
  // A full period from now, where the running trial has a lease; none where it has not.
  void RenewLease(const storage::TrialRecord& record);
  // Has the timer look when the next lease runs out.
  void ArmLeases();
  // A running trial goes back to the queue as its next attempt. `lost`: its lease ran out, which counts.
  void StageRequeue(LiveTrial* trial, bool lost, Batch* batch);
  // A lease has run out: back to the queue, or the end where it was the last retry or somebody asked for the end.
  void StageLoss(LiveTrial* trial, Batch* batch);
  // The trial's lease deadline by the wall clock; 0 where it has none.
  int64_t WallDeadline(int64_t number) const;
  // The deadlines of running trials, in what readers get. Takes mutex_.
  void SetDeadlines(std::span<Trial> trials);

  // UpdateTrial (update_trial.cc).
  void UpdateTrialKnowing(const UpdateTrialCommand& command, const storage::TrialRecord* record, Done<Trial> done);

  // Enqueue and AddTrials (enqueue.cc, add_trials.cc).
  absl::Status ResolveDeclared(std::string_view field, const std::vector<GivenParam>& given, storage::TrialRecord* record) const;
  absl::Status ResolveGiven(const EnqueueCommand& command, LiveTrial* trial) const;
  absl::Status CheckColumn(std::string_view field, const std::string& name, const Distribution& distribution) const;
  absl::Status ResolveImported(const ImportedTrial& trial, bool restore, LiveTrial* resolved) const;
  absl::Status ResolveByRun(const ImportedTrial& trial, LiveTrial* resolved) const;
  absl::Status KeepDistributions(const std::vector<GivenParam>& given, storage::TrialRecord* record) const;
  absl::Status CheckWhole(const storage::TrialRecord& record) const;
  absl::StatusOr<LiveTrial> ImportedRecord(const ImportedTrial& trial, bool restore, int64_t now) const;
  void StageImported(LiveTrial trial, Batch* batch);
  void LearnImported(const storage::TrialRecord& record);

  // Suggest (suggest.cc).
  absl::Status PlanSuggest(const SuggestCommand& command, LiveTrial* copy, std::vector<Ended>* deltas);
  absl::StatusOr<storage::ParamRecord> SuggestParam(const SuggestCommand& command, LiveTrial* trial);
  absl::Status StageSuggest(const SuggestCommand& command, LiveTrial sampled, const Choice& value, Done<SuggestAnswer> done);
  absl::Status CheckRepeated(const SuggestCommand& command, const storage::ParamRecord& param) const;

  // UpdateStudy (update_study.cc).
  absl::StatusOr<Face> UpdatedFace(const UpdateStudyCommand& command, const Face& face) const;
  absl::Status CheckState(const UpdateStudyCommand& command, Face* face) const;
  absl::Status Redefine(const std::shared_ptr<const StudyDefinition>& definition,
                        const std::vector<std::vector<std::pair<std::string, double>>>& waiting);
  void SetDeclaredTexts();
  std::string Remember(const Study& study) const;

  // ------------------------------------------------------------------------------------------------------- under mutex_

  // Whether calls are taken.
  absl::Status Check() const;
  int64_t Size() const { return static_cast<int64_t>(index_.size()); }
  // Null for a trial that has ended durably or does not exist.
  LiveTrial* FindLive(int64_t number);
  // NOT_FOUND for a number that does not exist.
  absl::Status CheckNumber(int64_t number) const;
  // The same for readers: one that is not durable yet is not there.
  absl::Status CheckVisible(int64_t number) const;
  std::vector<RevisionLog::Entry> FindEntries(const Page& page, bool by_revision, uint32_t mask, size_t limit) const;
  // Whether what a handle names is running, as its attempt.
  absl::Status CheckRunning(const TrialHandle& handle, std::string_view field);
  // Appends the next trial; its number is Size().
  void StageInsert(LiveTrial trial, Batch* batch);
  // The staged state of a trial that is there.
  void StageState(int64_t number, TrialState state);
  // The study's new face, as an UpdateStudy with its own revision.
  void StageFace(Face face, storage::UpdateStudy update, Batch* batch);
  // Gives the next revision to a change of a trial.
  int64_t StageRevision(int64_t number, TrialState state, Batch* batch);
  // New trials that max_trials allows.
  int64_t Room() const;
  // Queues a transaction; `key` and `result` are kept with it. One without changes is answered when what is queued before it is.
  // Returns what is to be called after the mutex is released: answers that wait for nothing.
  [[nodiscard]] std::vector<std::function<void(absl::Status)>> Queue(BatchPtr batch, const RequestKey& key, std::string result,
                                                                     int64_t trial);
  // Lets the sampler get ready for the next Ask when there is nothing else to do.
  void PrepareInBackground();
  void Apply(const Batch& batch);
  void ApplyEffect(const TrialEffect& effect);
  int64_t Count(TrialState state) const { return counts_[static_cast<size_t>(state)]; }
  TrialCounts Counts() const;
  TrialCounts StagedCounts() const;

  // -------------------------------------------------------------------------------------------------------- any thread

  // Queue, then what it returned. Releases the lock in between.
  void QueueAndRelease(std::unique_lock<std::mutex> lock, BatchPtr batch, const RequestKey& key, std::string result,
                       int64_t trial);
  void Committed(const BatchPtr& batch, const absl::Status& status);
  // Of an engine that has ended: has the study loaded anew although nobody may call, for its leases.
  void LookAgain();
  // Ends the engine: what the learner has seen cannot be staged.
  void Fail(const absl::Status& status);
  absl::StatusOr<std::vector<Trial>> ReadTrials(std::span<const int64_t> numbers, View view);
  int64_t Now() const { return context_.wall_micros(); }
  absl::StatusOr<Trial> ToTrial(storage::TrialRecord record) { return MakeTrial(identity_, std::move(record), &distributions_); }
  Study MakeStudy(const Face& face, const TrialCounts& counts, int64_t revision) const;

  // Reading (read.cc).
  std::string PageToken(const Page& page, uint64_t query) const;
  absl::Status ParsePageToken(const std::string& token, uint64_t query, Page* page) const;
  // Reads trials until `max_bytes`; returns how many entries were used up.
  absl::StatusOr<size_t> ReadEntries(std::span<const RevisionLog::Entry> entries, bool by_revision, uint32_t mask, View view,
                                     size_t max_bytes, std::vector<Trial>* trials);
  std::vector<int64_t> BestNumbers();

  // ExplainTrial (explain.cc), on a reader thread. `size`: trials that readers see.
  absl::StatusOr<ExplainTrialAnswer> Explain(int64_t number, int64_t size,
                                             const std::shared_ptr<const StudyDefinition>& definition,
                                             int32_t definition_version);
  absl::Status Replay(const storage::TrialRecord& trial, int64_t size, Learner* learner);
  absl::Status CheckReplay(const storage::TrialRecord& record, std::vector<NamedValue> fixed, Learner* learner) const;
  absl::Status ReplayRow(const storage::TrialRecord& record, bool waiting, bool ended, Learner* learner);

  // ------------------------------------------------------------------------------------------------------- on the strand

  void Drain(const std::vector<Ended>& deltas);
  // The sampler's fitted state, where it has changed, as a change of the transaction that it was used for.
  void KeepSamplerState(Batch* batch);
  storage::ParamRecord MakeParam(std::string_view name, const Distribution& distribution, const std::string& text,
                                 double value) const;
  void NoteMemory();

  const Context context_;
  const StudyIdentity identity_;
  const int64_t epoch_;
  const std::shared_ptr<WatchHub> hub_;
  const std::shared_ptr<ComputePool::Strand> strand_;
  int64_t created_at_ = 0;
  DistributionTable distributions_;
  std::atomic<int64_t> memory_bytes_{0};
  std::atomic<bool> has_leases_{false};

  std::mutex mutex_;                       // guards what follows, for microseconds
  Face face_;                              // as staged
  std::shared_ptr<const Face> committed_;  // as readers see it
  int64_t revision_ = 0;                   // the latest staged
  int64_t committed_revision_ = 0;
  std::vector<TrialIndex> index_;  // by number
  absl::flat_hash_map<int64_t, std::unique_ptr<LiveTrial>> live_;
  std::set<int64_t> waiting_;                // staged WAITING, never handed out yet
  std::set<int64_t> retries_;                // staged WAITING, taken back; they go first
  LeaseTable leases_;                        // of staged RUNNING trials, by the monotonic clock
  int64_t lease_look_ = LeaseTable::kNever;  // when the timer looks next
  int64_t unfinished_ = 0;                   // staged WAITING and RUNNING
  int64_t imported_ = 0;                     // staged
  int64_t counts_[6] = {};                   // committed, by TrialState
  int64_t committed_imported_ = 0;
  RevisionLog log_;        // committed
  Candidates candidates_;  // committed, not yet in front_
  RequestTable requests_;
  std::deque<BatchPtr> queued_;
  std::vector<Ended> deltas_;  // staged, not yet learned
  absl::Status failure_;       // not OK: the engine has failed
  bool deleted_ = false;       // a delete is staged

  std::mutex front_mutex_;  // taken before mutex_
  ParetoFront front_;

  // The strand's own.
  std::unique_ptr<Learner> learner_;
  std::vector<std::string> declared_texts_;  // the space's distributions as JSON
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_ENGINE_H_
