// What carries a call between its client and its handler: gRPC (grpc_carrier.h), or HTTP (server/optimizer/connect). A call knows
// of its transport only this much, so that every transport has the same calls.

#ifndef PARZEN_SERVER_RPC_CARRIER_H_
#define PARZEN_SERVER_RPC_CARRIER_H_

#include <google/protobuf/message.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "server/security/gate.h"

namespace parzen::rpc {

// Of a unary call. Used by one thread at a time.
class Carrier {
 public:
  virtual ~Carrier() = default;

  // Who calls, as far as the transport knows. Valid as long as the carrier is.
  virtual security::Origin origin() const = 0;
  // What the client says beside its request: the header (gRPC: metadata) of that name, in lower case; empty where there is none.
  // Valid as long as the carrier is.
  virtual std::string_view Header(std::string_view name) const = 0;
  // When the time that the client gives the call is over; max where it gives none.
  virtual std::chrono::system_clock::time_point deadline() const = 0;
  // Whether the time that the client gives the call was over when the call arrived.
  virtual bool expired() const = 0;
  // Reads the request, once. RESOURCE_EXHAUSTED LIMIT_MESSAGE where it has more than `most` bytes; INVALID_ARGUMENT BAD_FIELD
  // where it does not parse.
  virtual absl::Status Read(int64_t most, google::protobuf::Message* request) = 0;
  // Keeps the answer, which Finish or Write sends. RESOURCE_EXHAUSTED LIMIT_ANSWER for one that cannot be carried.
  virtual absl::Status Serialize(const google::protobuf::Message& response) = 0;
  // Tells the client, with the end of the call or with a stream's first message, which server to call for this study from now on:
  // HOST:PORT. Before that is sent; nothing where the transport has no place for it.
  virtual void NameOwner(std::string_view address) { (void)address; }
  // Calls `then` with what a call that fails is told: `status`, unless the transport learns of a better reason in a moment.
  virtual void BeforeFailing(const absl::Status& status, std::function<void(const absl::Status&)> then) { then(status); }
  // Ends the call, once: with the answer that is kept, or with what went wrong.
  virtual void Finish(const absl::Status& status) = 0;
};

// Of a call whose answers are a stream: Serialize and Write for each of them, then Finish. Nobody is called back from inside of
// Write or Finish.
class StreamCarrier : public Carrier {
 public:
  // Told what becomes of the stream, by any thread.
  class Listener {
   public:
    virtual ~Listener() = default;
    // The write in flight has ended; false: the client is not there any more.
    virtual void OnWritten(bool taken) = 0;
    // The client has hung up or given up.
    virtual void OnGone() = 0;
    // The time that the client gives the stream is over.
    virtual void OnExpired() = 0;
    // The last call, after Finish: the carrier may be destroyed.
    virtual void OnOver() = 0;
  };

  // Before the first Write; `listener` outlives the carrier. A stream may be finished before, by another thread: the listener
  // hears of its end all the same.
  virtual void Listen(Listener* listener) = 0;
  // Sends what was serialized; the next one after OnWritten.
  virtual void Write() = 0;
  // Breaks off the connection of a client that does not even take the end.
  virtual void CutOff() = 0;
  // Whether OnOver will not be called, because the transport itself has ended.
  virtual bool abandoned() const { return false; }
};

// Parses a message from protobuf's bytes; INVALID_ARGUMENT BAD_FIELD where they are none, or a string in them is no UTF-8.
absl::Status ParseBytes(std::string_view bytes, google::protobuf::Message* message);
// RESOURCE_EXHAUSTED LIMIT_MESSAGE for a request of `size` bytes, where that is more than `most`.
absl::Status CheckSize(uint64_t size, int64_t most);

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_CARRIER_H_
