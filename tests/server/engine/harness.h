// A service over a real SQLite storage, called synchronously.

#ifndef PARZEN_TESTS_SERVER_ENGINE_HARNESS_H_
#define PARZEN_TESTS_SERVER_ENGINE_HARNESS_H_

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/engine/service.h"
#include "server/error/error.h"
#include "storage/sqlite/sqlite_storage.h"
#include "storage/storage.h"
#include "tests/storage/temporary_directory.h"

namespace parzen::engine {

// The answer of an asynchronous call: Wait<Study>([&](auto done) { service.GetStudy("s", done); }).
template <typename Answer, typename Call>
absl::StatusOr<Answer> Wait(Call call) {
  const auto promise = std::make_shared<std::promise<absl::StatusOr<Answer>>>();
  auto future = promise->get_future();
  call(Done<Answer>([promise](absl::StatusOr<Answer> answer) { promise->set_value(std::move(answer)); }));
  return future.get();
}

// "" for OK, the reason of the error detail otherwise, or the status where it has none.
std::string Reason(const absl::Status& status);

RequestKey Key(uint64_t id, uint64_t payload = 1);

DeclaredParameter Real(std::string name, double low, double high);
DeclaredParameter Whole(std::string name, int64_t low, int64_t high);
DeclaredParameter Choices(std::string name, std::vector<Choice> choices);

// A definition with a space and a random sampler.
StudyDefinition Define(std::vector<DeclaredParameter> space);

class Harness {
 public:
  enum class Kind { kMemory, kFile };
  // `vfs`: SQLite's, by name; empty for the platform's own.
  explicit Harness(Kind kind = Kind::kMemory, ServiceOptions options = {}, std::string vfs = "");
  ~Harness();

  // Ends the service and its storage and opens the same file anew.
  void Restart();
  Service& service() { return *service_; }
  storage::Storage& storage() { return *storage_; }
  // The service's clock, which stands still.
  std::atomic<int64_t>& now() { return *now_; }
  // Lets time pass by the monotonic clock, which stands still otherwise; returns when the leases that ran out are durably taken
  // back.
  void Pass(double seconds);

  absl::StatusOr<Study> CreateStudy(CreateStudyCommand command);
  // With a fixed seed; must succeed.
  Study MakeStudy(const std::string& name, StudyDefinition definition);
  absl::StatusOr<Study> GetStudy(const std::string& name);
  absl::StatusOr<Study> UpdateStudy(UpdateStudyCommand command);
  absl::Status DeleteStudy(DeleteStudyCommand command);
  absl::StatusOr<AskAnswer> Ask(AskCommand command);
  absl::StatusOr<AskAnswer> Ask(const std::string& study, int32_t count = 1);
  // Must succeed.
  Trial AskOne(const std::string& study);
  absl::StatusOr<TellAnswer> Tell(TellCommand command);
  absl::StatusOr<TellAnswer> Tell(const Trial& trial, std::vector<double> values, TrialState state = TrialState::kComplete);
  // Must succeed. `lease`: seconds.
  Trial AskLeased(const std::string& study, double lease, const std::string& worker = "w", bool resume = false);
  absl::StatusOr<TellAnswer> TellFailed(const Trial& trial, FailureKind failure);
  absl::StatusOr<ReportAnswer> Report(ReportCommand command);
  absl::StatusOr<HeartbeatAnswer> Heartbeat(const std::vector<TrialHandle>& trials);
  absl::Status StopTrial(StopTrialCommand command);
  absl::StatusOr<Trial> Enqueue(EnqueueCommand command);
  absl::StatusOr<AddTrialsAnswer> AddTrials(AddTrialsCommand command);
  absl::StatusOr<SuggestAnswer> Suggest(SuggestCommand command);
  absl::StatusOr<Trial> UpdateTrial(UpdateTrialCommand command);
  absl::StatusOr<Trial> GetTrial(const std::string& study, int64_t number);
  absl::StatusOr<ListTrialsAnswer> ListTrials(ListTrialsCommand command);
  // All pages; must succeed.
  std::vector<Trial> AllTrials(const std::string& study);
  absl::StatusOr<BestTrialsAnswer> BestTrials(BestTrialsCommand command);
  absl::StatusOr<RecommendTrialsAnswer> RecommendTrials(RecommendTrialsCommand command);
  absl::StatusOr<GetImportancesAnswer> GetImportances(GetImportancesCommand command);

 private:
  void Open();

  const Kind kind_;
  ServiceOptions options_;
  const std::string vfs_;
  std::shared_ptr<std::atomic<int64_t>> now_ = std::make_shared<std::atomic<int64_t>>(1'700'000'000'000'000);
  std::shared_ptr<std::atomic<int64_t>> monotonic_ = std::make_shared<std::atomic<int64_t>>(5'000'000);
  storage::TemporaryDirectory directory_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<Service> service_;
};

// What is the same of a trial whenever it is looked at: handle, params, state, values.
std::string Summary(const Trial& trial);

}  // namespace parzen::engine

#endif  // PARZEN_TESTS_SERVER_ENGINE_HARNESS_H_
