// Define-by-run studies: trials begin with a joint suggestion over what the complete trials show.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sampler/make_sampler.h"
#include "tests/sampler/gp/gp_study.h"

namespace parzen {
namespace {

using Suggest = std::function<double(const Parameter&)>;
using Program = std::function<double(const Suggest&)>;  // asks for parameters, returns the loss

std::unique_ptr<Sampler> Make(SamplerKind kind, int32_t version = 0) {
  SamplerConfig config;
  config.kind = kind;
  config.seed = 1;
  config.algorithm_version = version;
  return MakeSampler(config, {Direction::kMinimize}).value();
}

// What a server does for a define-by-run study.
class ProgramStudy {
 public:
  explicit ProgramStudy(SamplerKind kind = SamplerKind::kGpEi, int32_t version = 0)
      : kind_(kind), version_(version), sampler_(Make(kind, version)) {}

  void Restart() { sampler_ = Make(kind_, version_); }

  AskRequest Request(std::vector<NamedValue> fixed = {}) const {
    AskRequest request;
    request.number = history_.size();
    request.fixed = std::move(fixed);
    return request;
  }

  int64_t Begin(std::vector<NamedValue> fixed = {}) {
    const AskRequest request = Request(fixed);
    begun_.push_back({sampler_->StartDefineByRun(history_, request).value(), std::move(fixed), history_.finished()});
    history_.Append(RowState::kRunning);
    history_.SetRelative(request.number, begun_.back().draft.relative);
    return request.number;
  }
  double SuggestTo(int64_t number, const Parameter& parameter) {
    Begun& trial = begun_[static_cast<size_t>(number)];
    double value = kAbsent;
    for (const NamedValue& given : trial.given) {
      if (given.name == parameter.name) value = given.value;
    }
    if (std::isnan(value)) {
      value = sampler_->SuggestParameter(history_, parameter.name, parameter.distribution, &trial.draft).value();
    }
    EXPECT_TRUE(Contains(parameter.distribution, value)) << parameter.name << " " << value;
    history_.SetParam(number, parameter.name, parameter.distribution, value);
    return value;
  }
  void Tell(int64_t number, double loss) {
    Outcome outcome;
    outcome.values = {loss};
    history_.Finish(number, outcome);
    best_ = std::min(best_, loss);
  }
  // A whole trial; its values in the order in which it asked for them.
  Point Run(const Program& program) {
    const int64_t number = Begin();
    Point point;
    Tell(number, program([&](const Parameter& parameter) {
           point.push_back(SuggestTo(number, parameter));
           return point.back();
         }));
    return point;
  }

  // What a trial's joint part said of a parameter; NaN where it said nothing.
  double Joint(int64_t number, const std::string& name) const {
    for (const NamedValue& value : begun_[static_cast<size_t>(number)].draft.relative) {
      if (value.name == name) return value.value;
    }
    return kAbsent;
  }

  // The joint part as drawn from what is known of the trial's beginning when all is over: what had ended by then, and of what was
  // running all that it asked for in the end.
  std::vector<NamedValue> Replayed(int64_t number) const {
    const Begun& trial = begun_[static_cast<size_t>(number)];
    History then({Direction::kMinimize});
    for (int64_t row = 0; row < number; ++row) {
      then.Append(RowState::kRunning);
      for (const Column& column : history_.columns()) {
        if (!std::isnan(column.At(row))) then.SetParam(row, column.name, column.DistributionOf(row), column.At(row));
      }
      if (std::find(trial.ended.begin(), trial.ended.end(), row) != trial.ended.end()) {
        then.Finish(row, history_.OutcomeOf(row));
      } else {
        then.SetRelative(row, begun_[static_cast<size_t>(row)].draft.relative);
      }
    }
    AskRequest request;
    request.number = number;
    request.fixed = trial.given;
    return Make(kind_, version_)->StartDefineByRun(then, request)->relative;
  }

  const std::vector<NamedValue>& JointPart(int64_t number) const { return begun_[static_cast<size_t>(number)].draft.relative; }
  const History& history() const { return history_; }
  Sampler& sampler() { return *sampler_; }
  double best() const { return best_; }

 private:
  struct Begun {
    Draft draft;
    std::vector<NamedValue> given;
    std::vector<int32_t> ended;  // when it began
  };
  SamplerKind kind_;
  int32_t version_;
  std::unique_ptr<Sampler> sampler_;
  History history_{{Direction::kMinimize}};
  std::vector<Begun> begun_;
  double best_ = kInfinity;
};

// By name, as the inferred space is.
std::vector<Parameter> Four() {
  return {Float("a", -2, 4), Int("depth", 1, 9), Float("lr", 1e-5, 1e-1, true), Category("z", {true, false})};
}
double FourLoss(const Point& p) {
  return std::pow(p[0] - 1.3, 2) + 0.05 * std::pow(p[1] - 4, 2) + std::pow(std::log10(p[2]) + 3.2, 2) + (p[3] == 0 ? 0.3 : 0.0);
}
double AskFour(const Suggest& suggest) {
  Point point;
  for (const Parameter& parameter : Four()) point.push_back(suggest(parameter));
  return FourLoss(point);
}

// MixedLoss as a program.
double AskMixed(const Suggest& suggest) {
  const SearchSpace mixed = Mixed();
  Point point(6, kAbsent);
  for (size_t i = 0; i < 6; ++i) {
    if (mixed.IsActive(i, point)) point[i] = suggest({mixed[i].name, mixed[i].distribution, {}});
  }
  return MixedLoss(point);
}

TEST(DefineByRun, SuggestsWhatTheDeclaredFormDoes) {
  Study declared(Space(Four()));
  ProgramStudy program;
  for (int i = 0; i < 40; ++i) {
    const Point expected = declared.Run(1, FourLoss)[0], point = program.Run(AskFour);
    ASSERT_TRUE(Same(point, expected)) << i << ": " << PrintPoint(point) << "instead of " << PrintPoint(expected);
  }
  EXPECT_LT(program.best(), 0.01);
}

TEST(DefineByRun, SearchesTheBranchesOfAProgram) {
  ProgramStudy program;
  for (int i = 0; i < 50; ++i) program.Run(AskMixed);
  EXPECT_LT(program.best(), 0.03);
}

TEST(DefineByRun, TheDefaultSearchesItTheSame) {
  ProgramStudy gp, standard(SamplerKind::kAuto);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Same(standard.Run(AskFour), gp.Run(AskFour))) << i;
}

// What no parent explains is TPE's in the default, which learns; gp-ei draws it at random.
TEST(DefineByRun, TheDefaultDrawsTheRestByTpe) {
  const auto mean_distance = [](SamplerKind kind) {
    ProgramStudy study(kind);
    double sum = 0;
    int late = 0;
    for (int i = 0; i < 120; ++i) {
      study.Run([&](const Suggest& suggest) {
        const double x = suggest(Float("x"));
        if (i % 3 == 0) return std::abs(x - 0.3) + 1;
        const double sometimes = suggest(Float("sometimes"));
        if (i >= 60) {
          sum += std::abs(sometimes - 0.9);
          ++late;
        }
        return std::abs(x - 0.3) + std::abs(sometimes - 0.9);
      });
    }
    EXPECT_TRUE(std::isnan(study.Joint(119, "sometimes")));
    return sum / late;
  };
  EXPECT_LT(mean_distance(SamplerKind::kAuto), 0.6 * mean_distance(SamplerKind::kGpEi));
}

TEST(DefineByRun, ARestartChangesNothing) {
  ProgramStudy steady, restarted;
  for (int i = 0; i < 30; ++i) {
    restarted.Restart();
    ASSERT_TRUE(Same(restarted.Run(AskMixed), steady.Run(AskMixed))) << i;
  }
}

TEST(DefineByRun, PreparingChangesNothing) {
  ProgramStudy plain, prepared;
  for (int i = 0; i < 25; ++i) {
    if (i % 2 == 0) prepared.sampler().Prepare(prepared.history(), nullptr, i);
    ASSERT_TRUE(Same(prepared.Run(AskMixed), plain.Run(AskMixed))) << i;
  }
}

// Trials begin between the parameters of others, and end in any order.
TEST(DefineByRun, AReplayGivesTheSameJointParts) {
  for (SamplerKind kind : {SamplerKind::kGpEi, SamplerKind::kAuto}) {
    ProgramStudy study(kind);
    const SearchSpace mixed = Mixed();
    std::map<int64_t, Point> running;  // values that are not asked for yet are absent
    for (int step = 0; step < 260; ++step) {
      if (running.size() < 5 && step % 4 == 0) {
        running.emplace(study.Begin(step % 20 == 0 ? std::vector<NamedValue>{{"gamma", 0.5}} : std::vector<NamedValue>{}),
                        Point());
      }
      const auto trial = std::next(running.begin(), static_cast<std::ptrdiff_t>(static_cast<size_t>(step) * 7 % running.size()));
      Point& point = trial->second;
      while (point.size() < 6 && !mixed.IsActive(point.size(), point)) point.push_back(kAbsent);
      if (point.size() < 6) {
        const Parameter& parameter = mixed[point.size()];
        point.push_back(study.SuggestTo(trial->first, {parameter.name, parameter.distribution, {}}));
        continue;
      }
      study.Tell(trial->first, MixedLoss(point));
      running.erase(trial);
    }
    int joint = 0;
    for (int64_t number = 0; number < study.history().size(); ++number) {
      const std::vector<NamedValue> replayed = study.Replayed(number);
      if (replayed[0].name.empty()) continue;  // of the design, whose note has moved on
      EXPECT_EQ(replayed, study.JointPart(number)) << number;
      ++joint;
    }
    EXPECT_GT(joint, 20);
  }
}

TEST(DefineByRun, RunningTrialsAreCountedBeforeTheyHaveAskedForAnything) {
  ProgramStudy study;
  for (int i = 0; i < 8; ++i) study.Run(AskFour);
  std::vector<std::pair<double, double>> seen;
  for (int i = 0; i < 6; ++i) {
    const int64_t number = study.Begin();
    const double a = study.Joint(number, "a") / 6, lr = std::log10(study.Joint(number, "lr")) / 4;
    for (const auto& [other_a, other_lr] : seen) EXPECT_GT(std::hypot(a - other_a, lr - other_lr), 1e-3) << i;
    seen.emplace_back(a, lr);
  }
}

TEST(DefineByRun, GivenValuesAreFixedInTheJointSuggestion) {
  ProgramStudy study;
  for (int i = 0; i < 20; ++i) study.Run(AskMixed);
  // k exists with the third model only.
  const int64_t child = study.Begin({{"k", 7}, {"elsewhere", 1}, {"depth", 100}});
  EXPECT_EQ(study.Joint(child, "k"), 7);
  EXPECT_EQ(study.Joint(child, "model"), 2);
  EXPECT_TRUE(std::isnan(study.Joint(child, "gamma")));
  EXPECT_LE(study.Joint(child, "depth"), 9);  // out of its range: nothing is known of it
  EXPECT_TRUE(std::isnan(study.Joint(child, "elsewhere")));
  const int64_t all = study.Begin({{"model", 0}, {"lr", 1e-3}, {"depth", 4}, {"gamma", 0.25}});
  EXPECT_EQ(study.Joint(all, "lr"), 1e-3);
  EXPECT_EQ(study.Joint(all, "gamma"), 0.25);
}

TEST(DefineByRun, RangesThatMoveAreSearchedAsOne) {
  ProgramStudy study;
  for (int i = 0; i < 40; ++i) {
    study.Run([&](const Suggest& suggest) {
      const double most = suggest(Int("most", 4, 20));  // bounds the next one
      const double least = suggest(Int("least", 1, static_cast<int64_t>(most)));
      return std::abs(most - 15) + std::abs(least - 11);
    });
  }
  EXPECT_LE(study.best(), 1);
}

TEST(DefineByRun, EarlierVersionsGoOnAsTheyDid) {
  for (SamplerKind kind : {SamplerKind::kGpEi, SamplerKind::kAuto}) {
    ProgramStudy study(kind, 2);
    for (int i = 0; i < 12; ++i) {
      const std::unique_ptr<Sampler> other = Make(kind, 2);
      const Draft expected = other->Start(study.history(), nullptr, i, {}).value();
      EXPECT_EQ(study.sampler().StartDefineByRun(study.history(), study.Request())->relative, expected.relative) << i;
      study.Run(AskFour);
    }
    EXPECT_EQ(study.sampler().ExplainDefineByRun(study.history(), study.Request()).status().code(),
              absl::StatusCode::kUnimplemented);
  }
}

TEST(DefineByRun, ExplainRepeatsTheBeginningAndItsModel) {
  ProgramStudy study;
  EXPECT_EQ(study.sampler().ExplainDefineByRun(study.history(), study.Request())->alone, "startup");
  for (int i = 0; i < 20; ++i) study.Run(AskMixed);
  const absl::StatusOr<ExplainedStart> explained = study.sampler().ExplainDefineByRun(study.history(), study.Request());
  ASSERT_TRUE(explained.ok()) << explained.status();
  const int64_t number = study.Begin();
  EXPECT_EQ(explained->draft.relative, study.JointPart(number));
  EXPECT_EQ(explained->alone, "random");
  const ExplainedGroup& joint = explained->joint;
  EXPECT_EQ(joint.method, "gp-ei");
  ASSERT_GE(joint.winner, 0);
  ASSERT_GT(joint.candidates.size(), 1u);
  for (const NamedValue& value : joint.candidates[static_cast<size_t>(joint.winner)].params) {
    if (value.name == "single") continue;
    EXPECT_EQ(value.value, study.Joint(number, value.name)) << value.name;
  }
}

}  // namespace
}  // namespace parzen
