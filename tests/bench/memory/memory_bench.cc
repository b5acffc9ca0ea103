// What a large study costs: memory over an empty service's, and the time until its first ask is answered over that of the next.
//
//   memory_bench [trials [parameters [sampler]]]        100000 10 random
//
// The study is made in a process of its own, by asks and tells with a request_id each, so that the measured process has only what
// it loaded.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "server/engine/service.h"
#include "storage/sqlite/sqlite_storage.h"

namespace parzen::engine {
namespace {

struct Size {
  int trials = 100'000;
  int parameters = 10;
  SamplerKind sampler = SamplerKind::kRandom;
};

template <typename Answer, typename Call>
Answer Wait(Call call) {
  const auto promise = std::make_shared<std::promise<absl::StatusOr<Answer>>>();
  auto future = promise->get_future();
  call(Done<Answer>([promise](absl::StatusOr<Answer> answer) { promise->set_value(std::move(answer)); }));
  absl::StatusOr<Answer> answer = future.get();
  if (!answer.ok()) {
    std::fprintf(stderr, "%s\n", answer.status().ToString().c_str());
    std::exit(1);
  }
  return *std::move(answer);
}

double ResidentMegabytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Server {
  explicit Server(const std::string& path) {
    storage::SqliteOptions options;
    options.path = path;
    options.allow_network_fs = true;
    auto opened = storage::OpenSqlite(std::move(options));
    if (!opened.ok()) {
      std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
      std::exit(1);
    }
    storage = *std::move(opened);
    service = Service::Create(storage.get(), {});
  }
  std::unique_ptr<storage::Storage> storage;
  std::unique_ptr<Service> service;
};

void MakeStudy(Service* service, const std::string& name, const Size& size) {
  std::vector<DeclaredParameter> space;
  for (int i = 0; i < size.parameters; ++i) {
    space.push_back({{"x" + std::to_string(i), FloatDistribution{0, 1, false, std::nullopt}, std::nullopt}, std::nullopt});
  }
  CreateStudyCommand command;
  command.name = name;
  command.seed = 1;
  if (!SetSpace(std::move(space), &command.definition).ok()) std::exit(1);
  command.definition.sampler.kind = size.sampler;
  Wait<Study>([&](auto done) { service->CreateStudy(std::move(command), std::move(done)); });
}

RequestKey Key(uint64_t id) {
  RequestKey key;
  key.id.emplace();
  // Spread like random UUIDs are.
  const uint64_t spread[2] = {id * 0x9e3779b97f4a7c15, (id + 1) * 0xbf58476d1ce4e5b9};
  std::memcpy(key.id->data(), spread, sizeof(spread));
  return key;
}

// Asks and tells, 256 at a time.
class Filler {
 public:
  Filler(Service* service, int trials) : service_(service), trials_(trials) {}

  void Run() {
    for (int i = 0; i < 256; ++i) Next();
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this] { return told_ == trials_; });
  }

 private:
  void Next() {
    const int i = asked_++;
    if (i >= trials_) return;
    AskCommand ask;
    ask.request = Key(2 * static_cast<uint64_t>(i));
    ask.study = "large";
    ask.worker = "worker-" + std::to_string(i % 64);
    service_->Ask(std::move(ask), [this, i](absl::StatusOr<AskAnswer> answer) {
      if (!answer.ok()) std::abort();
      TellCommand tell;
      tell.request = Key(2 * static_cast<uint64_t>(i) + 1);
      tell.outcomes.resize(1);
      tell.outcomes[0].trial = answer->trials[0].handle;
      tell.outcomes[0].values = {1.0 / (1 + i)};
      service_->Tell(std::move(tell), [this](absl::StatusOr<TellAnswer> told) {
        if (!told.ok()) std::abort();
        Next();
        const std::lock_guard lock(mutex_);
        if (++told_ == trials_) moved_.notify_all();
      });
    });
  }

  Service* const service_;
  const int trials_;
  std::atomic<int> asked_{0};
  std::mutex mutex_;
  std::condition_variable moved_;
  int told_ = 0;
};

// Of this process, so far: what the load costs on a machine that others use, too.
double CpuMillis() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto millis = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return millis(usage.ru_utime) + millis(usage.ru_stime);
}

double AskMillis(Service* service, const std::string& study) {
  const auto start = std::chrono::steady_clock::now();
  AskCommand command;
  command.study = study;
  Wait<AskAnswer>([&](auto done) { service->Ask(std::move(command), std::move(done)); });
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

int Main(int argc, char** argv) {
  Size size;
  if (argc > 1) size.trials = std::atoi(argv[1]);
  if (argc > 2) size.parameters = std::atoi(argv[2]);
  if (argc > 3) size.sampler = std::string(argv[3]) == "tpe" ? SamplerKind::kTpe : SamplerKind::kRandom;
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("parzen-memory-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "studies.db";
  // The sampler changes nothing about what is kept; random ones are made quickly.
  if (const pid_t child = fork(); child == 0) {
    Server server(path);
    Size filled = size;
    filled.sampler = SamplerKind::kRandom;
    MakeStudy(server.service.get(), "large", filled);
    MakeStudy(server.service.get(), "empty", filled);
    Filler(server.service.get(), size.trials).Run();
    if (size.sampler != SamplerKind::kRandom) {
      UpdateStudyCommand update;
      update.study = "large";
      update.sampler.emplace();
      update.sampler->kind = size.sampler;
      Wait<Study>([&](auto done) { server.service->UpdateStudy(std::move(update), std::move(done)); });
    }
    server.service.reset();
    server.storage.reset();
    std::_Exit(0);
  } else {
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) return 1;
  }
  {
    Server server(path);
    AskMillis(server.service.get(), "empty");
    const double empty = ResidentMegabytes();
    const double cpu_before = CpuMillis();
    const double first = AskMillis(server.service.get(), "large");
    const double cpu = CpuMillis() - cpu_before;
    const double loaded = ResidentMegabytes();
    const double second = AskMillis(server.service.get(), "large");
    const double asked = ResidentMegabytes();
    std::printf("trials %d parameters %d file %.1f MB\n", size.trials, size.parameters,
                static_cast<double>(std::filesystem::file_size(path)) / 1e6);
    std::printf("resident_mb empty %.1f loaded %.1f after_an_ask %.1f over_empty %.1f\n", empty, loaded, asked, asked - empty);
    std::printf("ask_ms first %.1f next %.1f load %.1f cpu %.1f\n", first, second, first - second, cpu);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace parzen::engine

int main(int argc, char** argv) { return parzen::engine::Main(argc, argv); }
