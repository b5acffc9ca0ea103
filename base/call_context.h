// What a call has beside its command, for layers that do not see its transport (server/placement): when its time is over, and
// whose trace it belongs to; and what such a layer says of its answer. The transport makes it, and a front has it in force on its
// thread while it calls what is below; who goes on with the call on another thread takes it along.

#ifndef PARZEN_BASE_CALL_CONTEXT_H_
#define PARZEN_BASE_CALL_CONTEXT_H_

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace parzen {

// One thread at a time, as the call itself.
struct CallContext {
  std::chrono::system_clock::time_point deadline = std::chrono::system_clock::time_point::max();  // max: none
  std::string trace_parent;  // W3C Trace Context; empty: none
  std::string answered_by;   // set before the answer, where another server gave it: its HOST:PORT
};

// While it lives, the context is in force on this thread.
class CallScope {
 public:
  explicit CallScope(std::shared_ptr<CallContext> context) : before_(std::exchange(Mine(), std::move(context))) {}
  ~CallScope() { Mine() = std::move(before_); }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  // Null where none is.
  static std::shared_ptr<CallContext> Current() { return Mine(); }

 private:
  static std::shared_ptr<CallContext>& Mine() {
    static thread_local std::shared_ptr<CallContext> mine;
    return mine;
  }

  std::shared_ptr<CallContext> before_;
};

}  // namespace parzen

#endif  // PARZEN_BASE_CALL_CONTEXT_H_
