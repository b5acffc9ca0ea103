#include "server/optimizer/connect/stream.h"

#include <atomic>
#include <utility>

#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/http/encoding.h"
#include "server/optimizer/connect/envelope.h"
#include "server/optimizer/connect/error_json.h"
#include "server/optimizer/connect/gzip.h"

#include <nlohmann/json.hpp>

namespace parzen::optimizer::connect {
namespace {

constexpr size_t kWorthCompressing = 1024;
constexpr int64_t kEnvelopeHead = 5;

std::string ContentType(Format format) {
  return format == Format::kJson ? "application/connect+json" : "application/connect+proto";
}

// The last message: how the stream ended.
std::string EndOfStream(const absl::Status& status) {
  nlohmann::json end = nlohmann::json::object();
  if (!status.ok()) end["error"] = ErrorObject(status);
  return MakeEnvelope(kEndOfStream, end.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

struct WatchCarrier::Link {
  const std::shared_ptr<http::Responder> responder;
  std::atomic<bool> dropped{false};  // the transport took a write no more
  Mutex mutex;
  Listener* listener GUARDED_BY(mutex) = nullptr;  // null: there is none yet, or no more, or it was told the last
  bool over GUARDED_BY(mutex) = false;             // what was the last has been, whether anybody listened or not

  explicit Link(std::shared_ptr<http::Responder> its_responder) : responder(std::move(its_responder)) {}

  // On the transport's thread. Held while the listener is called, which is not destroyed meanwhile.
  template <typename Act>
  void Tell(Act act) {
    const MutexLock lock(&mutex);
    if (listener != nullptr) act(listener);
  }
  void TellOver() {
    const MutexLock lock(&mutex);
    over = true;
    if (Listener* const last = std::exchange(listener, nullptr); last != nullptr) last->OnOver();
  }
};

WatchCarrier::WatchCarrier(Format format, http::Request request, std::shared_ptr<http::Responder> responder)
    : format_(format),
      request_(std::move(request)),
      gzip_(http::AcceptsGzip(request_.Header("connect-accept-encoding"))),
      link_(std::make_shared<Link>(std::move(responder))) {
  http::Head head{.content_type = ContentType(format)};
  if (gzip_) head.headers.emplace_back("Connect-Content-Encoding", "gzip");
  link_->responder->Begin(std::move(head));
}

WatchCarrier::~WatchCarrier() {
  const MutexLock lock(&link_->mutex);
  link_->listener = nullptr;
}

void WatchCarrier::Listen(Listener* listener) {
  {
    const MutexLock lock(&link_->mutex);
    if (link_->over) return listener->OnOver();
    link_->listener = listener;
  }
  link_->responder->OnGone([link = link_] { link->Tell([](Listener* it) { it->OnGone(); }); });
  if (const auto timeout = request_.timeout(); timeout && timeout->count() > 0) {
    link_->responder->After(*timeout, [weak = std::weak_ptr(link_)] {
      if (const auto link = weak.lock()) link->Tell([](Listener* it) { it->OnExpired(); });
    });
  }
}

absl::Status WatchCarrier::Read(int64_t most, google::protobuf::Message* request) {
  PARZEN_RETURN_IF_ERROR(request_.valid());
  PARZEN_ASSIGN_OR_RETURN(const std::string text, request_.TakeBody("", most + kEnvelopeHead));
  PARZEN_ASSIGN_OR_RETURN(const Envelope envelope, ParseEnvelope(text));
  std::string_view encoding;
  if ((envelope.flags & kCompressed) != 0) {
    encoding = request_.Header("connect-content-encoding");
    if (encoding.empty()) {
      return error::BadField(error::Field("connect-content-encoding"), "missing",
                             "gzip, for an envelope whose flags say compressed");
    }
  }
  PARZEN_ASSIGN_OR_RETURN(const std::string message, Uncompress(std::string(envelope.message), encoding, most));
  return ParseText(format_, message, request);
}

absl::Status WatchCarrier::Serialize(const google::protobuf::Message& response) {
  std::string text;
  PARZEN_RETURN_IF_ERROR(Print(format_, response, &text));
  std::string packed = gzip_ && text.size() >= kWorthCompressing ? Gzip(text) : std::string();
  envelope_ = packed.empty() ? MakeEnvelope(0, text) : MakeEnvelope(kCompressed, packed);
  return absl::OkStatus();
}

void WatchCarrier::Write() {
  const bool taken = link_->responder->Write(std::move(envelope_),
                                             [link = link_](bool ok) { link->Tell([ok](Listener* it) { it->OnWritten(ok); }); });
  if (!taken) link_->dropped = true;
}

void WatchCarrier::Finish(const absl::Status& status) {
  const bool taken = link_->responder->Write(EndOfStream(status), [link = link_](bool) {
    link->responder->End();
    link->TellOver();
  });
  if (!taken) link_->dropped = true;
}

void WatchCarrier::CutOff() { link_->responder->Abort(); }

bool WatchCarrier::abandoned() const { return link_->dropped; }

}  // namespace parzen::optimizer::connect
