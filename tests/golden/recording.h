// Recorded Optuna studies, read from the files that README.md describes.

#ifndef PARZEN_TESTS_GOLDEN_RECORDING_H_
#define PARZEN_TESTS_GOLDEN_RECORDING_H_

#include <map>
#include <string>
#include <vector>

#include "sampler/history.h"
#include "sampler/make_sampler.h"
#include "sampler/space/space.h"

namespace parzen::golden {

struct Event {
  enum class Kind { kEnqueue, kAsk, kTell } kind = Kind::kAsk;
  int64_t number = 0;                    // ask, tell
  std::map<std::string, double> params;  // enqueue, ask: internal form
  bool tie = false;                      // ask: two candidates scored alike
  Outcome outcome;                       // tell
};

struct Recording {
  std::string id;
  SamplerConfig config;
  std::vector<Direction> directions;
  SearchSpace space;
  std::vector<Event> events;
};

// Every line of a gzip file of recordings. A line that `wanted` (by its index) refuses is not parsed. Throws std::runtime_error
// where the file is not what README.md says.
std::vector<Recording> ReadRecordings(const std::string& path, bool (*wanted)(size_t index));

}  // namespace parzen::golden

#endif  // PARZEN_TESTS_GOLDEN_RECORDING_H_
