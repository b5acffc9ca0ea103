// ListStudies: a page of study records from storage, each completed by its live engine (its counts).

#ifndef PARZEN_SERVER_ENGINE_LIST_STUDIES_H_
#define PARZEN_SERVER_ENGINE_LIST_STUDIES_H_

#include <memory>
#include <vector>

#include "server/engine/live_studies.h"
#include "server/engine/service.h"
#include "server/engine/thread_pool.h"
#include "storage/storage.h"

namespace parzen::engine {

class StudyLister : public std::enable_shared_from_this<StudyLister> {
 public:
  static void Start(storage::Storage* storage, ThreadPool* readers, LiveStudies* studies, ListStudiesCommand command,
                    Done<ListStudiesAnswer> done);

 private:
  StudyLister(storage::Storage* storage, ThreadPool* readers, LiveStudies* studies, ListStudiesCommand command,
              Done<ListStudiesAnswer> done)
      : storage_(storage), readers_(readers), studies_(studies), command_(std::move(command)), done_(std::move(done)) {}
  void ReadPage();
  void Next();

  storage::Storage* const storage_;
  ThreadPool* const readers_;
  LiveStudies* const studies_;
  const ListStudiesCommand command_;
  const Done<ListStudiesAnswer> done_;
  std::vector<storage::StudyRecord> records_;
  size_t next_ = 0;
  ListStudiesAnswer answer_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_LIST_STUDIES_H_
