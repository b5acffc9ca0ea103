// Sends a trial's intermediate values in the background, in order and in batches: a server that is away never stops the command's
// output. What the server says of the trial, in answer to them or when its lease is renewed, is the verdict.

#ifndef PARZEN_CLIENTS_CLI_WORKER_REPORTER_H_
#define PARZEN_CLIENTS_CLI_WORKER_REPORTER_H_

#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "parzen/trial.h"

namespace parzen::cli {

class Reporter {
 public:
  // `verdict_fd`, an eventfd, becomes readable when the server wants the trial to end. `patient`: values that are refused for
  // want of a permission are sent again until they are recorded; the token may be in the middle of being replaced.
  Reporter(Trial trial, int verdict_fd, bool patient);
  // Ends the thread; values that are still queued are dropped. A call under way ends with its client's Cancel, or when it is
  // answered.
  ~Reporter();
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  void Add(IntermediateValue value);
  // Waits until everything added is recorded or refused; the first refusal.
  absl::Status Flush();

  // What the server said of the trial so far.
  enum class Verdict { kGoOn, kPrune, kStop, kLost };
  Verdict verdict() const;

 private:
  void Loop();
  void SetVerdict(Verdict verdict);
  // Whether they are to be sent again.
  bool Send(const std::vector<IntermediateValue>& batch);

  Trial trial_;  // of the thread
  const int verdict_fd_;
  const bool patient_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<IntermediateValue> queued_ GUARDED_BY(mutex_);
  bool sending_ GUARDED_BY(mutex_) = false, ending_ GUARDED_BY(mutex_) = false;
  Verdict verdict_ GUARDED_BY(mutex_) = Verdict::kGoOn;
  absl::Status refused_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_REPORTER_H_
