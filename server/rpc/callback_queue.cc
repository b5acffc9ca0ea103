#include "server/rpc/callback_queue.h"

#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/completion_queue.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace parzen::rpc {
namespace {

std::atomic<int> running = 0;

// Runs what a queue brings until that is shut down.
void RunCallbacks(const std::shared_ptr<grpc::CompletionQueue>& queue) {
  for (;;) {
    const grpc_event event = grpc_completion_queue_next(queue->cq(), gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr);
    if (event.type == GRPC_QUEUE_SHUTDOWN) break;
    if (event.type != GRPC_OP_COMPLETE) continue;
    auto* const callback = static_cast<grpc_completion_queue_functor*>(event.tag);
    callback->functor_run(callback, event.success);
  }
  --running;
}

// One queue for all servers and channels of the program, while there are any.
class CallbackQueue {
 public:
  grpc::CompletionQueue* Take() {
    const MutexLock lock(&mutex_);
    if (users_++ == 0) {
      queue_ = std::make_shared<grpc::CompletionQueue>();
      const int threads = CallbackThreads(std::thread::hardware_concurrency());
      running += threads;
      for (int i = 0; i < threads; ++i) threads_.emplace_back(RunCallbacks, queue_);
    }
    return queue_.get();
  }

  // By any thread: the last one may be let go of in a callback.
  void GiveBack() {
    std::vector<std::thread> threads;
    {
      const MutexLock lock(&mutex_);
      if (--users_ > 0) return;
      std::exchange(queue_, nullptr)->Shutdown();
      threads.swap(threads_);
    }
    for (std::thread& thread : threads) {
      thread.get_id() == std::this_thread::get_id() ? thread.detach() : thread.join();
    }
  }

 private:
  Mutex mutex_;
  int users_ GUARDED_BY(mutex_) = 0;
  std::shared_ptr<grpc::CompletionQueue> queue_ GUARDED_BY(mutex_);  // its threads have it, too
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

// Never destroyed: servers may end after main has.
CallbackQueue& TheQueue() {
  static auto* const queue = new CallbackQueue;
  return *queue;
}

}  // namespace

// What is not called from here would not be linked: gRPC has what it needs.
void UseCallbackQueue() { TheQueue(); }

int RunningCallbackThreads() { return running; }

int CallbackThreads(unsigned cores) { return static_cast<int>(std::clamp(cores / 2, 1U, 16U)); }

}  // namespace parzen::rpc

// gRPC's names, by which its library finds these rather than its own.
namespace grpc {

CompletionQueue* CompletionQueue::CallbackAlternativeCQ() { return parzen::rpc::TheQueue().Take(); }

void CompletionQueue::ReleaseCallbackAlternativeCQ(CompletionQueue*) { parzen::rpc::TheQueue().GiveBack(); }

}  // namespace grpc
