// Service over the live studies: the calls of one study by StudyCalls, the others here.

#ifndef PARZEN_SERVER_ENGINE_SERVICE_IMPL_H_
#define PARZEN_SERVER_ENGINE_SERVICE_IMPL_H_

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "server/engine/create_study.h"
#include "server/engine/global_requests.h"
#include "server/engine/live_studies.h"
#include "server/engine/service.h"
#include "server/engine/study_calls.h"
#include "server/engine/study_ids.h"
#include "server/engine/threads/compute_pool.h"
#include "server/engine/threads/lease_timer.h"
#include "server/engine/threads/thread_pool.h"
#include "server/engine/upkeep.h"

namespace parzen::engine {

class ServiceImpl : public StudyCalls {
 public:
  ServiceImpl(storage::Storage* storage, ServiceOptions options);
  ~ServiceImpl() override;

  void CreateStudy(CreateStudyCommand command, Done<Study> done) override;
  void GetStudy(std::string name, Done<Study> done) override;
  void ListStudies(ListStudiesCommand command, Done<ListStudiesAnswer> done) override;
  void DeleteStudy(DeleteStudyCommand command, std::function<void(absl::Status)> done) override;
  void Heartbeat(HeartbeatCommand command, Done<HeartbeatAnswer> done) override;
  void Watch(WatchCommand command, std::function<void()> changed, Done<std::unique_ptr<Watcher>> done) override;
  void FindStudy(int64_t id, Done<StudyRef> done) override;
  void StudyName(uint64_t uid, Done<std::string> done) override;
  void CheckLeases() override { lease_timer_.Check(); }
  void LetGo(uint64_t uid) override { studies_.LetGo(uid); }
  int64_t LiveStudies() const override { return studies_.Count(); }
  std::vector<StudyCounts> LiveCounts(size_t limit) const override { return studies_.Counts(limit); }
  std::string StorageId() const override { return storage_->StorageId(); }
  bool Shutdown(std::chrono::milliseconds grace) override;

 private:
  EngineContext MakeContext();
  void RunDelete(const DeleteStudyCommand& command, Done<std::monostate> done);

  storage::Storage* const storage_;
  const ServiceOptions options_;

  // In the order of their dependence: the studies' last users, the pools, end first.
  std::shared_ptr<ComputePool> compute_;
  std::unique_ptr<ThreadPool> readers_;
  const std::function<int64_t()> request_micros_;  // see request_clock.h
  LeaseTimer lease_timer_;
  engine::LiveStudies studies_;
  Upkeep upkeep_;
  StudyIds ids_;
  GlobalRequests requests_;
  StudyCreator creator_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_SERVICE_IMPL_H_
