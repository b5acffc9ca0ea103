// parzend as a process: how it starts, what it refuses, how it ends.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/rpc/live_server.h"

extern char** environ;

namespace parzen {
namespace {

using Stub = v1::Optimizer::Stub;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A parzend of this build; killed with the test.
class Parzend {
 public:
  Parzend(const TestDirectory& directory, std::vector<std::string> arguments, const std::string& tag = "a")
      : port_file_(directory.File(tag + ".port")), log_file_(directory.File(tag + ".log")) {
    arguments.insert(arguments.begin(), PARZEND);
    arguments.insert(arguments.end(), {"--port-file", port_file_});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (log_file_ + ".out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    // Whoever runs the tests in the background may ignore SIGINT, and what is ignored stays so.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t heard;
    sigemptyset(&heard);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&heard, signal);
    posix_spawnattr_setsigdefault(&attributes, &heard);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    EXPECT_EQ(posix_spawn(&pid_, PARZEND, &actions, &attributes, argv.data(), environ), 0);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Parzend() {
    if (pid_ == 0) return;
    Signal(SIGKILL);
    Wait();
  }
  Parzend(const Parzend&) = delete;
  Parzend& operator=(const Parzend&) = delete;

  // Waits until it serves; its port.
  int Port() {
    for (int i = 0; i < 6000; ++i) {
      if (const std::string text = ReadAll(port_file_); !text.empty()) return std::stoi(text);
      if (waitpid(pid_, &status_, WNOHANG) == pid_) {
        pid_ = 0;
        ADD_FAILURE() << "parzend ended: " << Log();
        return 0;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "parzend does not serve: " << Log();
    return 0;
  }
  void Signal(int signal) const { kill(pid_, signal); }
  // Waits for its end; its exit code, or minus the signal that ended it.
  int Wait() {
    if (pid_ != 0) waitpid(pid_, &status_, 0);
    pid_ = 0;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  }
  int Threads() const {
    std::ifstream status(absl::StrCat("/proc/", pid_, "/status"));
    for (std::string word; status >> word;) {
      int threads = 0;
      if (word == "Threads:" && status >> threads) return threads;
    }
    return -1;
  }
  std::string Log() const { return ReadAll(log_file_); }
  std::string Output() const { return ReadAll(log_file_ + ".out"); }

 private:
  const std::string port_file_, log_file_;
  pid_t pid_ = 0;
  int status_ = 0;
};

constexpr std::string_view kStudy =
    "study { name: 'a' sampler { random {} } space { parameters { name: 'x' distribution { float { low: 0 high: 1 } } } } }";

class ProcessTest : public ::testing::Test {
 protected:
  std::vector<std::string> Arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"--db", directory_.File("studies.db"), "--listen", "127.0.0.1:0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  TestDirectory directory_;
};

TEST_F(ProcessTest, ServesAndKeepsWhatItWasTold) {
  v1::Trial told;
  {
    Parzend parzend(directory_, Arguments());
    const auto stub = v1::Optimizer::NewStub(ConnectTo(parzend.Port()));
    Must(stub.get(), &Stub::CreateStudy, kStudy);
    const auto asked = Must(stub.get(), &Stub::Ask, "study: 'a'");
    told = Must(stub.get(), &Stub::Tell, absl::StrCat("outcomes { trial {", TextOf(asked.trials(0).handle()), "} values: 0.5 }"))
               .trials(0);
    parzend.Signal(SIGKILL);  // as a power cut
    EXPECT_EQ(parzend.Wait(), -SIGKILL);
  }
  unlink(directory_.File("a.port").c_str());
  Parzend parzend(directory_, Arguments());
  const auto stub = v1::Optimizer::NewStub(ConnectTo(parzend.Port()));
  EXPECT_EQ(Must(stub.get(), &Stub::GetTrial, "study: 'a' view: BASIC").SerializeAsString(), told.SerializeAsString());
}

TEST_F(ProcessTest, EndsGracefullyWithStreamsOpen) {
  Parzend parzend(directory_, Arguments({"--log-level", "debug", "--log-json"}));
  const auto channel = ConnectTo(parzend.Port());
  const auto stub = v1::Optimizer::NewStub(channel);
  Must(stub.get(), &Stub::CreateStudy, kStudy);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchStudyResponse>>> watches;
  for (int i = 0; i < 20; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(stub->WatchStudy(contexts.back().get(), Proto<v1::WatchStudyRequest>("study: 'a'")));
    v1::WatchStudyResponse first;
    ASSERT_TRUE(watches.back()->Read(&first));
  }
  Must(stub.get(), &Stub::Ask, "study: 'a'");
  parzend.Signal(SIGTERM);
  for (auto& watch : watches) {
    v1::WatchStudyResponse response;
    while (watch->Read(&response)) {
    }
    EXPECT_EQ(Spell(watch->Finish()), "UNAVAILABLE SHUTTING_DOWN");
  }
  EXPECT_EQ(parzend.Wait(), 0) << parzend.Log();
  struct stat wal{};
  EXPECT_NE(stat((directory_.File("studies.db") + "-wal").c_str(), &wal), 0);  // checkpointed and gone
  EXPECT_THAT(parzend.Log(), HasSubstr(R"("event":"rpc","method":"Ask","code":"OK")"));
  EXPECT_THAT(parzend.Log(), HasSubstr(R"("event":"stopped")"));
}

TEST_F(ProcessTest, WatchesAndIdleWorkersCostNoThreads) {
  Parzend parzend(directory_, Arguments());
  const int port = parzend.Port();
  const auto stub = v1::Optimizer::NewStub(ConnectTo(port));
  Must(stub.get(), &Stub::CreateStudy, kStudy);
  std::vector<std::shared_ptr<grpc::Channel>> workers;
  for (int i = 0; i < 300; ++i) {
    workers.push_back(ConnectTo(port));
    EXPECT_EQ(workers.back()->GetState(true), GRPC_CHANNEL_IDLE);
  }
  for (const auto& worker : workers) {
    ASSERT_TRUE(worker->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(60)));
  }
  const int before = parzend.Threads();
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchStudyResponse>>> watches;
  for (int i = 0; i < 100; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(
        v1::Optimizer::NewStub(workers[i])->WatchStudy(contexts.back().get(), Proto<v1::WatchStudyRequest>("study: 'a'")));
    v1::WatchStudyResponse first;
    ASSERT_TRUE(watches.back()->Read(&first));
  }
  Must(stub.get(), &Stub::Ask, "study: 'a' count: 10");
  for (auto& watch : watches) {
    v1::WatchStudyResponse change;
    EXPECT_TRUE(watch->Read(&change));
  }
  // gRPC's pools and ours, whatever the machine: far from one a stream or a connection.
  EXPECT_GT(before, 0);
  EXPECT_LT(parzend.Threads(), 60 + 4 * static_cast<int>(std::thread::hardware_concurrency()));
  for (auto& context : contexts) context->TryCancel();
}

TEST_F(ProcessTest, ListensOnAUnixSocket) {
  const std::string address = "unix:" + directory_.File("socket");
  Parzend parzend(directory_, {"--db", directory_.File("studies.db"), "--listen", address});
  EXPECT_EQ(parzend.Port(), 0);
  const auto stub = v1::Optimizer::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  EXPECT_EQ(Try(stub.get(), &Stub::GetServerInfo, ""), "OK");
}

TEST_F(ProcessTest, SigintEndsItToo) {
  Parzend parzend(directory_, Arguments());
  parzend.Port();
  parzend.Signal(SIGINT);
  EXPECT_EQ(parzend.Wait(), 0);
}

// One clear line, exit 1.
void ExpectRefusal(Parzend* parzend, const std::string& why) {
  EXPECT_EQ(parzend->Wait(), 1);
  const std::string log = parzend->Log();
  EXPECT_THAT(log, ::testing::StartsWith("parzend: "));
  EXPECT_THAT(log, HasSubstr(why));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
}

TEST_F(ProcessTest, ASecondOneOnTheSameFileRefuses) {
  Parzend first(directory_, Arguments());
  const auto stub = v1::Optimizer::NewStub(ConnectTo(first.Port()));
  Parzend second(directory_, Arguments(), "b");
  ExpectRefusal(&second, "studies.db");
  EXPECT_EQ(Try(stub.get(), &Stub::GetServerInfo, ""), "OK");
}

TEST_F(ProcessTest, ATakenPortIsRefused) {
  Parzend first(directory_, Arguments());
  const std::string address = absl::StrCat("127.0.0.1:", first.Port());
  Parzend second(directory_, {"--db", directory_.File("other.db"), "--listen", address}, "b");
  ExpectRefusal(&second, absl::StrCat("cannot listen on ", address, ": Address already in use"));
}

TEST_F(ProcessTest, AForeignFileIsRefusedAndLeftAlone) {
  const std::string path = directory_.File("studies.db");
  std::ofstream(path) << std::string(5000, 'x');
  Parzend parzend(directory_, Arguments());
  ExpectRefusal(&parzend, "studies.db");
  EXPECT_EQ(ReadAll(path), std::string(5000, 'x'));
}

TEST_F(ProcessTest, OtherMachinesOnlyOnPurpose) {
  Parzend parzend(directory_, {"--db", directory_.File("studies.db"), "--listen", "0.0.0.0:0"});
  ExpectRefusal(&parzend, "--insecure");
}

TEST_F(ProcessTest, VersionAndMistakes) {
  Parzend version(directory_, {"--version"}, "v");
  EXPECT_EQ(version.Wait(), 0);
  EXPECT_EQ(version.Output(), absl::StrCat("parzend ", PARZEN_VERSION, "\n"));
  Parzend mistake(directory_, {"--no-such-flag"}, "m");
  EXPECT_EQ(mistake.Wait(), 2);
}

// The services that standard tools look for, by the bytes of their requests.
TEST_F(ProcessTest, HealthAndReflection) {
  Parzend parzend(directory_, Arguments());
  grpc::GenericStub stub(ConnectTo(parzend.Port()));
  const auto call = [&stub](const std::string& method, const std::string& bytes) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    void* tag = nullptr;
    bool ok = false;
    auto stream = stub.PrepareCall(&context, method, &queue);
    stream->StartCall(nullptr);
    queue.Next(&tag, &ok);
    stream->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    queue.Next(&tag, &ok);
    grpc::ByteBuffer response;
    stream->Read(&response, nullptr);
    queue.Next(&tag, &ok);
    std::string answer;
    std::vector<grpc::Slice> slices;
    if (ok && response.Dump(&slices).ok()) {
      for (const grpc::Slice& part : slices) answer.append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
    grpc::Status status;
    stream->Finish(&status, nullptr);
    queue.Next(&tag, &ok);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return answer;
  };
  EXPECT_EQ(call("/grpc.health.v1.Health/Check", ""), "\x08\x01");  // SERVING
  const std::string services =
      call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "\x3a\x01*");  // list_services
  EXPECT_THAT(services, HasSubstr("parzen.v1.Optimizer"));
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));
  const std::string symbol = "parzen.v1.Optimizer";
  EXPECT_THAT(call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                   absl::StrCat("\x22", std::string(1, static_cast<char>(symbol.size())), symbol)),
              HasSubstr("CreateStudyRequest"));
  const std::string health = "grpc.health.v1.Health";
  EXPECT_THAT(call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                   absl::StrCat("\x22", std::string(1, static_cast<char>(health.size())), health)),
              HasSubstr("HealthCheckRequest"));
}

}  // namespace
}  // namespace parzen
