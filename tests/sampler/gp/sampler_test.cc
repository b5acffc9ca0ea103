#include "sampler/gp/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace parzen {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Parameter Float(std::string name, double low = 0, double high = 1, bool log = false) {
  return {std::move(name), FloatDistribution{.low = low, .high = high, .log = log, .step = {}}, {}};
}
Parameter Int(std::string name, int64_t low, int64_t high) {
  return {std::move(name), IntDistribution{.low = low, .high = high}, {}};
}
Parameter Category(std::string name, std::vector<Choice> choices) {
  return {std::move(name), CategoricalDistribution{std::move(choices)}, {}};
}
Parameter When(Parameter parameter, std::string parent, std::vector<Choice> values) {
  parameter.condition = Condition{std::move(parent), std::move(values)};
  return parameter;
}

SearchSpace Space(std::vector<Parameter> parameters) { return SearchSpace::Create(std::move(parameters)).value(); }

SearchSpace Floats(int n) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < n; ++i) parameters.push_back(Float("x" + std::to_string(i)));
  return Space(std::move(parameters));
}

std::string PrintPoint(const Point& point) {
  std::string text;
  for (double x : point) text += std::to_string(x) + " ";
  return text;
}

// NaN equals NaN.
bool Same(const Point& a, const Point& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  return a.size() == b.size();
}

// A study in process: what the server does around a sampler.
class Study {
 public:
  explicit Study(SearchSpace space, std::vector<Direction> directions = {Direction::kMinimize}, uint64_t seed = 1)
      : space_(std::move(space)), seed_(seed), history_(std::move(directions)) {
    Restart();
  }

  // As after a restart of the server: nothing is known but the history and, where given, the state that was saved.
  void Restart(const std::string& state = {}) {
    sampler_ = std::make_unique<GpSampler>(GpOptions{}, seed_);
    if (!state.empty()) sampler_->RestoreState(state);
  }

  AskRequest Request(std::vector<NamedValue> fixed = {}) const {
    AskRequest request;
    request.number = history_.size();
    request.space = &space_;
    request.fixed = std::move(fixed);
    request.taken = space_.FiniteSize() ? &taken_ : nullptr;
    return request;
  }

  Point Ask(std::vector<NamedValue> fixed = {}) {
    const absl::StatusOr<Suggestion> suggestion = sampler_->Suggest(history_, Request(std::move(fixed)));
    EXPECT_TRUE(suggestion.ok()) << suggestion.status();
    Add(suggestion->point, RowState::kRunning);
    return suggestion->point;
  }

  void Add(const Point& point, RowState state) {
    const int64_t row = history_.size();
    history_.Append(state);
    for (size_t i = 0; i < space_.size(); ++i)
      if (!std::isnan(point[i])) history_.SetParam(row, space_[i].name, space_[i].distribution, point[i]);
    if (space_.FiniteSize()) taken_.insert(space_.IndexOf(point));
  }

  void Tell(int64_t row, std::vector<double> values, std::vector<NamedValue> constraints = {}) {
    Outcome outcome;
    outcome.values = std::move(values);
    outcome.constraints = std::move(constraints);
    history_.Finish(row, outcome);
  }
  void TellState(int64_t row, RowState state) {
    Outcome outcome;
    outcome.state = state;
    history_.Finish(row, outcome);
  }

  // Asks and tells `n` times; the points that were suggested.
  std::vector<Point> Run(int n, const std::function<double(const Point&)>& loss) {
    std::vector<Point> points;
    for (int i = 0; i < n; ++i) {
      points.push_back(Ask());
      Tell(history_.size() - 1, {loss(points.back())});
    }
    return points;
  }

  double Best() const {
    double best = kInfinity;
    for (int64_t row = 0; row < history_.size(); ++row)
      if (history_.state(row) == RowState::kComplete) best = std::min(best, history_.values(row)[0]);
    return best;
  }

  const SearchSpace& space() const { return space_; }
  const History& history() const { return history_; }
  GpSampler& sampler() { return *sampler_; }
  const TakenPoints& taken() const { return taken_; }

 private:
  SearchSpace space_;
  uint64_t seed_;
  History history_;
  TakenPoints taken_;
  std::unique_ptr<GpSampler> sampler_;
};

double Bowl(const Point& point) {
  double sum = 0;
  for (double x : point)
    if (!std::isnan(x)) sum += (x - 0.3) * (x - 0.3);
  return sum;
}

// A space of every kind of parameter.
SearchSpace Mixed() {
  return Space({Category("model", {std::string("a"), std::string("b"), std::string("c")}), Float("lr", 1e-5, 1e-1, true),
                Int("depth", 1, 9), When(Float("gamma"), "model", {std::string("a"), std::string("b")}),
                When(Int("k", 1, 60), "model", {std::string("c")}), Float("single", 2, 2)});
}

double MixedLoss(const Point& p) {
  double loss = p[0] == 1 ? 0.0 : 0.5;
  loss += std::pow(std::log10(p[1]) + 3, 2) * 0.2 + std::pow(p[2] - 4, 2) * 0.02;
  return loss + (std::isnan(p[3]) ? std::abs(p[4] - 20) * 0.01 : std::pow(p[3] - 0.8, 2));
}

TEST(GpSampler, BeginsWithTheCenter) {
  Study study(Space({Float("x", -2, 4), Float("lr", 1e-4, 1e-2, true), Int("n", 1, 9)}));
  const Point point = study.Ask();
  EXPECT_DOUBLE_EQ(point[0], 1);
  EXPECT_NEAR(point[1], 1e-3, 1e-15);
  EXPECT_EQ(point[2], 5);
}

TEST(GpSampler, FindsTheMinimumOfABowl) {
  Study study(Floats(3));
  study.Run(30, Bowl);
  EXPECT_LT(study.Best(), 1e-4);
}

TEST(GpSampler, Maximizes) {
  Study study(Floats(2), {Direction::kMaximize});
  double best = -kInfinity;
  for (const Point& point : study.Run(25, [](const Point& p) { return -Bowl(p); })) best = std::max(best, -Bowl(point));
  EXPECT_GT(best, -1e-3);
}

TEST(GpSampler, FindsTheBestOfAMixedConditionalSpace) {
  Study study(Mixed());
  for (const Point& point : study.Run(50, MixedLoss)) {
    EXPECT_EQ(std::isnan(point[3]), point[0] == 2) << PrintPoint(point);
    EXPECT_EQ(std::isnan(point[4]), point[0] != 2) << PrintPoint(point);
    EXPECT_EQ(point[5], 2);
    EXPECT_EQ(point[2], std::round(point[2]));
  }
  EXPECT_LT(study.Best(), 0.03);
}

// Ascents move a numeric parent: what hangs on it must come and go with it.
TEST(GpSampler, ANumericParentBringsItsChildren) {
  Study study(Space({Int("layers", 1, 4), When(Float("second"), "layers", {int64_t{2}, int64_t{3}, int64_t{4}}),
                     When(Float("third"), "layers", {int64_t{3}, int64_t{4}}), When(Float("fourth"), "layers", {int64_t{4}})}));
  std::set<double> layers;
  for (int i = 0; i < 30; ++i) {
    const Point point = study.Ask();
    layers.insert(point[0]);
    for (size_t k = 1; k < 4; ++k)
      EXPECT_EQ(std::isnan(point[k]), point[0] <= static_cast<double>(k)) << "trial " << i << ": " << PrintPoint(point);
    double loss = std::abs(point[0] - 3);
    for (size_t k = 1; k < 4; ++k)
      if (!std::isnan(point[k])) loss += std::pow(point[k] - 0.2 * static_cast<double>(k), 2);
    study.Tell(i, {loss});
  }
  EXPECT_GT(layers.size(), 1u);
  EXPECT_LT(study.Best(), 0.05);
}

TEST(GpSampler, ARestartBetweenAnyTwoAsksChangesNothing) {
  Study steady(Mixed()), restarted(Mixed()), restored(Mixed());
  for (int i = 0; i < 45; ++i) {
    const Point expected = steady.Ask();
    restarted.Restart();
    restored.Restart(restored.sampler().SaveState());
    ASSERT_TRUE(Same(restarted.Ask(), expected)) << "trial " << i;
    ASSERT_TRUE(Same(restored.Ask(), expected)) << "trial " << i;
    if (i % 3 == 2) continue;  // some trials stay running
    for (Study* study : {&steady, &restarted, &restored}) study->Tell(i, {MixedLoss(expected)});
  }
}

TEST(GpSampler, PreparingChangesNothing) {
  Study plain(Floats(4)), prepared(Floats(4));
  for (int i = 0; i < 40; ++i) {
    if (i % 2 == 0) prepared.sampler().Prepare(prepared.history(), &prepared.space(), i);
    if (i % 5 == 0) prepared.sampler().Prepare(prepared.history(), &prepared.space(), i + 1);
    const Point expected = plain.Ask();
    ASSERT_TRUE(Same(prepared.Ask(), expected)) << "trial " << i;
    if (i % 4 == 3) prepared.sampler().Prepare(prepared.history(), &prepared.space(), i + 1);
    for (Study* study : {&plain, &prepared}) study->Tell(i, {Bowl(expected)});
  }
}

TEST(GpSampler, TheOrderOfTellingDoesNotMatter) {
  Study forward(Floats(2)), backward(Floats(2));
  for (int batch = 0; batch < 5; ++batch) {
    std::vector<Point> points;
    for (int i = 0; i < 8; ++i) {
      points.push_back(forward.Ask());
      ASSERT_TRUE(Same(backward.Ask(), points.back())) << "batch " << batch << " trial " << i;
    }
    for (int i = 0; i < 8; ++i) {
      forward.Tell(8 * batch + i, {Bowl(points[static_cast<size_t>(i)])});
      backward.Tell(8 * batch + 7 - i, {Bowl(points[static_cast<size_t>(7 - i)])});
    }
  }
}

TEST(GpSampler, ParallelTrialsDiffer) {
  Study study(Floats(2));
  study.Run(8, Bowl);  // few, so that the bottom is not yet known to a thousandth
  std::vector<Point> running;
  for (int i = 0; i < 8; ++i) {
    running.push_back(study.Ask());
    for (int j = 0; j < i; ++j) {
      const Point& other = running[static_cast<size_t>(j)];
      EXPECT_GT(std::hypot(running.back()[0] - other[0], running.back()[1] - other[1]), 1e-3) << i << " and " << j;
    }
  }
}

TEST(GpSampler, ExplainRepeatsTheSuggestionAndItsModel) {
  Study study(Mixed());
  study.Run(20, MixedLoss);
  const AskRequest request = study.Request();
  const absl::StatusOr<Explanation> explanation = study.sampler().Explain(study.history(), request);
  ASSERT_TRUE(explanation.ok()) << explanation.status();
  const Point point = study.Ask();
  ASSERT_EQ(explanation->groups.size(), 2u);  // the single value, the rest
  EXPECT_EQ(explanation->groups[0].method, "single");
  const ExplainedGroup& joint = explanation->groups[1];
  EXPECT_EQ(joint.method, "gp-ei");
  ASSERT_GE(joint.winner, 0);
  ASSERT_GT(joint.candidates.size(), 1u);
  const Candidate& winner = joint.candidates[static_cast<size_t>(joint.winner)];
  for (const NamedValue& value : winner.params) EXPECT_EQ(value.value, point[*study.space().Find(value.name)]) << value.name;
  for (const Candidate& rival : joint.candidates) EXPECT_GT(rival.deviation, 0);
  std::set<std::string> figures;
  for (const NamedValue& figure : joint.model) figures.insert(figure.name);
  EXPECT_TRUE(figures.contains("length_scale.lr"));
  EXPECT_TRUE(figures.contains("noise"));
}

TEST(GpSampler, FixedValuesAreKeptAndTheRestIsSearched) {
  Study study(Mixed());
  study.Run(15, MixedLoss);
  const Point point = study.Ask({{"model", 2}, {"depth", 7}});
  EXPECT_EQ(point[0], 2);
  EXPECT_EQ(point[2], 7);
  EXPECT_TRUE(std::isnan(point[3]));
  EXPECT_FALSE(std::isnan(point[4]));
  const Point all = study.Ask({{"model", 0}, {"lr", 1e-3}, {"depth", 2}, {"gamma", 0.25}, {"k", 3}});
  EXPECT_TRUE(Same(all, {0, 1e-3, 2, 0.25, kAbsent, 2})) << PrintPoint(all);
}

TEST(GpSampler, AFiniteSpaceIsExhaustedWithoutRepeats) {
  Study study(Space({Int("n", 1, 5), Category("c", {true, false}), When(Int("m", 0, 3), "c", {true})}));
  ASSERT_EQ(study.space().FiniteSize(), 25u);
  std::set<uint64_t> seen;
  for (int i = 0; i < 25; ++i) {
    const Point point = study.Ask();
    EXPECT_TRUE(seen.insert(study.space().IndexOf(point)).second) << PrintPoint(point);
    if (i % 2 == 0) study.Tell(i, {Bowl(point)});
  }
  const absl::StatusOr<Suggestion> none = study.sampler().Suggest(study.history(), study.Request());
  EXPECT_EQ(none.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(GpSampler, ALargeFiniteSpaceGivesNoRepeats) {
  Study study(Space({Int("a", 0, 99), Int("b", 0, 99)}));
  std::set<uint64_t> seen;
  for (const Point& point : study.Run(60, [](const Point& p) { return std::abs(p[0] - 40) + std::abs(p[1] - 60); })) {
    EXPECT_TRUE(seen.insert(study.space().IndexOf(point)).second) << PrintPoint(point);
  }
  EXPECT_LE(study.Best(), 2);
}

TEST(GpSampler, LearnsFromInfeasibleTrialsAndNotFromFailedOnes) {
  // What lies right of 0.5 fails. Where that is taught, few trials go there.
  const auto tries_right = [](RowState state) {
    Study study(Floats(1));
    int right = 0;
    for (int i = 0; i < 30; ++i) {
      const Point point = study.Ask();
      if (point[0] > 0.5) {
        study.TellState(i, state);
        right += i >= 10;
      } else {
        study.Tell(i, {1 - point[0]});
      }
    }
    return right;
  };
  EXPECT_LT(tries_right(RowState::kInfeasible), 10);
  EXPECT_GT(tries_right(RowState::kFailed), tries_right(RowState::kInfeasible));
}

TEST(GpSampler, APrunedTrialIsNoBetterThanTheMedian) {
  Study study(Floats(1));
  study.Run(8, Bowl);
  study.Add({0.9}, RowState::kRunning);
  Outcome pruned;
  pruned.state = RowState::kPruned;
  pruned.last_step = 1;
  pruned.last_value = -100;  // an intermediate value on another scale than the losses
  History history = study.history();
  history.Finish(8, pruned);
  const gp::Encoding encoding(study.space());
  const gp::Observations seen = gp::ReadHistory(history, encoding, 9);
  ASSERT_EQ(seen.size(), 9);
  std::vector<double> losses(seen.objectives[0].values.begin(), seen.objectives[0].values.end() - 1);
  std::sort(losses.begin(), losses.end());
  EXPECT_EQ(seen.objectives[0].values[8], losses[4]);
}

TEST(GpSampler, ObeysConstraints) {
  // The bowl's minimum (0.3, 0.3) is infeasible: x0 must be at least 0.6. The best feasible loss is 0.09.
  Study study(Floats(2));
  double best = kInfinity;
  int near_best = 0;
  for (int i = 0; i < 40; ++i) {
    const Point point = study.Ask();
    study.Tell(i, {Bowl(point)}, {{"x0 >= 0.6", 0.6 - point[0]}});
    near_best += std::hypot(point[0] - 0.6, point[1] - 0.3) < 0.1;
    if (point[0] >= 0.6) best = std::min(best, Bowl(point));
  }
  EXPECT_LT(best, 0.0901);
  EXPECT_GT(near_best, 20);
}

TEST(GpSampler, SearchesForFeasibilityWhereNoneIsKnown) {
  Study study(Floats(2));
  bool found = false;
  for (int i = 0; i < 40 && !found; ++i) {
    const Point point = study.Ask();
    const double violation = std::hypot(point[0] - 0.9, point[1] - 0.1) - 0.05;
    study.Tell(i, {Bowl(point)}, {{"near the corner", violation}});
    found = violation <= 0;
  }
  EXPECT_TRUE(found);
}

TEST(GpSampler, SpreadsOverTheParetoFrontOfTwoObjectives) {
  // f0 = x0^2 + x1^2, f1 = (x0 - 1)^2 + x1^2: the front is x1 = 0.
  Study study(Floats(2), {Direction::kMinimize, Direction::kMinimize});
  int near_front = 0;
  std::set<int> parts;
  for (int i = 0; i < 40; ++i) {
    const Point p = study.Ask();
    study.Tell(i, {p[0] * p[0] + p[1] * p[1], (p[0] - 1) * (p[0] - 1) + p[1] * p[1]});
    if (p[1] >= 0.05 || i < 10) continue;
    ++near_front;
    parts.insert(static_cast<int>(p[0] * 4));
  }
  EXPECT_GT(near_front, 15);
  EXPECT_GE(parts.size(), 3u);
}

TEST(GpSampler, SeveralObjectivesWithRunningTrialsSurviveARestart) {
  const std::vector<Direction> directions = {Direction::kMinimize, Direction::kMaximize};
  Study steady(Floats(3), directions), restarted(Floats(3), directions);
  for (int i = 0; i < 20; ++i) {
    const Point expected = steady.Ask();
    restarted.Restart();
    ASSERT_TRUE(Same(restarted.Ask(), expected)) << i;
    if (i % 4 != 1)
      for (Study* study : {&steady, &restarted})
        study->Tell(i, {expected[0], expected[1] - expected[2]}, {{"c", expected[2] - 0.5}});
  }
}

TEST(GpSampler, SurvivesEqualPointsAndEqualInfiniteAndHugeLosses) {
  const std::function<double(const Point&)> losses[] = {
      [](const Point&) { return 1.0; },
      [](const Point&) { return kInfinity; },
      [](const Point&) { return -kInfinity; },
      [](const Point& p) { return p[0] < 0.5 ? kInfinity : p[0]; },
      [](const Point& p) { return p[0] < 0.5 ? -1.7e308 : 1.7e308; },
      [](const Point& p) { return 1e-320 * p[0]; },
  };
  for (const auto& loss : losses) {
    Study study(Space({Float("x"), Float("y", -8e307, 8e307), Int("n", -(int64_t{1} << 53), int64_t{1} << 53)}));
    for (int i = 0; i < 6; ++i) study.Add({0.5, 0, 3}, RowState::kRunning);
    for (int i = 0; i < 6; ++i) study.Tell(i, {loss({0.5, 0, 3})});
    for (const Point& point : study.Run(12, loss)) {
      EXPECT_TRUE(point[0] >= 0 && point[0] <= 1) << PrintPoint(point);
      EXPECT_TRUE(std::isfinite(point[1])) << PrintPoint(point);
      EXPECT_EQ(point[2], std::round(point[2])) << PrintPoint(point);
    }
  }
}

TEST(GpSampler, SpacesOfOnePointAreNoTrouble) {
  Study study(Space({Float("x", 2, 2), Category("c", {std::string("only")})}));
  const Point point = study.Ask();
  EXPECT_TRUE(Same(point, {2, 0}));
  study.Tell(0, {1});
  EXPECT_FALSE(study.sampler().Suggest(study.history(), study.Request()).ok());
}

TEST(GpSampler, OneObservationIsNoTrouble) {
  Study study(Floats(2));
  for (int i = 0; i < 10; ++i) study.Ask();
  study.Tell(3, {0.5});
  study.Ask();
  study.Tell(9, {0.4});
  for (int i = 0; i < 5; ++i) study.Ask();
}

TEST(GpSampler, FiftyDimensions) {
  Study study(Floats(50));
  study.Run(60, Bowl);
  EXPECT_LT(study.Best(), 0.4 * Bowl(Point(50, 0.5)));
}

// Losses with much noise: expected improvement over draws of the noiseless values finds the bottom, not the luckiest loss.
TEST(GpSampler, FindsTheBottomUnderNoise) {
  Study study(Floats(2));
  double sum = 0;
  for (int i = 0; i < 50; ++i) {
    const Point point = study.Ask();
    // Noise with a deviation of 0.07, beside losses of up to 0.98; from the trial's number alone.
    study.Tell(i, {Bowl(point) + 0.1 * std::sin(12.9898 * i * i + 78.233 * i)});
    if (i >= 40) sum += Bowl(point) / 10;
  }
  EXPECT_LT(sum, 0.05);  // random points: 0.25
}

TEST(GpSampler, ARestartBetweenAsksUnderNoiseChangesNothing) {
  Study steady(Floats(3)), restarted(Floats(3));
  for (int i = 0; i < 45; ++i) {
    restarted.Restart(i % 2 == 0 ? restarted.sampler().SaveState() : std::string());
    const Point a = steady.Ask(), b = restarted.Ask();
    ASSERT_TRUE(Same(a, b)) << "trial " << i << ": " << PrintPoint(a) << "and " << PrintPoint(b);
    const double loss = Bowl(a) + 0.1 * std::sin(12.9898 * i * i + 78.233 * i);
    steady.Tell(i, {loss});
    restarted.Tell(i, {loss});
  }
}

TEST(GpSampler, TellsTwoSeedsApart) {
  Study first(Floats(2), {Direction::kMinimize}, 1), second(Floats(2), {Direction::kMinimize}, 2);
  EXPECT_FALSE(Same(first.Run(3, Bowl).back(), second.Run(3, Bowl).back()));
}

TEST(GpSampler, DefineByRunIsSearchedJointlyOnceAllTrialsHaveAParameter) {
  const FloatDistribution unit{.low = 0, .high = 1, .log = false, .step = {}};
  GpSampler sampler(GpOptions{}, 1);
  History history({Direction::kMinimize});
  double best = kInfinity;
  for (int64_t i = 0; i < 30; ++i) {
    absl::StatusOr<Draft> draft = sampler.Start(history, nullptr, i, {});
    ASSERT_TRUE(draft.ok());
    EXPECT_EQ(draft->relative.size(), i < 5 ? 0u : 2u) << i;
    history.Append(RowState::kRunning);
    Point point;
    for (const char* name : {"x", "y"}) {
      const absl::StatusOr<double> value = sampler.SuggestParameter(history, name, unit, &*draft);
      ASSERT_TRUE(value.ok());
      EXPECT_TRUE(Contains(unit, *value));
      history.SetParam(i, name, unit, *value);
      point.push_back(*value);
    }
    if (i % 3 == 0) history.SetParam(i, "sometimes", unit, 0.5);
    Outcome outcome;
    outcome.values = {Bowl(point)};
    best = std::min(best, Bowl(point));
    history.Finish(i, outcome);
  }
  EXPECT_LT(best, 1e-3);
}

}  // namespace
}  // namespace parzen
