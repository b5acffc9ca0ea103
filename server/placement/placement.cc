#include "server/placement/placement.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "server/error/error.h"
#include "server/log/log.h"
#include "server/placement/operations.h"

namespace parzen::placement {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kThreads = 4;  // that wait for the database
constexpr milliseconds kLook{5};
constexpr milliseconds kQuiet{2000};  // for what waits for changes to hear that there will be none
constexpr int kOrphansALook = 1000;
constexpr int64_t kLooksBetweenAdoptions = 5;
// A replica gives studies away where it has a quarter more to do than they have on average, and more than a trickle.
constexpr double kOverload = 1.25;
constexpr double kTrickle = 5;  // calls a second
constexpr size_t kStudiesABalance = 100;
constexpr int64_t kLooksBetweenBalances = 10;  // until the loads tell what the last one did

// Waits until `over`, looking again and again; false where the time was over first.
template <typename Predicate>
bool WaitUntil(steady_clock::time_point latest, Predicate over) {
  while (!over()) {
    if (steady_clock::now() >= latest) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

}  // namespace

Placement::Placement(storage::Storage* storage, Membership* membership, engine::Service* local,
                     std::shared_ptr<grpc::ChannelCredentials> credentials)
    : storage_(storage),
      replicas_(storage->replicas()),
      membership_(membership),
      local_(local),
      peers_(std::in_place, std::move(credentials)),
      later_(std::in_place, kThreads),
      router_(local, replicas_, membership, &*peers_, &*later_),
      peer_service_(&router_, membership) {
  membership_->Listen({.lapsed =
                           [this] {
                             router_.ForgetOwned();
                             local_->LetGo(0);
                           },
                       .ticked = [this] { Tick(); },
                       .load = [this] { return Load(); }});
}

// Whatever still runs for this one is waited for, however long it takes: it would touch what is gone. Each has an end, since the
// engine answers every call, and what would start anew is refused.
Placement::~Placement() {
  membership_->Hush();
  router_.Close();
  later_->Stop();
  peers_->Stop();
  while (!IsQuiet()) std::this_thread::sleep_for(kLook);
}

bool Placement::IsQuiet() const { return under_way_ == 0 && router_.running() == 0 && !looking_; }

double Placement::Load() {
  std::vector<OwnedStudy> calls = router_.TakeOwned();
  int64_t sum = 0;
  for (const OwnedStudy& study : calls) sum += study.calls;
  const MutexLock lock(&mutex_);
  calls_ = std::move(calls);
  return static_cast<double>(sum) * 1000 / static_cast<double>(Membership::kPeriod.count());
}

// On the thread that renews, which must not wait.
void Placement::Tick() {
  if (looking_.exchange(true)) return;
  later_->Post([this] {
    LookAround();
    looking_ = false;
  });
}

void Placement::LookAround() {
  if (!membership_->Refresh().ok()) return;
  const Roster roster = membership_->roster();
  peers_->Keep(roster);
  bool adopt = false, balance = false;
  {
    std::vector<int64_t> ids;
    for (const storage::Replica& replica : *roster) ids.push_back(replica.id);
    const MutexLock lock(&mutex_);
    ++looks_;
    if (ids != known_) adopt_until_ = looks_ + 2 * kLooksBetweenAdoptions;
    known_ = std::move(ids);
    adopt = looks_ <= adopt_until_ || looks_ % kLooksBetweenAdoptions == 0;
    balance = looks_ >= balance_after_;
  }
  if (leaving_ || !membership_->Holds()) return;
  if (adopt) Adopt();
  if (balance) Balance();
}

void Placement::Adopt() {
  const absl::StatusOr<std::vector<uint64_t>> orphans = replicas_->Orphans(kOrphansALook);
  if (!orphans.ok()) return;
  for (const uint64_t uid : *orphans) {
    const std::optional<storage::Replica> heir = membership_->HeirOf(uid, 0);
    if (!heir || heir->id != membership_->id()) continue;
    Route<TouchCommand, std::string>(operations::kTouch, {uid}, [](const absl::StatusOr<std::string>&) {});
  }
}

void Placement::Balance() {
  const Roster roster = membership_->roster();
  const storage::Replica* lightest = nullptr;
  double total = 0, mine = 0;
  int count = 0;
  for (const storage::Replica& replica : *roster) {
    if (replica.is_leaving) continue;
    ++count;
    total += replica.load;
    if (replica.id == membership_->id()) {
      mine = replica.load;
    } else if (lightest == nullptr || replica.load < lightest->load) {
      lightest = &replica;
    }
  }
  if (lightest == nullptr || mine <= kOverload * total / count + kTrickle) return;
  double surplus = std::min(mine - total / count, total / count - lightest->load);
  std::vector<uint64_t> uids;
  {
    const MutexLock lock(&mutex_);
    std::ranges::sort(calls_, std::greater(), &OwnedStudy::calls);
    for (const OwnedStudy& study : calls_) {
      const double load = static_cast<double>(study.calls) * 1000 / static_cast<double>(Membership::kPeriod.count());
      if (study.calls == 0 || uids.size() == kStudiesABalance) break;
      if (load > surplus) continue;
      surplus -= load;
      uids.push_back(study.uid);
    }
    balance_after_ = looks_ + kLooksBetweenBalances;
  }
  if (uids.empty()) return;
  log::Write(log::Level::kInfo, "studies go to a replica with less to do",
             {{"studies", static_cast<int64_t>(uids.size())}, {"replica", lightest->id}, {"address", lightest->address}});
  handed_over_ += static_cast<int64_t>(uids.size());
  router_.HandOver(uids, lightest->id);
}

void Placement::Drain(milliseconds bound) {
  const steady_clock::time_point latest = steady_clock::now() + bound;
  membership_->Refresh().IgnoreError();
  if (!membership_->HeirOf(1, membership_->id())) return;  // nobody else is there
  leaving_ = true;
  router_.TakeNoMore();
  if (const absl::Status told = replicas_->BeginToLeave(); !told.ok()) {
    const std::string message(told.message());
    log::Write(log::Level::kWarn, "others do not know that this replica leaves", {{"message", message}});
  }
  std::vector<uint64_t> uids;
  for (const OwnedStudy& study : router_.TakeOwned()) uids.push_back(study.uid);
  handed_over_ += static_cast<int64_t>(uids.size());
  router_.HandOver(uids, 0);
  const bool in_time = WaitUntil(latest, [this] { return router_.owned() == 0; });
  // And those that nobody has asked for here.
  replicas_->GiveAll().IgnoreError();
  local_->LetGo(0);
  log::Write(log::Level::kInfo, "studies handed over",
             {{"studies", static_cast<int64_t>(uids.size())}, {"calls", in_time ? "finished" : "cut off"}});
}

bool Placement::Shutdown(milliseconds grace) {
  const steady_clock::time_point latest = steady_clock::now() + grace;
  const bool answered = WaitUntil(latest, [this] { return under_way_.load() == 0; });
  router_.Close();
  later_->Hurry();  // what waits to be tried again hears that there will be nothing
  const auto left = std::chrono::duration_cast<milliseconds>(latest - steady_clock::now());
  const bool ended = local_->Shutdown(std::max(left, milliseconds(0)));
  replicas_->Leave().IgnoreError();
  local_->LetGo(0);  // ends what waits for changes
  membership_->Hush();
  peers_->Stop();
  const bool quiet = WaitUntil(steady_clock::now() + kQuiet, [this] { return IsQuiet(); });
  return answered && ended && quiet;
}

std::vector<storage::Figure> Placement::Figures() const {
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  return {{"replicas", "Replicas that live, this one included.", number(static_cast<int64_t>(membership_->roster()->size()))},
          {"replica_holds", "1 where this replica may answer for its studies.", membership_->Holds() ? 1.0 : 0.0},
          {"owned_studies", "Studies that this replica owns, of those that it was asked for.", number(router_.owned())},
          {"forwarded_calls", "Calls that were sent to other replicas so far.", number(peers_->forwarded())},
          {"taken_studies", "Studies that this replica took from nobody or from a dead replica so far.", number(router_.taken())},
          {"takeovers", "Studies that this replica took from a dead replica so far.", number(router_.taken_over())},
          {"handed_over_studies", "Studies that this replica gave to others so far.", number(handed_over_.load())}};
}

}  // namespace parzen::placement
