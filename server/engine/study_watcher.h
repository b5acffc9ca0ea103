// A watch of one study, over whatever engine serves it: evicted and failed ones are loaded anew by the next Read.

#ifndef PARZEN_SERVER_ENGINE_STUDY_WATCHER_H_
#define PARZEN_SERVER_ENGINE_STUDY_WATCHER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/engine/live_studies.h"
#include "server/engine/service.h"
#include "server/engine/watch_hub.h"

namespace parzen::engine {

class StudyWatcher : public Watcher {
 public:
  StudyWatcher(LiveStudies* studies, uint64_t uid, WatchCommand command, std::function<void()> changed);
  ~StudyWatcher() override;
  StudyWatcher(const StudyWatcher&) = delete;
  StudyWatcher& operator=(const StudyWatcher&) = delete;

  void Read(Done<WatchBatch> done) override;
  int64_t revision() const override { return state_->revision.load(); }

 private:
  // What a Read under way holds.
  struct State {
    std::atomic<int64_t> revision;
    std::atomic<bool> first{true};
    std::shared_ptr<WatchHub> hub;
    std::shared_ptr<WatchHub::Seat> seat;
  };

  LiveStudies* const studies_;
  const uint64_t uid_;
  const WatchCommand command_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_WATCHER_H_
