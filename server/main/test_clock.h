// A clock for tests of the whole server, where PARZEN_TEST_CLOCK names a file: two 64-bit integers in the machine's byte order,
// microseconds that are added to the wall clock and to the monotonic clock. The file is mapped, so that a test that writes it
// sets the clocks of the running server: the wall clock forward and back, the monotonic clock forward (it never goes back: what
// is smaller than before stands still). Not for production.

#ifndef PARZEN_SERVER_MAIN_TEST_CLOCK_H_
#define PARZEN_SERVER_MAIN_TEST_CLOCK_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace parzen {

class TestClock {
 public:
  // INVALID_ARGUMENT where the file is not there or has not 16 bytes.
  static absl::StatusOr<std::unique_ptr<TestClock>> Open(const std::string& path);
  ~TestClock();
  TestClock(const TestClock&) = delete;
  TestClock& operator=(const TestClock&) = delete;

  // Any thread.
  int64_t WallMicros() const;
  int64_t MonotonicMicros();

 private:
  explicit TestClock(int64_t* shifts) : shifts_(shifts) {}

  int64_t* const shifts_;  // the mapped file: wall, monotonic
  std::atomic<int64_t> latest_{0};
};

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_TEST_CLOCK_H_
