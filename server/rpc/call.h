// One unary call, from its bytes to its answer.
//
// Calls come in as bytes and are parsed here rather than by gRPC: gRPC answers bytes that do not parse with a bare UNIMPLEMENTED,
// we with INVALID_ARGUMENT and what is wrong; and a request lives on one arena with its answer.

#ifndef PARZEN_SERVER_RPC_CALL_H_
#define PARZEN_SERVER_RPC_CALL_H_

#include <google/protobuf/arena.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "parzen/v1/parzen.pb.h"
#include "server/engine/service.h"
#include "server/engine/types.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_meter.h"
#include "server/security/gate.h"

namespace parzen::rpc {

// What all unary calls of a server share.
struct CallGate {
  int64_t max_calls = 10'000;       // at a time; more are refused: RESOURCE_EXHAUSTED LIMIT_CALLS
  int64_t slow_micros = 1'000'000;  // slower ones are logged at level info
  std::atomic<int64_t> calls{0};
  std::atomic<bool> draining{false};   // new calls are refused: UNAVAILABLE SHUTTING_DOWN
  security::Gate* access = nullptr;    // who may call; null: everybody
  CallMeter* meter = nullptr;          // told of each call; null: nobody measures
  engine::Service* service = nullptr;  // says which study a trial's handle belongs to
};

// What a call is about, for its log line.
struct CallSubject {
  std::string study;   // a name, or a uid in hex where the call names only trials
  int64_t trial = -1;  // the first one's number; -1: none
};

// Parses a message; INVALID_ARGUMENT BAD_FIELD where the bytes are none, or a string in them is no UTF-8.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message);
// RESOURCE_EXHAUSTED LIMIT_ANSWER for a message that protobuf cannot carry.
absl::Status SerializeMessage(const google::protobuf::MessageLite& message, grpc::ByteBuffer* bytes);

// 16 bytes of a UUID's 36-character text; BAD_FIELD "request_id" else.
absl::StatusOr<engine::RequestId> ParseRequestId(std::string_view text);

// Made by a handler, ended by Answer or Fail: one of them, once, from any thread. That frees it.
class UnaryCall {
 public:
  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;

  // Valid until the handler has returned, also after the call has ended.
  grpc::ServerUnaryReactor* reactor() const { return reactor_; }
  // The request_id and the hash of the rest of a mutating request; once opened.
  const engine::RequestKey& key() const { return key_; }
  // Who calls; once opened.
  const security::Caller& caller() const { return caller_; }

  // An empty message for the answer, on the call's arena.
  template <typename Response>
  Response* MakeResponse() {
    return google::protobuf::Arena::CreateMessage<Response>(&arena_);
  }

  void Answer(const google::protobuf::MessageLite& response);
  void Fail(const absl::Status& status) { End(status); }

 protected:
  UnaryCall(std::string_view method, CallGate* gate, grpc::CallbackServerContext* context, grpc::ByteBuffer* response);
  virtual ~UnaryCall();

  google::protobuf::Arena* arena() { return &arena_; }
  // Admits the call and parses its request.
  absl::Status Admit(const grpc::ByteBuffer& bytes, google::protobuf::Message* request);
  // `request` is without its request_id.
  absl::Status SetKey(std::string request_id, const google::protobuf::Message& request);
  virtual CallSubject Subject() const = 0;

 private:
  void End(const absl::Status& status);
  void Log(const absl::Status& status) const;
  google::protobuf::ArenaOptions FirstBlock();

  const std::string_view method_;
  CallGate* const gate_;
  grpc::CallbackServerContext* const context_;
  grpc::ServerUnaryReactor* const reactor_;
  grpc::ByteBuffer* const response_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::string request_id_;
  engine::RequestKey key_;
  security::Caller caller_;
  alignas(8) std::array<char, 4096> first_block_;
  google::protobuf::Arena arena_;
};

template <typename Request>
class TypedCall final : public UnaryCall {
 public:
  // `method` outlives the call.
  TypedCall(std::string_view method, CallGate* gate, grpc::CallbackServerContext* context, grpc::ByteBuffer* response)
      : UnaryCall(method, gate, context, response), request_(google::protobuf::Arena::CreateMessage<Request>(arena())) {}

  // Whether the call may go on; first of all.
  absl::Status Open(const grpc::ByteBuffer& bytes) {
    if (absl::Status admitted = Admit(bytes, request_); !admitted.ok()) return admitted;
    if (absl::Status allowed = CheckNamedStudy(caller(), *request_); !allowed.ok()) return allowed;
    if constexpr (requires { request_->clear_request_id(); }) {
      std::string id = request_->request_id();
      request_->clear_request_id();
      return SetKey(std::move(id), *request_);
    }
    return absl::OkStatus();
  }

  const Request& request() const { return *request_; }

 private:
  ~TypedCall() override = default;

  CallSubject Subject() const override;

  Request* const request_;
};

// A handle's study and number.
CallSubject SubjectOf(const v1::TrialHandle& handle);

template <typename Request>
CallSubject TypedCall<Request>::Subject() const {
  CallSubject subject;
  if constexpr (requires { request_->trial(); }) subject = SubjectOf(request_->trial());
  if constexpr (requires { request_->outcomes(); }) {
    if (request_->outcomes_size() > 0) subject = SubjectOf(request_->outcomes(0).trial());
  }
  if constexpr (requires { request_->reports(); }) {
    if (request_->reports_size() > 0) subject = SubjectOf(request_->reports(0).trial());
  }
  if constexpr (requires { request_->study().name(); }) {
    subject.study = request_->study().name();
  } else if constexpr (requires { request_->study(); }) {
    subject.study = request_->study();
  }
  if constexpr (requires { request_->number(); }) subject.trial = request_->number();
  return subject;
}

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_CALL_H_
