// Recorded decisions of Optuna's pruners, read from the file that README.md describes.

#ifndef PARZEN_TESTS_GOLDEN_PRUNING_RECORDING_H_
#define PARZEN_TESTS_GOLDEN_PRUNING_RECORDING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sampler/history.h"
#include "sampler/pruner/pruner_config.h"

namespace parzen::golden {

struct PruningEvent {
  enum class Kind { kAsk, kReport, kTell } kind = Kind::kAsk;
  int64_t number = 0;
  int64_t step = 0;    // report
  double value = 0;    // report
  bool prune = false;  // report: what was decided
  Outcome outcome;     // tell
};

struct PruningRecording {
  std::string study_name;
  Direction direction = Direction::kMinimize;
  PrunerConfig pruner;
  std::vector<PruningEvent> events;
};

// Every line of a gzip file. Throws std::runtime_error where the file is not what README.md says.
std::vector<PruningRecording> ReadPruningRecordings(const std::string& path);

}  // namespace parzen::golden

#endif  // PARZEN_TESTS_GOLDEN_PRUNING_RECORDING_H_
