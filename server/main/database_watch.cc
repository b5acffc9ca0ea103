#include "server/main/database_watch.h"

#include <chrono>
#include <string>
#include <utility>

#include "server/log/log.h"

namespace parzen {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kProbe{1000};
constexpr milliseconds kLook{200};

}  // namespace

// Two threads: a database that says nothing is waited for, and its silence must be seen meanwhile.
DatabaseWatch::DatabaseWatch(storage::Storage* storage, const placement::Membership* membership, Events events)
    : replicas_(storage->replicas()), membership_(membership), events_(std::move(events)) {
  if (replicas_ == nullptr) return;
  probing_ = std::make_unique<Every>(kProbe, [this] { Probe(); });
  looking_ = std::make_unique<Every>(kLook, [this] { Look(); });
}

void DatabaseWatch::Probe() {
  const steady_clock::time_point asked = steady_clock::now();
  const absl::Status reached = replicas_->Reach();
  answers_ = reached.ok();
  if (!reached.ok()) return;
  if (events_.answered) events_.answered(std::chrono::duration<double>(steady_clock::now() - asked).count());
  CheckSetbacks();
}

void DatabaseWatch::CheckSetbacks() {
  const absl::StatusOr<std::vector<storage::Setback>> found = replicas_->FindSetbacks();
  if (!found.ok()) return;
  absl::flat_hash_set<uint64_t> now;
  for (const storage::Setback& setback : *found) {
    now.insert(setback.uid);
    if (events_.went_back) events_.went_back(setback.uid);
    if (known_setbacks_.contains(setback.uid)) continue;
    log::Write(log::Level::kError, "study has gone back: acknowledged results are lost",
               {{"study", setback.name}, {"acknowledged_revision", setback.known}, {"revision", setback.found}});
  }
  known_setbacks_ = std::move(now);
  setbacks_ = static_cast<int64_t>(known_setbacks_.size());
}

void DatabaseWatch::Look() {
  const bool ready = membership_ != nullptr ? membership_->Holds() : answers_.load();
  if (ready_.exchange(ready) == ready) return;
  if (ready) {
    log::Write(log::Level::kInfo, "ready again: the database answers");
  } else {
    log::Write(log::Level::kWarn, "not ready: the database does not answer");
  }
  if (events_.changed) events_.changed(ready);
}

std::vector<storage::Figure> DatabaseWatch::Figures() const {
  if (replicas_ == nullptr) return {};
  return {{"studies_gone_back", "Studies of which acknowledged results are lost, and which are refused until that is accepted.",
           static_cast<double>(setbacks_.load())}};
}

}  // namespace parzen
