// One transaction of a study on its way to storage, and what follows once it is durable.

#ifndef PARZEN_SERVER_ENGINE_STUDY_BATCH_H_
#define PARZEN_SERVER_ENGINE_STUDY_BATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/study/face.h"
#include "storage/storage.h"

namespace parzen::engine {

// What a trial is to readers once its transaction is durable.
struct TrialEffect {
  int64_t number = 0;
  int64_t revision = 0;
  TrialState state = TrialState::kWaiting;
  bool imported = false;               // of a trial that appears with this transaction
  std::vector<double> candidate = {};  // objective values of a complete, feasible trial that ends with it; else empty
};

// Calls to be made with the outcome of a transaction, outside any lock.
using Answers = std::vector<std::function<void(absl::Status)>>;

struct Batch {
  std::vector<storage::Change> changes;
  std::vector<TrialEffect> effects;
  std::shared_ptr<const Face> face;  // where the study itself changes
  int64_t revision = 0;              // the last in it; 0 where it has none
  std::optional<storage::RequestRecord> request;
  bool deletes = false;  // the study
  Answers done;
};
using BatchPtr = std::shared_ptr<Batch>;

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_BATCH_H_
