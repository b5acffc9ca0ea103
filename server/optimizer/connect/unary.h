// A unary call of the Connect protocol, as what carries it: the request is the body of a POST, its answer the body of 200, an
// error JSON with a status of HTTP's. https://connectrpc.com/docs/protocol, section "Unary RPCs".

#ifndef PARZEN_SERVER_OPTIMIZER_CONNECT_UNARY_H_
#define PARZEN_SERVER_OPTIMIZER_CONNECT_UNARY_H_

#include <memory>
#include <string>
#include <string_view>

#include "server/http/route.h"
#include "server/optimizer/connect/message.h"
#include "server/optimizer/connect/request.h"
#include "server/rpc/carrier.h"

namespace parzen::optimizer::connect {

class UnaryCarrier final : public rpc::Carrier {
 public:
  UnaryCarrier(Format format, http::Request request, std::shared_ptr<http::Responder> responder);

  security::Origin origin() const override { return request_.origin(); }
  std::string_view Header(std::string_view name) const override { return request_.Header(name); }
  std::chrono::system_clock::time_point deadline() const override { return request_.deadline(); }
  bool expired() const override { return request_.timeout() == std::chrono::milliseconds(0); }
  absl::Status Read(int64_t most, google::protobuf::Message* request) override;
  absl::Status Serialize(const google::protobuf::Message& response) override { return Print(format_, response, &answer_); }
  void Finish(const absl::Status& status) override;

 private:
  const Format format_;
  ConnectRequest request_;
  const std::shared_ptr<http::Responder> responder_;
  std::string answer_;
};

// Answers a call that failed.
void AnswerError(http::Responder* responder, const absl::Status& status);

}  // namespace parzen::optimizer::connect

#endif  // PARZEN_SERVER_OPTIMIZER_CONNECT_UNARY_H_
