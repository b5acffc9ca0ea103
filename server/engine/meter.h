// What the engine says of itself, to whoever counts or logs it.

#ifndef PARZEN_SERVER_ENGINE_METER_H_
#define PARZEN_SERVER_ENGINE_METER_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace parzen::engine {

// Called on the engine's own threads at every such event: cheap, and never blocks. Thread safe.
class Meter {
 public:
  virtual ~Meter() = default;

  // An Ask that handed out trials: how long it waited for the study's turn, sampled (other studies' turns in between included),
  // and waited for its commit.
  virtual void Asked(std::chrono::nanoseconds wait, std::chrono::nanoseconds sample, std::chrono::nanoseconds commit) = 0;
};

// Trials of one study whose leases ran out because nobody renewed them, as they were durably taken back together.
struct ExpiredLeases {
  struct Trial {
    int64_t number;
    int32_t attempt;  // the one that lost it
    bool failed;      // ended: the last retry, or it was asked to stop; else it is to be run again
  };
  std::string study;
  std::vector<Trial> trials;  // at least one, the earliest deadline first
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_METER_H_
