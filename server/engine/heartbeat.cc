#include "server/engine/heartbeat.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine {
namespace {

using Reply = absl::StatusOr<HeartbeatReply>;

bool NeverWas(const Reply& reply) { return absl::IsNotFound(reply.status()) || absl::IsInvalidArgument(reply.status()); }

// One call. Each study's answers go to places of their own; whoever brings the last ones ends it.
struct Gathering {
  std::vector<Reply> replies;
  std::atomic<size_t> studies_left;
  Done<HeartbeatAnswer> done;

  void End() {
    const bool none = std::all_of(replies.begin(), replies.end(), NeverWas);
    HeartbeatAnswer answer;
    for (const Reply& reply : replies) {
      if (!reply.ok() && (none || !NeverWas(reply))) return done(reply.status());
      answer.answers.push_back(reply.ok() ? *reply : HeartbeatReply::kLeaseLost);
    }
    done(std::move(answer));
  }
};

}  // namespace

void StartHeartbeat(LiveStudies* studies, HeartbeatCommand command, Done<HeartbeatAnswer> done) {
  std::map<uint64_t, std::vector<size_t>> by_study;  // places in the call
  for (size_t i = 0; i < command.trials.size(); ++i) by_study[command.trials[i].study_uid].push_back(i);
  const auto gathering = std::make_shared<Gathering>();
  gathering->replies.assign(command.trials.size(), HeartbeatReply::kLeaseLost);
  gathering->studies_left = by_study.size();
  gathering->done = std::move(done);
  for (auto& [uid, places] : by_study) {
    std::vector<TrialHandle> trials;
    for (const size_t place : places) trials.push_back(command.trials[place]);
    studies->WithUid(
        uid, [gathering, places = std::move(places), trials = std::move(trials)](const absl::StatusOr<StudyPtr>& engine) {
          const std::vector<Reply> replies =
              engine.ok() ? verbs::Heartbeat(*engine, trials) : std::vector<Reply>(trials.size(), Reply(engine.status()));
          for (size_t i = 0; i < places.size(); ++i) gathering->replies[places[i]] = replies[i];
          if (--gathering->studies_left == 0) gathering->End();
        });
  }
}

}  // namespace parzen::engine
