// One unary call, from its bytes to its answer, whatever carries it. A request lives on one arena with its answer.

#ifndef PARZEN_SERVER_RPC_CALL_H_
#define PARZEN_SERVER_RPC_CALL_H_

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call_context.h"
#include "server/rpc/call_meter.h"
#include "server/rpc/carrier.h"
#include "server/security/gate.h"
#include "server/security/method.h"

namespace parzen::rpc {

// What all calls of a server share, whichever front they are for and whatever carries them.
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

// Who calls, where that is somebody who may. Without a gate everybody comes in.
absl::StatusOr<security::Caller> AdmitCaller(security::Gate* access, const security::Method& method, const Carrier& carrier);

// Made by a front's handler, ended by Answer or Fail: one of them, once, from any thread. That frees it.
//
// A front derives a class that knows its requests: it admits the call, checks what the request touches, and says what the call is
// about (server/optimizer/call.h).
class UnaryCall {
 public:
  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;

  // Who calls; once admitted.
  const security::Caller& caller() const { return caller_; }

  // To be in force (CallScope) while the call's service is called.
  const std::shared_ptr<CallContext>& context() const { return context_; }

  // An empty message for the answer, on the call's arena.
  template <typename Response>
  Response* MakeResponse() {
    return google::protobuf::Arena::CreateMessage<Response>(&arena_);
  }

  void Answer(const google::protobuf::Message& response);
  void Fail(const absl::Status& status);

 protected:
  const security::Method& method() const { return method_; }
  // Method and gate outlive the call.
  UnaryCall(const security::Method& method, CallGate* gate, std::unique_ptr<Carrier> carrier);
  virtual ~UnaryCall();

  google::protobuf::Arena* arena() { return &arena_; }
  const Carrier& carrier() const { return *carrier_; }
  Carrier& carrier() { return *carrier_; }
  // What requests may hold; null: anything.
  const security::Limits* limits() const { return gate_->access == nullptr ? nullptr : &gate_->access->limits(); }
  // Admits the call and parses its request.
  absl::Status Admit(google::protobuf::Message* request);
  // Asked when the call is logged.
  virtual CallSubject Subject() const = 0;
  // Ends the call, with the answer that its carrier keeps or with what went wrong.
  void End(const absl::Status& status);

 private:
  void Log(const absl::Status& status) const;
  google::protobuf::ArenaOptions FirstBlock();

  const security::Method& method_;
  CallGate* const gate_;
  std::unique_ptr<Carrier> carrier_;
  const std::shared_ptr<CallContext> context_ = std::make_shared<CallContext>();
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  security::Caller caller_;
  alignas(8) std::array<char, 4096> first_block_;
  google::protobuf::Arena arena_;
};

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_CALL_H_
