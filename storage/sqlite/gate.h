// Lets the writer run one transaction after the other, and somebody else in between when they ask for it. A mutex would not do:
// the writer comes back so soon that one who waits for the mutex may wait for ever.

#ifndef PARZEN_STORAGE_SQLITE_GATE_H_
#define PARZEN_STORAGE_SQLITE_GATE_H_

#include "base/mutex.h"

namespace parzen::storage::sqlite {

class Gate {
 public:
  // The writer's scope. Waits while another is inside, or waits to be.
  class Writing {
   public:
    explicit Writing(Gate* gate) : gate_(gate) {
      if (gate_ != nullptr) gate_->EnterToWrite();
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
    explicit Holding(Gate* gate) : gate_(gate) { gate_->EnterToHold(); }
    Holding(const Holding&) = delete;
    Holding& operator=(const Holding&) = delete;
    ~Holding() { gate_->Leave(); }

   private:
    Gate* const gate_;
  };

 private:
  void EnterToWrite() {
    const MutexLock lock(&mutex_);
    while (inside_ || waiting_ > 0) changed_.Wait(&mutex_);
    inside_ = true;
  }
  void EnterToHold() {
    const MutexLock lock(&mutex_);
    ++waiting_;
    while (inside_) changed_.Wait(&mutex_);
    --waiting_;
    inside_ = true;
  }
  void Leave() {
    {
      const MutexLock lock(&mutex_);
      inside_ = false;
    }
    changed_.NotifyAll();
  }

  Mutex mutex_;
  CondVar changed_;
  bool inside_ GUARDED_BY(mutex_) = false;
  int waiting_ GUARDED_BY(mutex_) = 0;  // to hold the gate
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_GATE_H_
