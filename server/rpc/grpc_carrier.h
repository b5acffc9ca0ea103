// gRPC as what carries a call.
//
// Calls come in as bytes and are parsed here rather than by gRPC: gRPC answers bytes that do not parse with a bare UNIMPLEMENTED,
// we with INVALID_ARGUMENT and what is wrong.

#ifndef PARZEN_SERVER_RPC_GRPC_CARRIER_H_
#define PARZEN_SERVER_RPC_GRPC_CARRIER_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/slice.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/rpc/carrier.h"

namespace parzen::rpc {

// In the trailing metadata of an answer that another server gave, and in the initial metadata of a stream: whom to call next
// (server/placement).
inline constexpr char kOwnerHeader[] = "parzen-owner";

// What the two kinds have in common: a call's context and its request.
class GrpcRequest {
 public:
  // Both outlive this.
  GrpcRequest(grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes);

  security::Origin origin() const {
    return {.authorization = Header("authorization"), .peer = peer_, .certificate_name = certificate_name_};
  }
  std::string_view Header(std::string_view name) const;
  std::chrono::system_clock::time_point deadline() const { return context_->deadline(); }
  bool expired() const;
  absl::Status Read(int64_t most, google::protobuf::Message* request);
  // A call may arrive without a request, because the client has sent none or because it has given the call up in the meantime;
  // gRPC says which only a moment later.
  void BeforeFailing(const absl::Status& status, std::function<void(const absl::Status&)> then) const;
  grpc::CallbackServerContext* context() const { return context_; }

 private:
  grpc::CallbackServerContext* const context_;
  const bool missing_;                   // there is no request
  const grpc::ByteBuffer* const bytes_;  // until it was read
  const std::string peer_;
  const std::string certificate_name_;  // of a verified client
};

absl::Status SerializeTo(const google::protobuf::Message& message, grpc::ByteBuffer* bytes);
// A message's bytes; it has less than 2 GiB.
grpc::Slice SliceOf(const google::protobuf::Message& message);

class GrpcCarrier final : public Carrier {
 public:
  // All outlive the call.
  GrpcCarrier(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* response)
      : request_(context, request), reactor_(context->DefaultReactor()), response_(response) {}

  // Valid until the handler has returned, also after the call has ended.
  grpc::ServerUnaryReactor* reactor() const { return reactor_; }

  security::Origin origin() const override { return request_.origin(); }
  std::string_view Header(std::string_view name) const override { return request_.Header(name); }
  std::chrono::system_clock::time_point deadline() const override { return request_.deadline(); }
  bool expired() const override { return request_.expired(); }
  absl::Status Read(int64_t most, google::protobuf::Message* request) override { return request_.Read(most, request); }
  absl::Status Serialize(const google::protobuf::Message& response) override { return SerializeTo(response, response_); }
  // Serialize for a large answer whose bytes were made piece by piece: messages' bytes one behind the other are those of one that
  // has all of their repeated fields' entries.
  absl::Status Keep(const std::vector<grpc::Slice>& pieces);
  void BeforeFailing(const absl::Status& status, std::function<void(const absl::Status&)> then) override {
    request_.BeforeFailing(status, std::move(then));
  }
  void NameOwner(std::string_view address) override;
  void Finish(const absl::Status& status) override;

 private:
  GrpcRequest request_;
  grpc::ServerUnaryReactor* const reactor_;
  grpc::ByteBuffer* const response_;
};

class GrpcStreamCarrier final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public StreamCarrier {
 public:
  // Both outlive the call.
  GrpcStreamCarrier(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) : request_(context, request) {}

  security::Origin origin() const override { return request_.origin(); }
  std::string_view Header(std::string_view name) const override { return request_.Header(name); }
  std::chrono::system_clock::time_point deadline() const override { return request_.deadline(); }
  bool expired() const override { return request_.expired(); }
  absl::Status Read(int64_t most, google::protobuf::Message* request) override { return request_.Read(most, request); }
  absl::Status Serialize(const google::protobuf::Message& response) override { return SerializeTo(response, &buffer_); }
  void BeforeFailing(const absl::Status& status, std::function<void(const absl::Status&)> then) override {
    request_.BeforeFailing(status, std::move(then));
  }
  void NameOwner(std::string_view address) override;
  void Listen(Listener* listener) override { listener_ = listener; }
  void Write() override { StartWrite(&buffer_); }
  void Finish(const absl::Status& status) override;
  void CutOff() override { request_.context()->TryCancel(); }

  void OnWriteDone(bool ok) override { listener_->OnWritten(ok); }
  void OnCancel() override { listener_->OnGone(); }
  void OnDone() override { listener_->OnOver(); }

 private:
  GrpcRequest request_;
  Listener* listener_ = nullptr;
  grpc::ByteBuffer buffer_;  // of the write in flight, of which there is one at most
};

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_GRPC_CARRIER_H_
