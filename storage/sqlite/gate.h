// Lets the writer run one transaction after the other, and somebody else in between when they ask for it. A mutex would not do:
// the writer comes back so soon that one who waits for the mutex may wait for ever.

#ifndef PARZEN_STORAGE_SQLITE_GATE_H_
#define PARZEN_STORAGE_SQLITE_GATE_H_

#include <condition_variable>
#include <mutex>

namespace parzen::storage::sqlite {

class Gate {
 public:
  // The writer's scope. Waits while another is inside, or waits to be.
  class Writing {
   public:
    explicit Writing(Gate* gate) : gate_(gate) {
      if (gate_ == nullptr) return;
      std::unique_lock<std::mutex> lock(gate_->mutex_);
      gate_->changed_.wait(lock, [this] { return !gate_->inside_ && gate_->waiting_ == 0; });
      gate_->inside_ = true;
    }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing() {
      if (gate_ != nullptr) gate_->Leave();
    }

   private:
    Gate* const gate_;
  };

  // The scope of one whom the writer lets in.
  class Holding {
   public:
    explicit Holding(Gate* gate) : gate_(gate) {
      std::unique_lock<std::mutex> lock(gate_->mutex_);
      ++gate_->waiting_;
      gate_->changed_.wait(lock, [this] { return !gate_->inside_; });
      --gate_->waiting_;
      gate_->inside_ = true;
    }
    Holding(const Holding&) = delete;
    Holding& operator=(const Holding&) = delete;
    ~Holding() { gate_->Leave(); }

   private:
    Gate* const gate_;
  };

 private:
  void Leave() {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      inside_ = false;
    }
    changed_.notify_all();
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool inside_ = false;
  int waiting_ = 0;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_GATE_H_
