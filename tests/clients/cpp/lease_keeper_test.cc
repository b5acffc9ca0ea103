// LeaseKeeper, with Heartbeats that the tests answer: when they are sent, for which trials, and what is made of the answers.

#include "clients/cpp/lease_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <semaphore>
#include <set>
#include <thread>

namespace parzen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using Clock = LeaseKeeper::Clock;

constexpr double kShort = 0.03;  // seconds; renewed every ten milliseconds
constexpr int64_t kOther = 99;   // a trial that is renewed all the time

struct Beat {
  std::vector<int64_t> trials;
  milliseconds timeout;
  Clock::time_point at;
  bool Has(int64_t trial) const { return std::find(trials.begin(), trials.end(), trial) != trials.end(); }
};

class LeaseKeeperTest : public ::testing::Test {
 protected:
  std::shared_ptr<HeldLease> Hold(int64_t trial, double period) {
    auto lease = std::make_shared<HeldLease>(TrialHandle{7, trial, 0}, period);
    keeper_->Hold(lease);
    return lease;
  }
  // From now on a Heartbeat says this of the trial, where it is not CONTINUE.
  void Answer(int64_t trial, v1::HeartbeatResponse::Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[trial] = answer;
  }
  // The next Heartbeats fail, one after the other.
  void Fail(std::vector<absl::Status> failures) {
    const std::lock_guard lock(mutex_);
    failures_ = std::move(failures);
  }
  // The first `count` Heartbeats, once they have been sent.
  std::vector<Beat> Beats(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(sent_.wait_for(lock, seconds(300), [&] { return beats_.size() >= count; }));
    return beats_;
  }
  size_t Count() {
    const std::lock_guard lock(mutex_);
    return beats_.size();
  }
  // Whether a trial is in any of the Heartbeats that begin from now on; kOther is.
  bool IsRenewed(int64_t trial) {
    const size_t from = Count() + 1;  // one may have begun
    const std::vector<Beat> beats = Beats(from + 5);
    return std::any_of(beats.begin() + static_cast<std::ptrdiff_t>(from), beats.end(),
                       [&](const Beat& beat) { return beat.Has(trial); });
  }

 private:
  absl::Status Take(const v1::HeartbeatRequest& request, milliseconds timeout, v1::HeartbeatResponse* response) {
    const std::lock_guard lock(mutex_);
    Beat beat{{}, timeout, Clock::now()};
    for (const v1::TrialHandle& handle : request.trials()) {
      EXPECT_EQ(handle.study_uid(), 7);
      beat.trials.push_back(handle.number());
      const auto answer = answers_.find(handle.number());
      response->add_answers(answer == answers_.end() ? v1::HeartbeatResponse::CONTINUE : answer->second);
    }
    beats_.push_back(std::move(beat));
    sent_.notify_all();
    if (failures_.empty()) return absl::OkStatus();
    const absl::Status failure = failures_.front();
    failures_.erase(failures_.begin());
    return failure;
  }

  std::mutex mutex_;
  std::condition_variable sent_;
  std::vector<Beat> beats_;
  std::map<int64_t, v1::HeartbeatResponse::Answer> answers_;
  std::vector<absl::Status> failures_;

 protected:
  // The last: its thread uses the rest.
  std::unique_ptr<LeaseKeeper> keeper_ =
      std::make_unique<LeaseKeeper>([this](const v1::HeartbeatRequest& request, milliseconds timeout,
                                           v1::HeartbeatResponse* response) { return Take(request, timeout, response); });
};

// What a lease's callback is told while this lives.
class Events {
 public:
  explicit Events(std::shared_ptr<HeldLease> lease) : lease_(std::move(lease)) {
    lease_->SetCallback([this](LeaseEvent event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
      happened_.notify_all();
    });
  }
  ~Events() { lease_->SetCallback(nullptr); }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // All of them, once one has happened.
  std::vector<LeaseEvent> Wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(happened_.wait_for(lock, seconds(300), [this] { return !events_.empty(); }));
    return events_;
  }

 private:
  const std::shared_ptr<HeldLease> lease_;
  std::mutex mutex_;
  std::condition_variable happened_;
  std::vector<LeaseEvent> events_;
};

TEST_F(LeaseKeeperTest, RenewsAtAThirdOfThePeriodWhatIsDueTogether) {
  const Clock::time_point start = Clock::now();
  const auto first = Hold(1, 6), second = Hold(2, 6.3), later = Hold(3, 600);
  const Beat beat = Beats(1).front();
  EXPECT_THAT(beat.trials, UnorderedElementsAre(1, 2));
  EXPECT_GE(beat.at - start, seconds(2));
  EXPECT_LT(beat.at - start, seconds(6)) << "too late: the lease has run out";
  EXPECT_EQ(beat.timeout, seconds(1));
}

TEST_F(LeaseKeeperTest, RenewsUntilReleased) {
  const auto lease = Hold(1, kShort), other = Hold(kOther, kShort);
  EXPECT_TRUE(IsRenewed(1));
  keeper_->Release(lease.get());
  EXPECT_FALSE(IsRenewed(1));
}

TEST_F(LeaseKeeperTest, RenewsUntilNobodyHasIt) {
  auto lease = Hold(1, kShort);
  const auto other = Hold(kOther, kShort);
  EXPECT_TRUE(IsRenewed(1));
  lease.reset();
  EXPECT_FALSE(IsRenewed(1));
}

TEST_F(LeaseKeeperTest, AStopIsToldOnceAndTheLeaseRenewedOn) {
  const auto lease = Hold(1, kShort), other = Hold(kOther, kShort);
  Events events(lease);
  Answer(1, v1::HeartbeatResponse::STOP);
  events.Wait();
  EXPECT_TRUE(IsRenewed(1));
  EXPECT_THAT(events.Wait(), ElementsAre(LeaseEvent::kStopRequested));
  EXPECT_TRUE(lease->stop_requested());
  EXPECT_FALSE(lease->lost());
  EXPECT_FALSE(other->stop_requested());
}

TEST_F(LeaseKeeperTest, ALostLeaseIsToldAndRenewedNoMore) {
  const auto lease = Hold(1, kShort), other = Hold(kOther, kShort);
  Events events(lease);
  Answer(1, v1::HeartbeatResponse::LEASE_LOST);
  EXPECT_THAT(events.Wait(), ElementsAre(LeaseEvent::kLost));
  EXPECT_FALSE(IsRenewed(1));
  EXPECT_TRUE(lease->lost());
  EXPECT_FALSE(lease->stop_requested());
  EXPECT_FALSE(other->lost());
  EXPECT_THAT(Events(lease).Wait(), ElementsAre(LeaseEvent::kLost)) << "who asks later is told at once";
}

TEST_F(LeaseKeeperTest, WhatNoStudyHasIsLost) {
  Fail({absl::NotFoundError("no study with uid 7")});
  const auto lease = Hold(1, kShort);
  Events events(lease);
  EXPECT_THAT(events.Wait(), ElementsAre(LeaseEvent::kLost));
  const auto other = Hold(kOther, kShort);
  EXPECT_FALSE(IsRenewed(1));
}

TEST_F(LeaseKeeperTest, TriesAgainWhereTheServerIsAway) {
  Fail({absl::UnavailableError("restarting"), absl::DeadlineExceededError("hangs"), absl::UnavailableError("restarting")});
  Answer(1, v1::HeartbeatResponse::STOP);
  const auto lease = Hold(1, kShort);
  Events events(lease);
  EXPECT_THAT(events.Wait(), ElementsAre(LeaseEvent::kStopRequested));
  EXPECT_GE(Count(), 4);
  EXPECT_FALSE(lease->lost());
}

TEST_F(LeaseKeeperTest, ThousandsGoInSeveralHeartbeats) {
  constexpr int64_t kTrials = 2'500;
  std::vector<std::shared_ptr<HeldLease>> leases;
  for (int64_t trial = 0; trial < kTrials; ++trial) leases.push_back(Hold(trial, 0.3));
  std::set<int64_t> renewed;
  for (size_t count = 1; renewed.size() < kTrials; ++count) {
    const Beat beat = Beats(count)[count - 1];
    ASSERT_LE(beat.trials.size(), 1'000);
    renewed.insert(beat.trials.begin(), beat.trials.end());
  }
}

TEST_F(LeaseKeeperTest, EndsWhileALeaseIsNotDueForHours) {
  const auto lease = Hold(1, 86'400);
  keeper_.reset();
  EXPECT_EQ(Count(), 0);
}

TEST(LeaseKeeperEndTest, WaitsForAHeartbeatUnderWay) {
  std::counting_semaphore<> begun{0};
  std::atomic<bool> under_way = false;
  auto keeper = std::make_unique<LeaseKeeper>([&](const v1::HeartbeatRequest&, milliseconds, v1::HeartbeatResponse*) {
    under_way = true;
    begun.release();
    std::this_thread::sleep_for(milliseconds(50));
    under_way = false;
    return absl::OkStatus();
  });
  const auto lease = std::make_shared<HeldLease>(TrialHandle{7, 1, 0}, kShort);
  keeper->Hold(lease);
  begun.acquire();
  keeper.reset();
  EXPECT_FALSE(under_way);
}

}  // namespace
}  // namespace parzen
