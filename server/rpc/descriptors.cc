#include "server/rpc/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace parzen::rpc {
namespace {

// Some container runtimes set limits of a billion, which no process uses and some libraries loop over.
constexpr rlim_t kMost = 1 << 20;
constexpr int kSpare = 64;

int Limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return static_cast<int>(std::min(limit.rlim_cur, kMost));
}

}  // namespace

int RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < std::min(limit.rlim_max, kMost)) {
    limit.rlim_cur = std::min(limit.rlim_max, kMost);
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  return Limit();
}

int ConnectionDescriptors() {
  const int limit = Limit();
  return limit - std::min(kSpare, limit / 8);
}

bool HasConnectionDescriptor() {
  const int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (lowest < 0) return false;
  close(lowest);
  return lowest < ConnectionDescriptors();
}

}  // namespace parzen::rpc
