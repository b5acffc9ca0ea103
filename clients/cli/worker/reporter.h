// Sends a trial's intermediate values in the background, in order and in batches: a server that is away never stops the command's
// output. What the server says of the trial, in answer to them or when its lease is renewed, is the verdict.

#ifndef PARZEN_CLIENTS_CLI_WORKER_REPORTER_H_
#define PARZEN_CLIENTS_CLI_WORKER_REPORTER_H_

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "parzen/trial.h"

namespace parzen::cli {

class Reporter {
 public:
  // `verdict_fd`, an eventfd, becomes readable when the server wants the trial to end.
  Reporter(Trial trial, int verdict_fd);
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
  void Send(const std::vector<IntermediateValue>& batch);

  Trial trial_;  // of the thread
  const int verdict_fd_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<IntermediateValue> queued_;
  bool sending_ = false, ending_ = false;
  Verdict verdict_ = Verdict::kGoOn;
  absl::Status refused_;
  std::thread thread_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_REPORTER_H_
