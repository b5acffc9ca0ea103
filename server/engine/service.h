// Service: every call of the API in the domain's types, gRPC-free. It keeps the live studies (loaded from storage at first use,
// evicted when idle over a memory bound) and its own threads.
//
// Every call returns at once: it neither waits for a disk nor samples on the caller's thread. `done` is called exactly once, for
// a change after it is durable, from another thread (the storage's writer, a compute or a reader thread) or, where the answer is
// known at once, from inside the call. `done` must not block. A staged change runs to its end even when nobody waits for it.
//
// Errors: see error.h. The limits of parzen.proto are checked here (names, counts, page sizes, attributes' JSON, reasons, spaces,
// objectives); the front checks what only it can see: the size of messages, that a request_id is a UUID, that enums and
// oneofs are known and set, UTF-8.
//
// Leases: at the start every study that has leases is loaded, one after the other, and each lease gets a full period; one thread
// for all studies then takes back the trials whose leases run out. Periods are measured by the monotonic clock alone.
//
// Thread safety: every method may be called from any thread at any time.

#ifndef PARZEN_SERVER_ENGINE_SERVICE_H_
#define PARZEN_SERVER_ENGINE_SERVICE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/engine/client_trials.h"
#include "server/engine/insights.h"
#include "server/engine/meter.h"
#include "server/engine/types.h"
#include "storage/storage.h"

namespace parzen::engine {

template <typename T>
using Done = std::function<void(absl::StatusOr<T>)>;

struct ServiceOptions {
  int compute_threads = 2;                    // sampling
  int reader_threads = 2;                     // loading studies, reading trials
  int64_t memory_bound = int64_t{1} << 30;    // bytes of live studies before idle ones are evicted, least recently used first
  std::function<int64_t()> wall_micros;       // microseconds since the Unix epoch; the system's clock where unset
  std::function<int64_t()> monotonic_micros;  // never goes back; leases live by it. The system's steady clock where unset
  // Goes on while the process or the machine stands still, as the monotonic clock may not: where it jumps, nobody could renew a
  // lease. The system's CLOCK_BOOTTIME where unset.
  std::function<int64_t()> uptime_micros;
  int64_t max_studies = 100'000;  // more are refused: LIMIT_STUDIES
  int64_t request_lifetime_micros =
      int64_t{24} * 3600 * 1'000'000;  // of requests that do not live with a trial, by the time that servers run
  Meter* meter = nullptr;              // outlives the service; null: nobody measures
  // Called on the engine's threads: cheap, and never blocks. May be unset.
  std::function<void(const ExpiredLeases&)> leases_expired;
};

// A study's trials by state, as readers see them.
struct StudyCounts {
  std::string study;
  TrialCounts trials;
};

// One client's watch of a study. Reads go on from the last one's revision: each trial once with its latest state, in revision
// order. One Read at a time. Destroying it ends it; a call of `changed` or `done` that another thread has begun may still run, so
// they hold what they touch by shared_ptr.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // The next batch: at most about 1 MiB and 1,000 trials. It may be empty when nothing changed. When `more` is false, `changed`
  // (see Service::Watch) is called once as soon as there is something to read; read then. NOT_FOUND STUDY_DELETED when the study
  // is gone.
  virtual void Read(Done<WatchBatch> done) = 0;
  // Everything up to it has been read.
  virtual int64_t revision() const = 0;
};

// The calls of clients that choose parameters themselves (client_trials.h).
class ClientTrials {
 public:
  virtual ~ClientTrials() = default;

  virtual void BeginTrial(BeginTrialCommand command, Done<BeginTrialAnswer> done) = 0;
  virtual void SetParameter(SetParameterCommand command, Done<std::monostate> done) = 0;
  virtual void SetTrialState(SetTrialStateCommand command, Done<bool> done) = 0;  // whether it has changed
  virtual void AmendTrial(AmendTrialCommand command, Done<std::monostate> done) = 0;
  virtual void AdvanceTrial(AdvanceTrialCommand command, Done<AdvanceTrialAnswer> done) = 0;
  virtual void Sample(SampleCommand command, Done<JointPart> done) = 0;
  virtual void ReadTrials(ReadTrialsCommand command, Done<ReadTrialsAnswer> done) = 0;
  // The study with this number in the storage; NO_SUCH_STUDY.
  virtual void FindStudy(int64_t id, Done<StudyRef> done) = 0;
};

class Service : public ClientTrials {
 public:
  // `storage` outlives the service.
  static std::unique_ptr<Service> Create(storage::Storage* storage, ServiceOptions options);
  ~Service() override = default;  // shuts down where that was not done

  virtual void CreateStudy(CreateStudyCommand command, Done<Study> done) = 0;
  virtual void GetStudy(std::string name, Done<Study> done) = 0;
  virtual void ListStudies(ListStudiesCommand command, Done<ListStudiesAnswer> done) = 0;
  virtual void UpdateStudy(UpdateStudyCommand command, Done<Study> done) = 0;
  virtual void DeleteStudy(DeleteStudyCommand command, std::function<void(absl::Status)> done) = 0;

  virtual void Ask(AskCommand command, Done<AskAnswer> done) = 0;
  virtual void Tell(TellCommand command, Done<TellAnswer> done) = 0;
  virtual void Report(ReportCommand command, Done<ReportAnswer> done) = 0;
  virtual void Heartbeat(HeartbeatCommand command, Done<HeartbeatAnswer> done) = 0;
  virtual void StopTrial(StopTrialCommand command, std::function<void(absl::Status)> done) = 0;
  virtual void Enqueue(EnqueueCommand command, Done<Trial> done) = 0;
  virtual void AddTrials(AddTrialsCommand command, Done<AddTrialsAnswer> done) = 0;
  virtual void Suggest(SuggestCommand command, Done<SuggestAnswer> done) = 0;
  virtual void UpdateTrial(UpdateTrialCommand command, Done<Trial> done) = 0;  // FULL view

  virtual void GetTrial(GetTrialCommand command, Done<Trial> done) = 0;
  virtual void ListTrials(ListTrialsCommand command, Done<ListTrialsAnswer> done) = 0;
  virtual void BestTrials(BestTrialsCommand command, Done<BestTrialsAnswer> done) = 0;
  // NO_SUCH_TRIAL while no feasible trial is complete.
  virtual void RecommendTrials(RecommendTrialsCommand command, Done<RecommendTrialsAnswer> done) = 0;
  virtual void GetImportances(GetImportancesCommand command, Done<GetImportancesAnswer> done) = 0;
  virtual void ExplainTrial(ExplainTrialCommand command, Done<ExplainTrialAnswer> done) = 0;

  // Begins a watch. `changed` must not block and may be called from any thread, also inside Read; it may call Read.
  virtual void Watch(WatchCommand command, std::function<void()> changed, Done<std::unique_ptr<Watcher>> done) = 0;

  // The name of the study with this uid, for callers that may touch some studies only.
  virtual void StudyName(uint64_t uid, Done<std::string> done) = 0;

  // Takes back, on the caller's thread, the trials whose leases have run out by now. The service does so by itself as time
  // passes; for tests whose monotonic clock jumps.
  virtual void CheckLeases() = 0;

  // Forgets what is in memory of a study, or of all (uid 0): the next call loads it from the storage. What is on its way to the
  // storage goes on, and calls that need more of the study are refused with UNAVAILABLE NOT_OWNER. Watches read on.
  virtual void LetGo(uint64_t uid) = 0;

  virtual int64_t LiveStudies() const = 0;
  // Of the studies in memory, at most `limit`, those used last first.
  virtual std::vector<StudyCounts> LiveCounts(size_t limit) const = 0;
  virtual std::string StorageId() const = 0;

  // No new asks (UNAVAILABLE SHUTTING_DOWN); what is in flight ends, at most for `grace`, then every call is refused; the
  // storage is flushed. Returns true where everything ended in time. Watches get nothing any more.
  virtual bool Shutdown(std::chrono::milliseconds grace) = 0;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_SERVICE_H_
