#include "server/engine/global_requests.h"

#include <vector>

namespace parzen::engine {

void GlobalRequests::End(const RequestId& id) {
  std::vector<std::function<void()>> again;
  {
    const MutexLock lock(&mutex_);
    again = requests_.End(id);
  }
  for (const auto& call : again) call();
}

}  // namespace parzen::engine
