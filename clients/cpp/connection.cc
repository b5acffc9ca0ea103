#include "clients/cpp/connection.h"

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "clients/cpp/addresses.h"
#include "clients/cpp/lines.h"
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
constexpr std::chrono::milliseconds kPatience{5'000};    // until a study's owner is asked whether it is still there

uint64_t RandomBits() {
  thread_local std::mt19937_64 generator(std::random_device{}() ^ (static_cast<uint64_t>(std::random_device{}()) << 32));
  return generator();
}

std::string DefaultWorker() {
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) std::strncpy(host, "localhost", sizeof(host) - 1);
  return absl::StrFormat("%s-%d-%06x", host, getpid(), RandomBits() & 0xffffff);
}

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// The owner that a server has named; empty: none.
std::string_view OwnerIn(const Metadata& metadata) {
  const auto found = metadata.find(kOwnerHeader);
  return found == metadata.end() ? std::string_view() : std::string_view(found->second.data(), found->second.size());
}

// What ends so at a study's owner is tried where the client was told to go.
bool IsServersFault(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::INTERNAL:
      return true;
    default:
      return false;
  }
}

bool TimedOut(const grpc::Status& status) { return status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED; }

absl::Status Cancelled() { return absl::CancelledError("the client was cancelled"); }

}  // namespace

// gRPC cleans up on a thread of its own once its last user has gone, and a program that ends meanwhile may crash. Ours waits for
// it.
struct GrpcInUse {
  GrpcInUse() { grpc_init(); }
  ~GrpcInUse() { grpc_shutdown_blocking(); }
  GrpcInUse(const GrpcInUse&) = delete;
  GrpcInUse& operator=(const GrpcInUse&) = delete;
};

struct Connection::UnderWay {
  GrpcInUse in_use;
  Mutex mutex;
  CondVar woken;
  bool cancelled GUARDED_BY(mutex) = false;
  std::set<grpc::ClientContext*> calls GUARDED_BY(mutex);

  // False once the connection is cancelled.
  bool Enter(grpc::ClientContext* context) {
    const MutexLock lock(&mutex);
    if (!cancelled) calls.insert(context);
    return !cancelled;
  }
  void Leave(grpc::ClientContext* context) {
    const MutexLock lock(&mutex);
    calls.erase(context);
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
    : options_(std::move(options)), credentials_(std::move(credentials)), under_way_(std::make_unique<UnderWay>()) {
  // A token is shown in plain text only where whoever made this connection wants it.
  const bool elsewhere = options_.tls.has_value() || (options_.token.empty() && options_.token_file.empty());
  lines_ = std::make_unique<Lines>(
      std::move(addresses), credentials_.get(), options_.tls ? options_.tls->server_name : std::string(), elsewhere,
      [this](const Line& line, std::chrono::milliseconds bound) { return StorageIdAt(line, bound); });
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

void Connection::Prepare(grpc::ClientContext* context) const {
  const std::string token = credentials_->Token();
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
}

absl::Status Connection::ToStatus(const grpc::Status& status, const Line& line) const {
  const std::optional<Proxy> proxy = ProxyFor(line.address);
  return FromGrpc(status, line.address, proxy.has_value() ? &*proxy : nullptr);
}

std::string Connection::StorageIdAt(const Line& line, std::chrono::milliseconds bound) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + bound);
  Prepare(&context);
  if (!under_way_->Enter(&context)) return {};
  v1::ServerInfo info;
  const grpc::Status status = line.stub->GetServerInfo(&context, v1::GetServerInfoRequest(), &info);
  under_way_->Leave(&context);
  return status.ok() ? info.storage_id() : std::string();
}

bool Connection::ComesAtOnce(const LinePtr& line, const grpc::Status& status, std::chrono::milliseconds left, bool* is_slow) {
  const bool timed_out = TimedOut(status);
  if (!timed_out && !IsServersFault(status)) return false;
  *is_slow = timed_out && !*is_slow && left > std::chrono::milliseconds(0) &&
             !StorageIdAt(*line, std::min(left / 2, Lines::kIntroduction)).empty();
  if (!*is_slow) lines_->Leave(line);
  return left > std::chrono::milliseconds(0);
}

template <typename Request, typename Response, typename Method>
absl::Status Connection::Retry(Method method, const Request& request, Response* response) {
  return RetryFor(options_.timeout, method, request, response);
}

template <typename Request, typename Response, typename Method>
absl::Status Connection::RetryFor(std::chrono::milliseconds timeout, Method method, const Request& request, Response* response) {
  const bool forever = timeout == ClientOptions::kForever;
  const Clock::time_point end = forever ? Clock::time_point::max() : Clock::now() + timeout;
  const StudyKey study = StudyOf(request);
  const auto time_left = [end] { return std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()); };
  std::chrono::milliseconds pause = kFirstPause;
  size_t failures = 0;
  bool is_slow = false;
  while (true) {
    const LinePtr line = lines_->For(study, time_left());
    const std::chrono::milliseconds left = time_left();
    // An owner that says nothing leaves time for the others.
    const auto bound = line->is_straight && !is_slow ? std::min(left / 2, kPatience) : std::min(left, kLongestAttempt);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + bound);
    Prepare(&context);
    if (!under_way_->Enter(&context)) return Cancelled();
    const grpc::Status status = (line->stub.get()->*method)(&context, request, response);
    under_way_->Leave(&context);
    lines_->Learn(study, OwnerIn(context.GetServerTrailingMetadata()));
    if (status.ok()) return absl::OkStatus();
    if (line->is_straight && ComesAtOnce(line, status, time_left(), &is_slow)) continue;
    const bool timed_out = TimedOut(status);
    // Whether the server is slow or the connection dead, a new one does no harm.
    if (timed_out) lines_->GiveUp(line);
    const bool away = status.error_code() == grpc::StatusCode::UNAVAILABLE;
    const bool again = away || (timed_out && left > kLongestAttempt);
    // A pause comes once none of the addresses has anybody.
    if (away && lines_->MoveOn(line) && ++failures % lines_->addresses() != 0 && Clock::now() < end) continue;
    // Half of the pause is random: a thousand workers do not all return at once.
    const auto sleep = pause / 2 + std::chrono::milliseconds(RandomBits() % (pause.count() / 2 + 1));
    const absl::Status error = ToStatus(status, *line);
    if (!again || Clock::now() + sleep >= end) return error;
    if (options_.on_retry) options_.on_retry(error);
    if (!under_way_->Pause(sleep)) return Cancelled();
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
absl::Status Connection::Call(const v1::GetImportancesRequest& request, v1::GetImportancesResponse* response) {
  return Retry(&v1::Optimizer::Stub::GetImportances, request, response);
}
absl::Status Connection::Call(const v1::GetServerInfoRequest& request, v1::ServerInfo* response) {
  return Retry(&v1::Optimizer::Stub::GetServerInfo, request, response);
}

absl::Status Connection::Watch(v1::WatchStudyRequest request,
                               const std::function<bool(const v1::WatchStudyResponse&)>& on_message) {
  const bool forever = options_.timeout == ClientOptions::kForever;
  const StudyKey study = StudyOf(request);
  Clock::time_point away_since = Clock::now();
  std::chrono::milliseconds pause = kFirstPause;
  bool may_move = true;  // to the owner: once for each stream that breaks, should the owner prove to be no better
  while (true) {
    grpc::ClientContext context;
    Prepare(&context);
    const LinePtr line = lines_->For(study, kLongestAttempt);
    if (!under_way_->Enter(&context)) return Cancelled();
    auto reader = line->stub->WatchStudy(&context, request);
    v1::WatchStudyResponse message;
    bool ended = false, moves = false;
    for (bool first = true; !ended && !moves && reader->Read(&message); first = false) {
      request.set_after_revision(std::max(request.after_revision(), message.revision()));
      away_since = Clock::now();
      pause = kFirstPause;
      ended = !on_message(message);
      if (first && !line->is_straight) moves = lines_->Learn(study, OwnerIn(context.GetServerInitialMetadata())) && may_move;
    }
    if (ended || moves) context.TryCancel();
    const grpc::Status status = reader->Finish();
    under_way_->Leave(&context);
    if (ended) return absl::OkStatus();
    may_move = !moves;
    if (moves) continue;
    if (line->is_straight && IsServersFault(status)) {
      lines_->Leave(line);
      continue;
    }
    const absl::Status error = ToStatus(status, *line);
    if (absl::IsUnavailable(error)) lines_->MoveOn(line);
    // A server that shuts down may end the stream in good order: then it is opened again too.
    const bool again = status.ok() || absl::IsUnavailable(error) || ErrorReason(error) == "SLOW_CONSUMER";
    if (!again || (!forever && Clock::now() - away_since >= options_.timeout)) {
      return error.ok() ? absl::UnavailableError("the server ended the watch") : error;
    }
    if (!under_way_->Pause(pause)) return Cancelled();
    pause = std::min(pause * 2, kLongestPause);
  }
}

void Connection::Cancel() {
  const MutexLock lock(&under_way_->mutex);
  under_way_->cancelled = true;
  for (grpc::ClientContext* context : under_way_->calls) context->TryCancel();
  under_way_->woken.NotifyAll();
}

}  // namespace client
}  // namespace parzen
