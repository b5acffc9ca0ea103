#include "clients/cpp/connection.h"

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "clients/cpp/addresses.h"
#include "clients/cpp/status.h"
#include "parzen/v1/parzen.grpc.pb.h"

namespace parzen {
inline namespace client {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{5'000};
// One attempt of a call that may try for ever: long enough for the slowest ask, short enough to notice a dead peer.
constexpr std::chrono::milliseconds kLongestAttempt{120'000};
constexpr std::chrono::milliseconds kTellAgain{30'000};  // one try of an outcome that is told in the background

uint64_t RandomBits() {
  thread_local std::mt19937_64 generator(std::random_device{}() ^ (static_cast<uint64_t>(std::random_device{}()) << 32));
  return generator();
}

std::string DefaultWorker() {
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) std::strncpy(host, "localhost", sizeof(host) - 1);
  return absl::StrFormat("%s-%d-%06x", host, getpid(), RandomBits() & 0xffffff);
}

}  // namespace

// gRPC cleans up on a thread of its own once its last user has gone, and a program that ends meanwhile may crash. Ours waits for
// it.
struct GrpcInUse {
  GrpcInUse() { grpc_init(); }
  ~GrpcInUse() { grpc_shutdown_blocking(); }
  GrpcInUse(const GrpcInUse&) = delete;
  GrpcInUse& operator=(const GrpcInUse&) = delete;
};

// One channel; replaced by a new one when a call over it has timed out, or the TLS files have changed. Calls under way keep
// theirs.
struct Connection::Line {
  size_t at = 0;  // which of the addresses
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Optimizer::Stub> stub;
};

struct Connection::Channel {
  GrpcInUse in_use;  // first: the others go before it
  Mutex mutex;
  CondVar woken;
  std::shared_ptr<Line> line GUARDED_BY(mutex);
  size_t at GUARDED_BY(mutex) = 0;  // where the next line goes
  bool cancelled GUARDED_BY(mutex) = false;
  std::set<grpc::ClientContext*> under_way GUARDED_BY(mutex);

  // False once the connection is cancelled.
  bool Enter(grpc::ClientContext* context) {
    const MutexLock lock(&mutex);
    if (!cancelled) under_way.insert(context);
    return !cancelled;
  }
  void Leave(grpc::ClientContext* context) {
    const MutexLock lock(&mutex);
    under_way.erase(context);
  }
  // Waits; false where the connection was cancelled meanwhile.
  bool Pause(std::chrono::milliseconds pause) {
    const auto end = Clock::now() + pause;
    const MutexLock lock(&mutex);
    while (!cancelled && woken.WaitUntil(&mutex, end)) {
    }
    return !cancelled;
  }
};

absl::StatusOr<std::shared_ptr<Connection>> Connection::Create(ClientOptions options) {
  if (options.address.empty()) {
    const char* from_environment = std::getenv("PARZEN_ADDRESS");
    options.address = from_environment != nullptr && *from_environment != '\0' ? from_environment : "127.0.0.1:7070";
  }
  PARZEN_ASSIGN_OR_RETURN(std::vector<std::string> addresses, AddressesIn(options.address));
  if (options.timeout <= std::chrono::milliseconds::zero()) {
    return absl::InvalidArgumentError("timeout must be greater than 0");
  }
  if (options.worker.empty()) options.worker = DefaultWorker();
  if (options.worker.size() > 256) {
    return absl::InvalidArgumentError(
        absl::StrFormat("worker has %d bytes, at most 256 are accepted", static_cast<int>(options.worker.size())));
  }
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Credentials> credentials, Credentials::Create(&options));
  return std::make_shared<Connection>(std::move(options), std::move(addresses), std::move(credentials));
}

Connection::Connection(ClientOptions options, std::vector<std::string> addresses, std::unique_ptr<Credentials> credentials)
    : options_(std::move(options)),
      addresses_(std::move(addresses)),
      credentials_(std::move(credentials)),
      channel_(std::make_unique<Channel>()) {
  leases_ = std::make_unique<LeaseKeeper>([this](const auto& request, std::chrono::milliseconds timeout, auto* response) {
    return RetryFor(timeout, &v1::Optimizer::Stub::Heartbeat, request, response);
  });
  tells_ = std::make_unique<TellKeeper>(
      [this](const auto& request, auto* response) { return RetryFor(kTellAgain, &v1::Optimizer::Stub::Tell, request, response); },
      [this](const HeldLease* lease) { leases_->Release(lease); });
}

Connection::~Connection() {
  Cancel();  // a Tell or Heartbeat under way
  tells_.reset();
  leases_.reset();
}

std::shared_ptr<Connection::Line> Connection::MakeLine(size_t at) const {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // A silent peer (a cut cable, a suspended machine, a NAT that has forgotten the connection) is noticed within 15 s of a call:
  // well before the call's own end, and before a lease of a minute has run out. The server allows pings every 5 s.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // any number
  // Else a new channel would take up the old one's connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, ProxyFor(addresses_[at]).has_value() ? 1 : 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // In truth how long an attempt may take: a far or busy server needs its time.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // Retries are ours: the library's own would not wait for a restart.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  if (options_.tls && !options_.tls->server_name.empty()) arguments.SetSslTargetNameOverride(options_.tls->server_name);
  auto line = std::make_shared<Line>();
  line->at = at;
  line->channel = grpc::CreateCustomChannel(addresses_[at], credentials_->ForChannel(), arguments);
  line->stub = v1::Optimizer::NewStub(line->channel);
  return line;
}

std::shared_ptr<Connection::Line> Connection::CurrentLine() {
  const bool renewed = credentials_->TlsChanged();
  const MutexLock lock(&channel_->mutex);
  if (channel_->line == nullptr || renewed) channel_->line = MakeLine(channel_->at);
  return channel_->line;
}

void Connection::GiveUp(const std::shared_ptr<Line>& line) {
  const MutexLock lock(&channel_->mutex);
  if (channel_->line == line) channel_->line = nullptr;
}

bool Connection::MoveOn(const std::shared_ptr<Line>& line) {
  if (addresses_.size() == 1) return false;
  const MutexLock lock(&channel_->mutex);
  if (channel_->line == line) {
    channel_->line = nullptr;
    channel_->at = (line->at + 1) % addresses_.size();
  }
  return true;
}

void Connection::Prepare(grpc::ClientContext* context) const {
  const std::string token = credentials_->Token();
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
}

absl::Status Connection::ToStatus(const grpc::Status& status, const Line& line) const {
  const std::optional<Proxy> proxy = ProxyFor(addresses_[line.at]);
  return FromGrpc(status, addresses_[line.at], proxy.has_value() ? &*proxy : nullptr);
}

template <typename Request, typename Response, typename Method>
absl::Status Connection::Retry(Method method, const Request& request, Response* response) {
  return RetryFor(options_.timeout, method, request, response);
}

template <typename Request, typename Response, typename Method>
absl::Status Connection::RetryFor(std::chrono::milliseconds timeout, Method method, const Request& request, Response* response) {
  const bool forever = timeout == ClientOptions::kForever;
  const Clock::time_point end = forever ? Clock::time_point::max() : Clock::now() + timeout;
  std::chrono::milliseconds pause = kFirstPause;
  size_t failures = 0;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::min(left, kLongestAttempt));
    Prepare(&context);
    const std::shared_ptr<Line> line = CurrentLine();
    if (!channel_->Enter(&context)) return absl::CancelledError("the client was cancelled");
    const grpc::Status status = (line->stub.get()->*method)(&context, request, response);
    channel_->Leave(&context);
    if (status.ok()) return absl::OkStatus();
    const bool timed_out = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
    // Whether the server is slow or the connection dead, a new one does no harm.
    if (timed_out) GiveUp(line);
    const bool away = status.error_code() == grpc::StatusCode::UNAVAILABLE;
    const bool again = away || (timed_out && left > kLongestAttempt);
    // A pause comes once none of the addresses has anybody.
    if (away && MoveOn(line) && ++failures % addresses_.size() != 0 && Clock::now() < end) continue;
    // Half of the pause is random: a thousand workers do not all return at once.
    const auto sleep = pause / 2 + std::chrono::milliseconds(RandomBits() % (pause.count() / 2 + 1));
    const absl::Status error = ToStatus(status, *line);
    if (!again || Clock::now() + sleep >= end) return error;
    if (options_.on_retry) options_.on_retry(error);
    if (!channel_->Pause(sleep)) return absl::CancelledError("the client was cancelled");
    pause = std::min(pause * 2, kLongestPause);
  }
}

absl::Status Connection::Call(const v1::CreateStudyRequest& request, v1::Study* response) {
  return Retry(&v1::Optimizer::Stub::CreateStudy, request, response);
}
absl::Status Connection::Call(const v1::GetStudyRequest& request, v1::Study* response) {
  return Retry(&v1::Optimizer::Stub::GetStudy, request, response);
}
absl::Status Connection::Call(const v1::ListStudiesRequest& request, v1::ListStudiesResponse* response) {
  return Retry(&v1::Optimizer::Stub::ListStudies, request, response);
}
absl::Status Connection::Call(const v1::UpdateStudyRequest& request, v1::Study* response) {
  return Retry(&v1::Optimizer::Stub::UpdateStudy, request, response);
}
absl::Status Connection::Call(const v1::DeleteStudyRequest& request, v1::DeleteStudyResponse* response) {
  return Retry(&v1::Optimizer::Stub::DeleteStudy, request, response);
}
absl::Status Connection::Call(const v1::AskRequest& request, v1::AskResponse* response) {
  return Retry(&v1::Optimizer::Stub::Ask, request, response);
}
absl::Status Connection::Call(const v1::TellRequest& request, v1::TellResponse* response) {
  return Retry(&v1::Optimizer::Stub::Tell, request, response);
}
absl::Status Connection::Call(const v1::ReportRequest& request, v1::ReportResponse* response) {
  return Retry(&v1::Optimizer::Stub::Report, request, response);
}
absl::Status Connection::Call(const v1::EnqueueRequest& request, v1::EnqueueResponse* response) {
  return Retry(&v1::Optimizer::Stub::Enqueue, request, response);
}
absl::Status Connection::Call(const v1::AddTrialsRequest& request, v1::AddTrialsResponse* response) {
  return Retry(&v1::Optimizer::Stub::AddTrials, request, response);
}
absl::Status Connection::Call(const v1::SuggestRequest& request, v1::SuggestResponse* response) {
  return Retry(&v1::Optimizer::Stub::Suggest, request, response);
}
absl::Status Connection::Call(const v1::UpdateTrialRequest& request, v1::Trial* response) {
  return Retry(&v1::Optimizer::Stub::UpdateTrial, request, response);
}
absl::Status Connection::Call(const v1::StopTrialRequest& request, v1::StopTrialResponse* response) {
  return Retry(&v1::Optimizer::Stub::StopTrial, request, response);
}
absl::Status Connection::Call(const v1::ExplainTrialRequest& request, v1::ExplainTrialResponse* response) {
  return Retry(&v1::Optimizer::Stub::ExplainTrial, request, response);
}
absl::Status Connection::Call(const v1::GetTrialRequest& request, v1::Trial* response) {
  return Retry(&v1::Optimizer::Stub::GetTrial, request, response);
}
absl::Status Connection::Call(const v1::ListTrialsRequest& request, v1::ListTrialsResponse* response) {
  return Retry(&v1::Optimizer::Stub::ListTrials, request, response);
}
absl::Status Connection::Call(const v1::BestTrialsRequest& request, v1::BestTrialsResponse* response) {
  return Retry(&v1::Optimizer::Stub::BestTrials, request, response);
}
absl::Status Connection::Call(const v1::RecommendTrialsRequest& request, v1::RecommendTrialsResponse* response) {
  return Retry(&v1::Optimizer::Stub::RecommendTrials, request, response);
}
absl::Status Connection::Call(const v1::GetServerInfoRequest& request, v1::ServerInfo* response) {
  return Retry(&v1::Optimizer::Stub::GetServerInfo, request, response);
}

absl::Status Connection::Watch(v1::WatchStudyRequest request,
                               const std::function<bool(const v1::WatchStudyResponse&)>& on_message) {
  const bool forever = options_.timeout == ClientOptions::kForever;
  Clock::time_point away_since = Clock::now();
  std::chrono::milliseconds pause = kFirstPause;
  while (true) {
    grpc::ClientContext context;
    Prepare(&context);
    if (!channel_->Enter(&context)) return absl::CancelledError("the client was cancelled");
    const std::shared_ptr<Line> line = CurrentLine();
    auto reader = line->stub->WatchStudy(&context, request);
    v1::WatchStudyResponse message;
    bool ended = false;
    while (!ended && reader->Read(&message)) {
      request.set_after_revision(std::max(request.after_revision(), message.revision()));
      away_since = Clock::now();
      pause = kFirstPause;
      ended = !on_message(message);
    }
    if (ended) context.TryCancel();
    const grpc::Status status = reader->Finish();
    channel_->Leave(&context);
    if (ended) return absl::OkStatus();
    const absl::Status error = ToStatus(status, *line);
    if (absl::IsUnavailable(error)) MoveOn(line);
    // A server that shuts down may end the stream in good order: then it is opened again too.
    const bool again = status.ok() || absl::IsUnavailable(error) || ErrorReason(error) == "SLOW_CONSUMER";
    if (!again || (!forever && Clock::now() - away_since >= options_.timeout)) {
      return error.ok() ? absl::UnavailableError("the server ended the watch") : error;
    }
    if (!channel_->Pause(pause)) return absl::CancelledError("the client was cancelled");
    pause = std::min(pause * 2, kLongestPause);
  }
}

void Connection::Cancel() {
  const MutexLock lock(&channel_->mutex);
  channel_->cancelled = true;
  for (grpc::ClientContext* context : channel_->under_way) context->TryCancel();
  channel_->woken.NotifyAll();
}

}  // namespace client
}  // namespace parzen
