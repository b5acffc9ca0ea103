// A watch of the Connect protocol, as what carries it: the request is one envelope, the answers are an envelope each, and the
// last envelope says how the stream ended. https://connectrpc.com/docs/protocol, section "Streaming RPCs".

#ifndef PARZEN_SERVER_OPTIMIZER_CONNECT_STREAM_H_
#define PARZEN_SERVER_OPTIMIZER_CONNECT_STREAM_H_

#include <memory>
#include <string>
#include <string_view>

#include "server/http/route.h"
#include "server/optimizer/connect/message.h"
#include "server/optimizer/connect/request.h"
#include "server/rpc/carrier.h"

namespace parzen::optimizer::connect {

class WatchCarrier final : public rpc::StreamCarrier {
 public:
  WatchCarrier(Format format, http::Request request, std::shared_ptr<http::Responder> responder);
  ~WatchCarrier() override;
  WatchCarrier(const WatchCarrier&) = delete;
  WatchCarrier& operator=(const WatchCarrier&) = delete;

  security::Origin origin() const override { return request_.origin(); }
  std::string_view Header(std::string_view name) const override { return request_.Header(name); }
  std::chrono::system_clock::time_point deadline() const override { return request_.deadline(); }
  bool expired() const override { return request_.timeout() == std::chrono::milliseconds(0); }
  void Listen(Listener* listener) override;
  absl::Status Read(int64_t most, google::protobuf::Message* request) override;
  absl::Status Serialize(const google::protobuf::Message& response) override;
  void Write() override;
  void Finish(const absl::Status& status) override;
  void CutOff() override;
  bool abandoned() const override;

 private:
  // What the transport's callbacks hold, which may outlive the carrier where the transport ends first.
  struct Link;

  const Format format_;
  ConnectRequest request_;
  const bool gzip_;  // the client takes it
  const std::shared_ptr<Link> link_;
  std::string envelope_;  // of the next write
};

}  // namespace parzen::optimizer::connect

#endif  // PARZEN_SERVER_OPTIMIZER_CONNECT_STREAM_H_
