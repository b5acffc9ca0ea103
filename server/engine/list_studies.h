// ListStudies: a page of study records from storage, each completed by its live engine, or by a
// count of its trials where it is not live.

#ifndef PARZEN_SERVER_ENGINE_LIST_STUDIES_H_
#define PARZEN_SERVER_ENGINE_LIST_STUDIES_H_

#include <memory>
#include <utility>

#include "server/engine/live_studies.h"
#include "server/engine/service.h"
#include "server/engine/threads/thread_pool.h"
#include "storage/storage.h"

namespace parzen::engine {

class StudyLister {
 public:
  static void Start(storage::Storage* storage, ThreadPool* readers, LiveStudies* studies, ListStudiesCommand command,
                    Done<ListStudiesAnswer> done);

 private:
  StudyLister(storage::Storage* storage, LiveStudies* studies, ListStudiesCommand command, Done<ListStudiesAnswer> done)
      : storage_(storage), studies_(studies), command_(std::move(command)), done_(std::move(done)) {}
  void ReadPage();
  absl::Status Add(storage::StudyRecord record);

  storage::Storage* const storage_;
  LiveStudies* const studies_;
  const ListStudiesCommand command_;
  const Done<ListStudiesAnswer> done_;
  ListStudiesAnswer answer_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_LIST_STUDIES_H_
