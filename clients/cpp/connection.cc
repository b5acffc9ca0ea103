#include "clients/cpp/connection.h"

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
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

uint64_t RandomBits() {
  thread_local std::mt19937_64 generator(std::random_device{}() ^ (static_cast<uint64_t>(std::random_device{}()) << 32));
  return generator();
}

std::string DefaultWorker() {
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) std::strncpy(host, "localhost", sizeof(host) - 1);
  return absl::StrFormat("%s-%d-%06x", host, getpid(), RandomBits() & 0xffffff);
}

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::error_code error;
  // Reading a directory would throw.
  if (!std::filesystem::is_regular_file(path, error)) return absl::InvalidArgumentError(absl::StrFormat("tls: no file %s", path));
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return absl::InvalidArgumentError(absl::StrFormat("tls: cannot read %s", path));
  return text;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(std::optional<Tls>* tls) {
  if (!tls->has_value()) {
    Tls found{FromEnvironment("PARZEN_TLS_CA"), FromEnvironment("PARZEN_TLS_CERT"), FromEnvironment("PARZEN_TLS_KEY"), {}};
    if (found.ca_file.empty() && found.cert_file.empty() && found.key_file.empty()) return grpc::InsecureChannelCredentials();
    *tls = std::move(found);
  }
  if ((*tls)->cert_file.empty() != (*tls)->key_file.empty()) {
    return absl::InvalidArgumentError("tls needs both cert_file and key_file, or neither");
  }
  grpc::SslCredentialsOptions options;
  for (const auto& [file, text] : {std::pair{&(*tls)->ca_file, &options.pem_root_certs},
                                   {&(*tls)->cert_file, &options.pem_cert_chain},
                                   {&(*tls)->key_file, &options.pem_private_key}}) {
    absl::StatusOr<std::string> read = ReadFile(*file);
    if (!read.ok()) return read.status();
    *text = *std::move(read);
  }
  return grpc::SslCredentials(options);
}

// Whether it is HOST:PORT, or a target as gRPC spells it. gRPC would take anything else for another host or for its own port
// 443, and then wait for it. The Python client has the same rule.
bool IsAddress(std::string_view address) {
  const auto begins = [](std::string_view text, std::string_view scheme) {
    return text.starts_with(scheme) && text.size() > scheme.size();
  };
  if (begins(address, "unix:") || begins(address, "unix-abstract:")) return true;
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view host = address.substr(0, colon), digits = address.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return false;
  if (begins(host, "dns:") || begins(host, "ipv4:") || begins(host, "ipv6:")) return true;
  if (host.starts_with('[')) return host.size() > 2 && host.find(']') == host.size() - 1;
  return !host.empty() && host.find_first_of(":/[]") == std::string_view::npos;
}

// Not in the message: what was given may be a secret.
bool IsToken(const std::string& token) {
  return std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::string NewRequestId() {
  // A version 4 UUID (RFC 9562, section 5.4). From the OS each time: a forked child must not repeat its parent's.
  std::random_device device;
  uint32_t words[4];
  for (uint32_t& word : words) word = device();
  words[1] = (words[1] & 0xffff0fff) | 0x4000;
  words[2] = (words[2] & 0x3fffffff) | 0x80000000;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%04x%08x", words[0], words[1] >> 16, words[1] & 0xffff, words[2] >> 16,
                         words[2] & 0xffff, words[3]);
}

// gRPC cleans up on a thread of its own once its last user has gone, and a program that ends meanwhile may crash. Ours waits for
// it.
struct GrpcInUse {
  GrpcInUse() { grpc_init(); }
  ~GrpcInUse() { grpc_shutdown_blocking(); }
  GrpcInUse(const GrpcInUse&) = delete;
  GrpcInUse& operator=(const GrpcInUse&) = delete;
};

struct Connection::Channel {
  GrpcInUse in_use;  // first: the others go before it
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Optimizer::Stub> stub;
  std::mutex mutex;
  std::condition_variable woken;
  bool cancelled = false;                    // guarded by mutex
  std::set<grpc::ClientContext*> under_way;  // guarded by mutex

  // False once the connection is cancelled.
  bool Enter(grpc::ClientContext* context) {
    std::lock_guard lock(mutex);
    if (!cancelled) under_way.insert(context);
    return !cancelled;
  }
  void Leave(grpc::ClientContext* context) {
    std::lock_guard lock(mutex);
    under_way.erase(context);
  }
  // Waits; false where the connection was cancelled meanwhile.
  bool Pause(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex);
    return !woken.wait_for(lock, pause, [this] { return cancelled; });
  }
};

absl::StatusOr<std::shared_ptr<Connection>> Connection::Create(ClientOptions options) {
  if (options.address.empty()) {
    const char* from_environment = std::getenv("PARZEN_ADDRESS");
    options.address = from_environment != nullptr && *from_environment != '\0' ? from_environment : "127.0.0.1:7070";
  }
  if (!IsAddress(options.address)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("address: '%s' is not HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:7070", options.address));
  }
  if (options.timeout <= std::chrono::milliseconds::zero()) {
    return absl::InvalidArgumentError("timeout must be greater than 0");
  }
  if (options.worker.empty()) options.worker = DefaultWorker();
  if (options.worker.size() > 256) {
    return absl::InvalidArgumentError(
        absl::StrFormat("worker has %d bytes, at most 256 are accepted", static_cast<int>(options.worker.size())));
  }
  if (options.token.empty()) options.token = FromEnvironment("PARZEN_TOKEN");
  if (!IsToken(options.token)) return absl::InvalidArgumentError("token: accepted are ASCII characters without blanks");
  auto credentials = MakeCredentials(&options.tls);
  if (!credentials.ok()) return credentials.status();
  return std::make_shared<Connection>(std::move(options), *std::move(credentials));
}

Connection::Connection(ClientOptions options, std::shared_ptr<grpc::ChannelCredentials> credentials)
    : options_(std::move(options)), channel_(std::make_unique<Channel>()) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // A silent peer (a cut cable, a suspended machine) is noticed within about 50 s.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // In truth how long an attempt may take: a far or busy server needs its time.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // Retries are ours: the library's own would not wait for a restart.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  if (options_.tls && !options_.tls->server_name.empty()) arguments.SetSslTargetNameOverride(options_.tls->server_name);
  channel_->channel = grpc::CreateCustomChannel(options_.address, credentials, arguments);
  channel_->stub = v1::Optimizer::NewStub(channel_->channel);
  leases_ = std::make_unique<LeaseKeeper>([this](const auto& request, std::chrono::milliseconds timeout, auto* response) {
    return RetryFor(timeout, &v1::Optimizer::Stub::Heartbeat, request, response);
  });
}

Connection::~Connection() {
  Cancel();  // a Heartbeat under way
  leases_.reset();
}

void Connection::Prepare(grpc::ClientContext* context) const {
  if (!options_.token.empty()) context->AddMetadata("authorization", "Bearer " + options_.token);
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
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::min(left, kLongestAttempt));
    Prepare(&context);
    if (!channel_->Enter(&context)) return absl::CancelledError("the client was cancelled");
    const grpc::Status status = (channel_->stub.get()->*method)(&context, request, response);
    channel_->Leave(&context);
    if (status.ok()) return absl::OkStatus();
    const bool again = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                       (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED && left > kLongestAttempt);
    // Half of the pause is random: a thousand workers do not all return at once.
    const auto sleep = pause / 2 + std::chrono::milliseconds(RandomBits() % (pause.count() / 2 + 1));
    const absl::Status error = FromGrpc(status, options_.address);
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
    auto reader = channel_->stub->WatchStudy(&context, request);
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
    const absl::Status error = FromGrpc(status, options_.address);
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
  std::lock_guard lock(channel_->mutex);
  channel_->cancelled = true;
  for (grpc::ClientContext* context : channel_->under_way) context->TryCancel();
  channel_->woken.notify_all();
}

}  // namespace client
}  // namespace parzen
