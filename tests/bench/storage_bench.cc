// How fast the SQLite storage loads a large study and commits small transactions. Prints; nothing depends on the figures.
//
//   storage_bench [DIRECTORY]      where the files are made, default the system's for temporary files

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/sqlite/sqlite_storage.h"

namespace parzen::storage {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::unique_ptr<Storage> Open(const std::string& path, bool group_commit) {
  SqliteOptions options;
  options.path = path;
  options.allow_network_fs = true;
  options.group_commit = group_commit;
  absl::StatusOr<std::unique_ptr<Storage>> storage = OpenSqlite(std::move(options));
  if (!storage.ok()) {
    std::fprintf(stderr, "%s\n", storage.status().ToString().c_str());
    std::exit(1);
  }
  return *std::move(storage);
}

TrialRecord MakeTrial(int64_t number, int params) {
  TrialRecord trial;
  trial.number = number;
  trial.state = TrialState::kRunning;
  trial.created_at = trial.started_at = 1700000000000000 + number * 1000;
  trial.worker = "node-17-4242-abcdef";
  trial.revision = trial.sampled_at_revision = 2 * number;
  uint64_t word = 0x9e3779b97f4a7c15u * static_cast<uint64_t>(number + 1);
  for (int i = 0; i < params; ++i) {
    word = word * 6364136223846793005u + 1442695040888963407u;
    const double value = static_cast<double>(word >> 11) / 9007199254740992.0;
    trial.params.push_back({absl::StrCat("parameter_", i), value, absl::StrFormat("%.17g", value),
                            absl::StrCat("{\"type\":\"float\",\"low\":0,\"high\":1,\"name\":", i, "}")});
  }
  trial.sampler_draft = "{}";
  return trial;
}

RequestRecord MakeRequest(int64_t locator, int64_t trial) {
  RequestRecord request;
  for (size_t i = 0; i < 8; ++i) request.id[i] = static_cast<uint8_t>(static_cast<uint64_t>(locator) >> (8 * i));
  request.locator = locator;
  request.payload_hash = 12345;
  request.result = "\x08\x01";
  request.trial = trial;
  return request;
}

UpdateTrial MakeTell(int64_t number) {
  UpdateTrial tell{.number = number, .revision = 2 * number + 1};
  tell.state = TrialState::kComplete;
  tell.values = {1.0 / static_cast<double>(number + 3)};
  tell.finished_at = 1700000000000000 + number * 1000 + 500;
  tell.told_at_revision = 2 * number + 1;
  return tell;
}

int64_t MakeStudy(Storage& storage, uint64_t uid) {
  StudyRecord study;
  study.uid = uid;
  study.name = absl::StrCat("study ", uid);
  study.definition = R"({"directions":["minimize"]})";
  storage.CreateStudy(study, std::nullopt, [](const absl::Status&) {});
  return *storage.AcquireStudy(uid);
}

class Columns : public LoadVisitor {
 public:
  void OnDistribution(int32_t, std::string_view) override {}
  void OnTrial(const TrialRow& row) override {
    ++trials;
    for (const auto& [name, value] : row.params) {
      sum += value;
      names += name.size();
    }
  }
  void OnUnfinished(TrialRecord) override {}
  void OnRequest(const RequestId& id, int64_t) override { requests += id[15] == 0; }

  double sum = 0;
  size_t trials = 0, requests = 0, names = 0;
};

void BenchLoad(const std::string& path) {
  constexpr int64_t kTrials = 100000;
  {
    std::unique_ptr<Storage> storage = Open(path, true);
    const int64_t epoch = MakeStudy(*storage, 1);
    const auto start = Clock::now();
    const double cpu = CpuSeconds();
    for (int64_t number = 0; number < kTrials; ++number) {
      storage->Submit({1, epoch, {InsertTrial{MakeTrial(number, 10)}, PutRequest{MakeRequest(2 * number + 1, number)}}}, nullptr);
      storage->Submit({1, epoch, {MakeTell(number), PutRequest{MakeRequest(2 * number + 2, number)}}}, nullptr);
      if (number % 1000 == 0) storage->Flush();
    }
    storage->Flush();
    std::printf(
        "write  %lld asks and tells of 10 params, unthrottled: %.2f s, %.1f us of CPU each (making them included), wal %.1f MB\n",
        static_cast<long long>(kTrials), Seconds(start), 1e6 * (CpuSeconds() - cpu) / (2 * kTrials),
        1e-6 * static_cast<double>(std::filesystem::file_size(path + "-wal")));
  }
  auto start = Clock::now();
  std::unique_ptr<Storage> storage = Open(path, true);
  std::printf("open   %.1f MB, with its check: %.3f s\n", 1e-6 * static_cast<double>(std::filesystem::file_size(path)),
              Seconds(start));
  for (int i = 0; i < 3; ++i) {
    Columns columns;
    start = Clock::now();
    if (!storage->Load(1, &columns).ok()) std::abort();
    std::printf("load   %zu trials x 10 params, %zu requests: %.3f s\n", columns.trials, columns.requests, Seconds(start));
  }
}

// `clients` threads, each of which waits for its commit before the next.
void BenchCommit(const std::string& path, bool group_commit, int clients, double seconds) {
  std::unique_ptr<Storage> storage = Open(path, group_commit);
  const int64_t epoch = MakeStudy(*storage, 1);
  std::mutex mutex;
  int64_t next = 0, locator = 0;
  std::atomic<int64_t> calls = 0;
  const auto start = Clock::now();
  const double cpu = CpuSeconds();
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      const auto submit = [&](const std::function<Transaction()>& make) {
        std::promise<void> done;
        {
          const std::lock_guard<std::mutex> guard(mutex);
          storage->Submit(make(), [&](const absl::Status& status) {
            if (!status.ok()) std::abort();
            done.set_value();
          });
        }
        done.get_future().wait();
        ++calls;
      };
      while (Seconds(start) < seconds) {
        int64_t number = 0;
        submit([&] {
          number = next++;
          return Transaction{1, epoch, {InsertTrial{MakeTrial(number, 5)}, PutRequest{MakeRequest(++locator, number)}}};
        });
        submit([&] { return Transaction{1, epoch, {MakeTell(number), PutRequest{MakeRequest(++locator, number)}}}; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double elapsed = Seconds(start);
  std::printf("commit %2d clients, %-17s: %6.0f calls/s, %4.1f us of CPU a call, wal %.1f MB\n", clients,
              group_commit ? "group commit" : "one commit a call", static_cast<double>(calls) / elapsed,
              1e6 * (CpuSeconds() - cpu) / static_cast<double>(calls),
              1e-6 * static_cast<double>(std::filesystem::file_size(path + "-wal")));
}

}  // namespace
}  // namespace parzen::storage

int main(int argc, char** argv) {
  std::string directory =
      absl::StrCat(argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string(), "/parzen-storage-bench-XXXXXX");
  if (mkdtemp(directory.data()) == nullptr) {
    std::perror(directory.c_str());
    return 1;
  }
  parzen::storage::BenchLoad(directory + "/load.db");
  int file = 0;
  for (const int clients : {1, 16, 64}) {
    for (const bool group_commit : {true, false}) {
      parzen::storage::BenchCommit(absl::StrCat(directory, "/commit", ++file, ".db"), group_commit, clients, 2.0);
    }
  }
  std::filesystem::remove_all(directory);
  return 0;
}
