#include "server/main/test_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"

namespace parzen {
namespace {

constexpr size_t kBytes = 2 * sizeof(int64_t);

template <typename TimeClock>
int64_t MicrosOf() {
  return std::chrono::duration_cast<std::chrono::microseconds>(TimeClock::now().time_since_epoch()).count();
}

int64_t Read(int64_t* shift) { return std::atomic_ref<int64_t>(*shift).load(std::memory_order_relaxed); }

}  // namespace

absl::StatusOr<std::unique_ptr<TestClock>> TestClock::Open(const std::string& path) {
  const auto refuse = [&path] {
    return absl::InvalidArgumentError(absl::StrCat("PARZEN_TEST_CLOCK: '", path, "' is no file of ", kBytes, " bytes"));
  };
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return refuse();
  struct stat info{};
  void* bytes = MAP_FAILED;
  if (fstat(file, &info) == 0 && info.st_size == static_cast<off_t>(kBytes)) {
    bytes = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  close(file);
  if (bytes == MAP_FAILED) return refuse();
  return std::unique_ptr<TestClock>(new TestClock(static_cast<int64_t*>(bytes)));
}

TestClock::~TestClock() { munmap(shifts_, kBytes); }

int64_t TestClock::WallMicros() const { return MicrosOf<std::chrono::system_clock>() + Read(&shifts_[0]); }

int64_t TestClock::MonotonicMicros() {
  const int64_t now = MicrosOf<std::chrono::steady_clock>() + Read(&shifts_[1]);
  int64_t latest = latest_.load(std::memory_order_relaxed);
  while (latest < now && !latest_.compare_exchange_weak(latest, now, std::memory_order_relaxed)) {
  }
  return std::max(latest, now);
}

}  // namespace parzen
