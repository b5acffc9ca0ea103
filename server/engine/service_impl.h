// Service over LiveStudies: checks what a command says, finds its study, and counts the calls under way for Shutdown.

#ifndef PARZEN_SERVER_ENGINE_SERVICE_IMPL_H_
#define PARZEN_SERVER_ENGINE_SERVICE_IMPL_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "server/engine/create_study.h"
#include "server/engine/global_requests.h"
#include "server/engine/heartbeat.h"
#include "server/engine/live_studies.h"
#include "server/engine/service.h"
#include "server/engine/threads/compute_pool.h"
#include "server/engine/threads/lease_timer.h"
#include "server/engine/threads/thread_pool.h"

namespace parzen::engine {

class ServiceImpl : public Service {
 public:
  ServiceImpl(storage::Storage* storage, ServiceOptions options);
  ~ServiceImpl() override;

  void CreateStudy(CreateStudyCommand command, Done<Study> done) override;
  void GetStudy(std::string name, Done<Study> done) override;
  void ListStudies(ListStudiesCommand command, Done<ListStudiesAnswer> done) override;
  void UpdateStudy(UpdateStudyCommand command, Done<Study> done) override;
  void DeleteStudy(DeleteStudyCommand command, std::function<void(absl::Status)> done) override;
  void Ask(AskCommand command, Done<AskAnswer> done) override;
  void Tell(TellCommand command, Done<TellAnswer> done) override;
  void Report(ReportCommand command, Done<ReportAnswer> done) override;
  void Heartbeat(HeartbeatCommand command, Done<HeartbeatAnswer> done) override;
  void StopTrial(StopTrialCommand command, std::function<void(absl::Status)> done) override;
  void Enqueue(EnqueueCommand command, Done<Trial> done) override;
  void AddTrials(AddTrialsCommand command, Done<AddTrialsAnswer> done) override;
  void Suggest(SuggestCommand command, Done<SuggestAnswer> done) override;
  void UpdateTrial(UpdateTrialCommand command, Done<Trial> done) override;
  void GetTrial(GetTrialCommand command, Done<Trial> done) override;
  void ListTrials(ListTrialsCommand command, Done<ListTrialsAnswer> done) override;
  void BestTrials(BestTrialsCommand command, Done<BestTrialsAnswer> done) override;
  void ExplainTrial(ExplainTrialCommand command, Done<ExplainTrialAnswer> done) override;
  void Watch(WatchCommand command, std::function<void()> changed, Done<std::unique_ptr<Watcher>> done) override;
  void StudyName(uint64_t uid, Done<std::string> done) override;
  void CheckLeases() override { lease_timer_.Check(); }
  int64_t LiveStudies() const override { return studies_.Count(); }
  std::vector<StudyCounts> LiveCounts(size_t limit) const override { return studies_.Counts(limit); }
  std::string StorageId() const override { return storage_->StorageId(); }
  bool Shutdown(std::chrono::milliseconds grace) override;

 private:
  using EnginePtr = engine::LiveStudies::EnginePtr;

  // A call under way. The wrapped callback ends it. Null where calls are refused: the caller has been answered.
  template <typename Answer>
  Done<Answer> Admit(Done<Answer> done);
  void Ended();
  // Admits, checks and routes a call to its study.
  template <typename Command, typename Answer>
  void ByName(const std::string& study, Command command, Done<Answer> done, void (StudyEngine::*call)(Command, Done<Answer>));
  template <typename Command, typename Answer>
  void ByHandle(const TrialHandle& trial, Command command, Done<Answer> done, void (StudyEngine::*call)(Command, Done<Answer>));
  void RunDelete(const DeleteStudyCommand& command, Done<std::monostate> done);
  // The timer's: a study's leases are due; uid 0: find the studies that have leases.
  void LeasesDue(uint64_t uid);
  void LoadLeased(std::vector<uint64_t> uids);
  // From time to time: forgets expired requests, evicts.
  void Housekeep();

  storage::Storage* const storage_;
  const ServiceOptions options_;

  std::mutex calls_mutex_;
  std::condition_variable no_calls_;
  int64_t calls_ = 0;                       // under calls_mutex_
  bool refused_ = false;                    // under calls_mutex_: no call is admitted
  std::atomic<bool> shutting_down_{false};  // no ask is
  std::atomic<int64_t> housekept_at_{0};

  // In the order of their dependence: the studies' last users, the pools, end first.
  std::unique_ptr<ComputePool> compute_;
  std::unique_ptr<ThreadPool> readers_;
  const std::function<int64_t()> request_micros_;  // see request_clock.h
  LeaseTimer lease_timer_;
  engine::LiveStudies studies_;
  GlobalRequests requests_;
  StudyCreator creator_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_SERVICE_IMPL_H_
