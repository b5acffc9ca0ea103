// CreateStudy: outside any live study. A request that made or found a study is kept for 24 hours.

#ifndef PARZEN_SERVER_ENGINE_CREATE_STUDY_H_
#define PARZEN_SERVER_ENGINE_CREATE_STUDY_H_

#include <functional>
#include <string>
#include <utility>

#include "server/engine/global_requests.h"
#include "server/engine/live_studies.h"
#include "server/engine/service.h"

namespace parzen::engine {

class StudyCreator {
 public:
  StudyCreator(storage::Storage* storage, ThreadPool* readers, LiveStudies* studies, GlobalRequests* requests,
               std::function<int64_t()> wall_micros)
      : storage_(storage), readers_(readers), studies_(studies), requests_(requests), wall_micros_(std::move(wall_micros)) {}

  // Returns at once; the command is valid.
  void Create(CreateStudyCommand command, Done<Study> done);

 private:
  // On a reader thread.
  void Run(const CreateStudyCommand& command, Done<Study> done);
  void Recall(const CreateStudyCommand& command, const std::string& result, Done<Study> done);
  void FindExisting(const CreateStudyCommand& command, Done<Study> done);
  void Answer(uint64_t uid, Done<Study> done);

  storage::Storage* const storage_;
  ThreadPool* const readers_;
  LiveStudies* const studies_;
  GlobalRequests* const requests_;
  const std::function<int64_t()> wall_micros_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_CREATE_STUDY_H_
