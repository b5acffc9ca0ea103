// What a StudyEngine holds of its study in memory, and what one transaction changes in it.

#ifndef PARZEN_SERVER_ENGINE_STUDY_STATE_H_
#define PARZEN_SERVER_ENGINE_STUDY_STATE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/definition/definition.h"
#include "server/engine/study/stored_draft.h"
#include "server/engine/types.h"
#include "storage/storage.h"

namespace parzen::engine {

// What is kept of every trial: 8 bytes. States are 0 before there is one.
struct TrialIndex {
  int32_t attempt = 0;
  uint8_t committed = 0;  // TrialState that readers see
  uint8_t staged = 0;     // TrialState after what is queued
  bool imported = false;
};

// An unfinished trial, or one whose end is not durable yet.
struct LiveTrial {
  storage::TrialRecord record;  // as staged, whole
  StoredDraft stored;
  bool ended() const { return record.state >= TrialState::kComplete; }
};

// The study itself, without its trials. Replaced whole when it changes.
struct Face {
  StudyState state = StudyState::kActive;
  std::shared_ptr<const StudyDefinition> definition;
  int32_t definition_version = 1;
  Attributes user_attrs;
  Attributes system_attrs;
  int64_t revision = 0;  // of its latest change, trials not included
};

// What a trial is to readers once its transaction is durable.
struct TrialEffect {
  int64_t number;
  int64_t revision;
  TrialState state;
  std::vector<double> candidate = {};  // objective values of a complete, feasible trial
};

// One queued transaction and what follows from it.
struct Batch {
  std::vector<storage::Change> changes;
  std::vector<TrialEffect> effects;
  std::shared_ptr<const Face> face;  // where the study itself changes
  int64_t revision = 0;              // the last in it; 0 where it has none
  std::optional<storage::RequestRecord> request;
  bool deletes = false;
  std::vector<std::function<void(absl::Status)>> done;  // called outside the mutex
};
using BatchPtr = std::shared_ptr<Batch>;

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_STATE_H_
