// One unary call, from its bytes to its answer.
//
// Calls come in as bytes and are parsed here rather than by gRPC: gRPC answers bytes that do not parse with a bare UNIMPLEMENTED,
// we with INVALID_ARGUMENT and what is wrong; and a request lives on one arena with its answer.

#ifndef PARZEN_SERVER_RPC_CALL_H_
#define PARZEN_SERVER_RPC_CALL_H_

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "server/rpc/call_meter.h"
#include "server/security/gate.h"
#include "server/security/method.h"

namespace parzen::rpc {

// What all unary calls of a server share, whichever front they are for.
struct CallGate {
  int64_t max_calls = 10'000;       // at a time; more are refused: RESOURCE_EXHAUSTED LIMIT_CALLS
  int64_t slow_micros = 1'000'000;  // slower ones are logged at level info
  int64_t max_bytes = 4 << 20;      // of a request; larger ones are refused: RESOURCE_EXHAUSTED LIMIT_MESSAGE
  std::atomic<int64_t> calls{0};
  std::atomic<bool> draining{false};  // new calls are refused: UNAVAILABLE SHUTTING_DOWN
  security::Gate* access = nullptr;   // who may call; null: everybody
  CallMeter* meter = nullptr;         // told of each call; null: nobody measures
};

// What a call is about, for its log line.
struct CallSubject {
  std::string study;   // a name, or a uid in hex where the call names only trials
  int64_t trial = -1;  // the first one's number; -1: none
  std::string request_id = {};
};

// Parses a message; INVALID_ARGUMENT BAD_FIELD where the bytes are none, or a string in them is no UTF-8.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message);
// A call may arrive without a request, because the client has sent none or because it has given the call up in the meantime; gRPC
// says which only a moment later. Calls `then` after that moment, on a thread of gRPC's.
void WhenCancellationIsKnown(std::function<void()> then);
// RESOURCE_EXHAUSTED LIMIT_MESSAGE for a request of more than `most` bytes.
absl::Status CheckSize(const grpc::ByteBuffer& bytes, int64_t most);
// RESOURCE_EXHAUSTED LIMIT_ANSWER for a message that protobuf cannot carry.
absl::Status SerializeMessage(const google::protobuf::MessageLite& message, grpc::ByteBuffer* bytes);

// Made by a front's handler, ended by Answer or Fail: one of them, once, from any thread. That frees it.
//
// A front derives a class that knows its requests: it admits the call, checks what the request touches, and says what the call is
// about (server/optimizer/call.h).
class UnaryCall {
 public:
  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;

  // Valid until the handler has returned, also after the call has ended.
  grpc::ServerUnaryReactor* reactor() const { return reactor_; }
  // Who calls; once admitted.
  const security::Caller& caller() const { return caller_; }

  // An empty message for the answer, on the call's arena.
  template <typename Response>
  Response* MakeResponse() {
    return google::protobuf::Arena::CreateMessage<Response>(&arena_);
  }

  void Answer(const google::protobuf::MessageLite& response);
  void Fail(const absl::Status& status);

 protected:
  const security::Method& method() const { return method_; }
  // All outlive the call.
  UnaryCall(const security::Method& method, CallGate* gate, grpc::CallbackServerContext* context, grpc::ByteBuffer* response);
  virtual ~UnaryCall();

  google::protobuf::Arena* arena() { return &arena_; }
  // What requests may hold; null: anything.
  const security::Limits* limits() const { return gate_->access == nullptr ? nullptr : &gate_->access->limits(); }
  // Admits the call and parses its request.
  absl::Status Admit(const grpc::ByteBuffer& bytes, google::protobuf::Message* request);
  // Asked when the call is logged.
  virtual CallSubject Subject() const = 0;

 private:
  void End(const absl::Status& status);
  void Log(const absl::Status& status) const;
  google::protobuf::ArenaOptions FirstBlock();

  const security::Method& method_;
  CallGate* const gate_;
  grpc::CallbackServerContext* const context_;
  grpc::ServerUnaryReactor* const reactor_;
  grpc::ByteBuffer* const response_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  security::Caller caller_;
  bool request_missing_ = false;
  alignas(8) std::array<char, 4096> first_block_;
  google::protobuf::Arena arena_;
};

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_CALL_H_
