// What the engine measures of itself, told to whoever counts it.

#ifndef PARZEN_SERVER_ENGINE_METER_H_
#define PARZEN_SERVER_ENGINE_METER_H_

#include <chrono>
#include <cstdint>

namespace parzen::engine {

// Called on the engine's own threads at every such event: cheap, and never blocks. Thread safe.
class Meter {
 public:
  virtual ~Meter() = default;

  // An Ask that handed out trials: how long it waited for the study's turn, sampled, and waited for its commit.
  virtual void Asked(std::chrono::nanoseconds wait, std::chrono::nanoseconds sample, std::chrono::nanoseconds commit) = 0;
  // So many trials lost their leases because nobody renewed them.
  virtual void LeasesExpired(int64_t trials) = 0;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_METER_H_
