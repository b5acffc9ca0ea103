// CreateStudy: outside any live study. A request that made or found a study is kept for 24 hours.

#ifndef PARZEN_SERVER_ENGINE_CREATE_STUDY_H_
#define PARZEN_SERVER_ENGINE_CREATE_STUDY_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "server/engine/global_requests.h"
#include "server/engine/live_studies.h"
#include "server/engine/service.h"

namespace parzen::engine {

// A study as its record has it, without counts.
Study StudyOf(const storage::StudyRecord& record, std::shared_ptr<const StudyDefinition> definition);

class StudyCreator {
 public:
  StudyCreator(storage::Storage* storage, ThreadPool* readers, LiveStudies* studies, GlobalRequests* requests,
               std::function<int64_t()> wall_micros, int64_t max_studies)
      : storage_(storage),
        readers_(readers),
        studies_(studies),
        requests_(requests),
        wall_micros_(std::move(wall_micros)),
        max_studies_(max_studies) {}

  // Returns at once; the command is valid.
  void Create(CreateStudyCommand command, Done<Study> done);

 private:
  // On a reader thread.
  void Run(const CreateStudyCommand& command, Done<Study> done);
  void Recall(const CreateStudyCommand& command, const std::string& result, Done<Study> done);
  void FindExisting(const CreateStudyCommand& command, Done<Study> done);
  void Answer(uint64_t uid, Done<Study> done);
  // Takes one of the places that are left, until its study is made or refused.
  absl::Status TakePlace();
  void GivePlaceBack();

  storage::Storage* const storage_;
  ThreadPool* const readers_;
  LiveStudies* const studies_;
  GlobalRequests* const requests_;
  const std::function<int64_t()> wall_micros_;
  const int64_t max_studies_;
  Mutex places_mutex_;
  int64_t places_taken_ GUARDED_BY(places_mutex_) = 0;  // by studies that are being made
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_CREATE_STUDY_H_
