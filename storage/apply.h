// What a change makes of a record: the one definition of UpdateTrial's and UpdateStudy's meaning, for whoever keeps records in
// memory beside a storage. Every storage does to its rows what these functions do to a record (tests/storage/contract.h checks
// it), so that memory and disk agree.

#ifndef PARZEN_STORAGE_APPLY_H_
#define PARZEN_STORAGE_APPLY_H_

#include "storage/records.h"
#include "storage/storage.h"

namespace parzen::storage {

// Sets the fields that the update sets; the others keep their values. `record` is the trial that the update names. Intermediate
// values stay in the order of their steps, attributes in the order of their keys' bytes.
void Apply(const UpdateTrial& update, TrialRecord* record);

// The same for the study itself.
void Apply(const UpdateStudy& update, StudyRecord* record);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_APPLY_H_
