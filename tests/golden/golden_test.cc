// Replays every recorded Optuna study, teacher-forced: each ask sees the recorded history, whatever was suggested before.

#include <cmath>
#include <string>

#include "gtest/gtest.h"
#include "sampler/make_sampler.h"
#include "tests/golden/recording.h"

namespace parzen::golden {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kStride = 6;  // every sixth study: sanitizers make it slow
#else
constexpr size_t kStride = 1;
#endif
constexpr size_t kShards = 4;
constexpr double kTolerance = 1e-9;  // of the range

// How far a suggestion is from the recorded value, in ranges; 0 or 1 for ints and categoricals.
double Distance(const Distribution& distribution, double suggested, double recorded) {
  const auto* d = std::get_if<FloatDistribution>(&distribution);
  if (d == nullptr || d->low == d->high) return suggested == recorded ? 0 : 1;
  if (d->log) return std::abs(std::log(suggested) - std::log(recorded)) / (std::log(d->high) - std::log(d->low));
  return std::abs(suggested - recorded) / (d->high - d->low);
}

class Replay {
 public:
  explicit Replay(const Recording& recording)
      : recording_(recording),
        history_(recording.directions),
        sampler_(MakeSampler(recording.config, recording.directions).value()) {}

  void Run() {
    for (const Event& event : recording_.events) {
      if (event.kind == Event::Kind::kEnqueue) {
        enqueued_.emplace(history_.size(), event.params);
        history_.Append(RowState::kWaiting);
      } else if (event.kind == Event::Kind::kAsk) {
        Ask(event);
      } else {
        history_.Finish(event.number, event.outcome);
      }
    }
  }

  int asks() const { return asks_; }
  int ties() const { return ties_; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void Ask(const Event& event) {
    ++asks_;
    ties_ += event.tie;
    Draft draft = sampler_->Start(history_, &recording_.space, event.number, streams_).value();
    if (event.number == history_.size()) {
      history_.Append(RowState::kRunning);
    } else {
      history_.SetState(event.number, RowState::kRunning);
    }
    std::map<std::string, double> fixed;
    if (const auto found = enqueued_.find(event.number); found != enqueued_.end()) fixed = found->second;
    Point point(recording_.space.size(), kAbsent);
    for (size_t i = 0; i < recording_.space.size(); ++i) {
      if (!recording_.space.IsActive(i, point)) continue;
      const Parameter& parameter = recording_.space[i];
      point[i] = event.params.at(parameter.name);
      double suggested = point[i];
      if (!fixed.contains(parameter.name)) {
        suggested = sampler_->SuggestParameter(history_, parameter.name, parameter.distribution, &draft).value();
      }
      if (!event.tie && !(Distance(parameter.distribution, suggested, point[i]) <= kTolerance)) {
        failures_.push_back(recording_.id + " trial " + std::to_string(event.number) + " " + parameter.name + ": suggested " +
                            std::to_string(suggested) + ", recorded " + std::to_string(point[i]));
      }
      history_.SetParam(event.number, parameter.name, parameter.distribution, point[i]);
    }
    history_.SetRelative(event.number, draft.relative);
    streams_ = draft.after;
  }

  const Recording& recording_;
  History history_;
  std::unique_ptr<Sampler> sampler_;
  StreamPositions streams_;
  std::map<int64_t, std::map<std::string, double>> enqueued_;
  int asks_ = 0, ties_ = 0;
  std::vector<std::string> failures_;
};

class GoldenTest : public testing::TestWithParam<std::tuple<const char*, size_t>> {};

template <size_t shard>
bool InShard(size_t index) {
  return index % kShards == shard && index / kShards % kStride == 0;
}

TEST_P(GoldenTest, EveryAskThatIsNoTieIsReproduced) {
  constexpr bool (*kWanted[kShards])(size_t) = {InShard<0>, InShard<1>, InShard<2>, InShard<3>};
  const auto& [file, shard] = GetParam();
  int asks = 0, ties = 0;
  for (const Recording& recording : ReadRecordings(std::string(GOLDEN_DIR) + "/" + file + ".jsonl.gz", kWanted[shard])) {
    Replay replay(recording);
    replay.Run();
    asks += replay.asks();
    ties += replay.ties();
    EXPECT_EQ(replay.failures().size(), 0u) << recording.id << ", " << replay.failures().size() << " parameters of "
                                            << replay.asks() << " asks differ; the first: " << replay.failures().front();
  }
  EXPECT_GT(asks, 100);
  EXPECT_LT(ties, asks / 10);
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenTest,
                         testing::Combine(testing::Values("optuna-5.0", "optuna-5.0-scalar", "optuna-2.9.1"),
                                          testing::Range(size_t{0}, kShards)));

}  // namespace
}  // namespace parzen::golden
