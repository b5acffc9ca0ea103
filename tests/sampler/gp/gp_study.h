// A study in process around a GpSampler, and the spaces and losses its tests share.

#ifndef PARZEN_TESTS_SAMPLER_GP_GP_STUDY_H_
#define PARZEN_TESTS_SAMPLER_GP_GP_STUDY_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sampler/gp/gp_sampler.h"

namespace parzen {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline Parameter Float(std::string name, double low = 0, double high = 1, bool log = false) {
  return {std::move(name), FloatDistribution{.low = low, .high = high, .log = log, .step = {}}, {}};
}
inline Parameter Int(std::string name, int64_t low, int64_t high) {
  return {std::move(name), IntDistribution{.low = low, .high = high}, {}};
}
inline Parameter Category(std::string name, std::vector<Choice> choices) {
  return {std::move(name), CategoricalDistribution{std::move(choices)}, {}};
}
inline Parameter When(Parameter parameter, std::string parent, std::vector<Choice> values) {
  parameter.condition = Condition{std::move(parent), std::move(values)};
  return parameter;
}

inline SearchSpace Space(std::vector<Parameter> parameters) { return SearchSpace::Create(std::move(parameters)).value(); }

inline SearchSpace Floats(int n) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < n; ++i) parameters.push_back(Float("x" + std::to_string(i)));
  return Space(std::move(parameters));
}

inline std::string PrintPoint(const Point& point) {
  std::string text;
  for (double x : point) text += std::to_string(x) + " ";
  return text;
}

// NaN equals NaN.
inline bool Same(const Point& a, const Point& b) {
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
    sampler_ = std::make_unique<gp::GpSampler>(GpOptions{}, seed_);
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
  gp::GpSampler& sampler() { return *sampler_; }
  const TakenPoints& taken() const { return taken_; }

 private:
  SearchSpace space_;
  uint64_t seed_;
  History history_;
  TakenPoints taken_;
  std::unique_ptr<gp::GpSampler> sampler_;
};

inline double Bowl(const Point& point) {
  double sum = 0;
  for (double x : point)
    if (!std::isnan(x)) sum += (x - 0.3) * (x - 0.3);
  return sum;
}

// A space of every kind of parameter.
inline SearchSpace Mixed() {
  return Space({Category("model", {std::string("a"), std::string("b"), std::string("c")}), Float("lr", 1e-5, 1e-1, true),
                Int("depth", 1, 9), When(Float("gamma"), "model", {std::string("a"), std::string("b")}),
                When(Int("k", 1, 60), "model", {std::string("c")}), Float("single", 2, 2)});
}

inline double MixedLoss(const Point& p) {
  double loss = p[0] == 1 ? 0.0 : 0.5;
  loss += std::pow(std::log10(p[1]) + 3, 2) * 0.2 + std::pow(p[2] - 4, 2) * 0.02;
  return loss + (std::isnan(p[3]) ? std::abs(p[4] - 20) * 0.01 : std::pow(p[3] - 0.8, 2));
}

}  // namespace parzen

#endif  // PARZEN_TESTS_SAMPLER_GP_GP_STUDY_H_
