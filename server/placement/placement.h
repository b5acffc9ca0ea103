// Several servers over one database: a Service around the Service, which runs a call here where this replica owns the call's
// study, and forwards it to the owner where another does (router.h). Fronts notice nothing of it.
//
//   auto membership = Membership::Join(storage->replicas(), "host:7070");  // before the engine, which takes studies from then on
//   auto engine = engine::Service::Create(storage, ...);
//   Placement placement(storage, membership.get(), engine.get(), credentials);
//   ... fronts over &placement; placement.peer_service() on the port that was advertised ...
//   placement.Drain(grace);  // hands the studies over
//   placement.Shutdown(grace);

#ifndef PARZEN_SERVER_PLACEMENT_PLACEMENT_H_
#define PARZEN_SERVER_PLACEMENT_PLACEMENT_H_

#include <grpcpp/security/credentials.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "server/engine/service.h"
#include "server/placement/later.h"
#include "server/placement/membership.h"
#include "server/placement/peer_service.h"
#include "server/placement/peers.h"
#include "server/placement/router.h"
#include "storage/storage.h"

namespace parzen::placement {

class Placement final : public engine::Service {
 public:
  // All outlive it. `credentials`: for the connections to other replicas.
  Placement(storage::Storage* storage, Membership* membership, engine::Service* local,
            std::shared_ptr<grpc::ChannelCredentials> credentials);
  ~Placement() override;

  // To be registered on the port that other replicas know.
  grpc::Service* peer_service() { return &peer_service_; }
  // Hands all studies over, where another replica is there to take them; calls go on, and are forwarded. Waits until that is
  // done, at most for `bound`.
  void Drain(std::chrono::milliseconds bound);
  // For the server's metrics.
  std::vector<storage::Figure> Figures() const;
  const FailedForwards& failed_forwards() const { return router_.failed(); }

  void CreateStudy(engine::CreateStudyCommand command, engine::Done<engine::Study> done) override;
  void GetStudy(std::string name, engine::Done<engine::Study> done) override;
  void ListStudies(engine::ListStudiesCommand command, engine::Done<engine::ListStudiesAnswer> done) override;
  void UpdateStudy(engine::UpdateStudyCommand command, engine::Done<engine::Study> done) override;
  void DeleteStudy(engine::DeleteStudyCommand command, std::function<void(absl::Status)> done) override;
  void Ask(engine::AskCommand command, engine::Done<engine::AskAnswer> done) override;
  void Tell(engine::TellCommand command, engine::Done<engine::TellAnswer> done) override;
  void Report(engine::ReportCommand command, engine::Done<engine::ReportAnswer> done) override;
  void Heartbeat(engine::HeartbeatCommand command, engine::Done<engine::HeartbeatAnswer> done) override;
  void StopTrial(engine::StopTrialCommand command, std::function<void(absl::Status)> done) override;
  void Enqueue(engine::EnqueueCommand command, engine::Done<engine::Trial> done) override;
  void AddTrials(engine::AddTrialsCommand command, engine::Done<engine::AddTrialsAnswer> done) override;
  void Suggest(engine::SuggestCommand command, engine::Done<engine::SuggestAnswer> done) override;
  void UpdateTrial(engine::UpdateTrialCommand command, engine::Done<engine::Trial> done) override;
  void BeginTrial(engine::BeginTrialCommand command, engine::Done<engine::BeginTrialAnswer> done) override;
  void SetParameter(engine::SetParameterCommand command, engine::Done<std::monostate> done) override;
  void SetTrialState(engine::SetTrialStateCommand command, engine::Done<bool> done) override;
  void AmendTrial(engine::AmendTrialCommand command, engine::Done<std::monostate> done) override;
  void AdvanceTrial(engine::AdvanceTrialCommand command, engine::Done<engine::AdvanceTrialAnswer> done) override;
  void Sample(engine::SampleCommand command, engine::Done<JointPart> done) override;
  void ReadTrials(engine::ReadTrialsCommand command, engine::Done<engine::ReadTrialsAnswer> done) override;
  void FindStudy(int64_t id, engine::Done<engine::StudyRef> done) override { local_->FindStudy(id, std::move(done)); }
  void GetTrial(engine::GetTrialCommand command, engine::Done<engine::Trial> done) override;
  void ListTrials(engine::ListTrialsCommand command, engine::Done<engine::ListTrialsAnswer> done) override;
  void BestTrials(engine::BestTrialsCommand command, engine::Done<engine::BestTrialsAnswer> done) override;
  void RecommendTrials(engine::RecommendTrialsCommand command, engine::Done<engine::RecommendTrialsAnswer> done) override;
  void GetImportances(engine::GetImportancesCommand command, engine::Done<engine::GetImportancesAnswer> done) override;
  void ExplainTrial(engine::ExplainTrialCommand command, engine::Done<engine::ExplainTrialAnswer> done) override;
  void Watch(engine::WatchCommand command, std::function<void()> changed,
             engine::Done<std::unique_ptr<engine::Watcher>> done) override;
  void StudyName(uint64_t uid, engine::Done<std::string> done) override;
  void CheckLeases() override { local_->CheckLeases(); }
  void LetGo(uint64_t uid) override { local_->LetGo(uid); }
  int64_t LiveStudies() const override { return local_->LiveStudies(); }
  std::vector<engine::StudyCounts> LiveCounts(size_t limit) const override { return local_->LiveCounts(limit); }
  std::string StorageId() const override { return local_->StorageId(); }
  bool Shutdown(std::chrono::milliseconds grace) override;

 private:
  // Membership's events.
  void Tick();
  double Load();

  template <typename Command, typename Answer>
  void Route(const Operation<Command, Answer>& operation, Command command, engine::Done<Answer> done);
  template <typename Command>
  void RouteStatus(const Operation<Command, std::monostate>& operation, Command command, std::function<void(absl::Status)> done);

  // Nothing of the engine's or of other replicas' is about to call here.
  bool IsQuiet() const;
  // Reads who is there, and does what follows from it.
  void LookAround();
  // Sees to leases that nobody sees run out.
  void Adopt();
  // Gives studies to a replica that has much less to do.
  void Balance();

  storage::Storage* const storage_;
  storage::Replicas* const replicas_;
  Membership* const membership_;
  engine::Service* const local_;
  std::optional<Peers> peers_;
  std::optional<Later> later_;
  Router router_;
  PeerService peer_service_;

  std::atomic<int64_t> under_way_{0};  // calls that were not answered yet
  std::atomic<int64_t> handed_over_{0};
  std::atomic<bool> looking_{false};
  std::atomic<bool> leaving_{false};
  Mutex mutex_;
  std::vector<OwnedStudy> calls_ GUARDED_BY(mutex_);  // of the last period
  std::vector<int64_t> known_ GUARDED_BY(mutex_);     // replicas, at the last look
  int64_t looks_ GUARDED_BY(mutex_) = 0;
  int64_t adopt_until_ GUARDED_BY(mutex_) = 10;  // at every look until then
  int64_t balance_after_ GUARDED_BY(mutex_) = 5;
};

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_PLACEMENT_H_
