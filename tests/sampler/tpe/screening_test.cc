// Suggestions of long histories, screened, are those of scoring every candidate as Optuna does: to the bit.

#include "sampler/tpe/screening.h"

#include <cmath>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/history.h"
#include "sampler/space/uniform_quantile.h"
#include "sampler/tpe/tpe_sampler.h"
#include "sampler/trial_stream.h"

namespace parzen::tpe {
namespace {

using testing::ElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Rivals, AreThoseWithinTheError) {
  const double near = 0.5 * kScreeningError;
  EXPECT_THAT(Rivals({{1, 2, 3, 4}}, {0, 1, 1, 0}, {0, 0.5, 0, 1}), ElementsAre(2));
  EXPECT_THAT(Rivals({{1, 2, 3, 4}}, {0, 1, 1, 0}, {0, near, 0, 1}), ElementsAre(1, 2));
  EXPECT_THAT(Rivals({{1, 2}}, {1, 1}, {0, 3 * kScreeningError}), ElementsAre(0));
  EXPECT_THAT(Rivals({{1, 2}, {1, 2}}, {1, 1}, {0, 3 * kScreeningError}), ElementsAre(0, 1)) << "two parameters, twice the error";
}

TEST(Rivals, OfCandidatesThatAreAlikeTheFirst) {
  EXPECT_THAT(Rivals({{5, 7, 7, 5}}, {1, 1, 1, 1}, {0, 0, 0, 0}), ElementsAre(0, 1));
  EXPECT_THAT(Rivals({{7, 7}, {0, 1}}, {1, 1}, {0, 0}), ElementsAre(0, 1));
}

TEST(Rivals, AreAllWhereADensityIsNotFinite) {
  EXPECT_THAT(Rivals({{1, 2, 3}}, {-kInfinity, 5, 0}, {0, 0, 0}), ElementsAre(0, 1, 2));
  EXPECT_THAT(Rivals({{1, 2, 3}}, {1, 5, 0}, {0, std::nan(""), 0}), ElementsAre(0, 1, 2));
}

TEST(CanScreen, NotWhereTheDensitiesMayDiffer) {
  TpeSettings settings;
  settings.ties = Ties::kNumpySimd;
  const Dimension continuous(FloatDistribution{0, 1}), grid(IntDistribution{0, 1000}), fine(IntDistribution{0, 10'000'000}),
      few(IntDistribution{1, 8, true}), kinds(CategoricalDistribution{{std::string("a"), std::string("b")}});
  EXPECT_TRUE(CanScreen({continuous, grid, few, kinds}, settings));
  EXPECT_FALSE(CanScreen({continuous, fine}, settings));
  EXPECT_FALSE(CanScreen({Dimension(IntDistribution{1, 10'000'000, true})}, settings));
  TpeSettings light = settings, scalar = settings;
  light.prior_weight = 1e-9;
  scalar.ties = Ties::kNumpyScalar;
  EXPECT_FALSE(CanScreen({continuous}, light));
  EXPECT_FALSE(CanScreen({continuous}, scalar));
}

struct ScreeningCase {
  std::string name;
  std::vector<Parameter> parameters;
  TpeOptions options;
  size_t objectives = 1;
};

std::ostream& operator<<(std::ostream& out, const ScreeningCase& c) { return out << c.name; }

TpeOptions Optuna50(std::optional<bool> multivariate = std::nullopt) {
  TpeOptions options;
  options.reproduce = Reproduce::kOptuna50;
  options.multivariate = multivariate;
  return options;
}

// A study whose trials were drawn at random, some of which still run, and a sampler that follows it.
class ScreenedStudy {
 public:
  ScreenedStudy(const ScreeningCase& c)
      : options_(c.options),
        space_(*SearchSpace::Create(c.parameters)),
        history_(std::vector<Direction>(c.objectives, Direction::kMinimize)),
        sampler_(c.options, 1, c.objectives),
        stream_(3, 0, c.name) {
    for (int i = 0; i < 600; ++i) {
      Point point;
      for (const Parameter& p : space_.parameters()) point.push_back(UniformQuantile(p.distribution, Draw()));
      Run(point);
      if (i % 100 != 99) End(history_.size() - 1);
    }
  }

  AskRequest Next() const { return {.number = history_.size(), .space = &space_, .streams = streams_}; }

  const History& history() const { return history_; }

  // The next trial's suggestion, after it was compared with its explanation, which scores every candidate Optuna's way.
  void Step() {
    const Suggestion suggestion = *sampler_.Suggest(history_, Next());
    TpeSampler fresh(options_, 1, history_.directions().size());
    const Explanation explanation = *fresh.Explain(history_, Next());
    size_t compared = 0;
    for (const ExplainedGroup& group : explanation.groups) {
      ASSERT_EQ(group.method, "tpe");
      for (const NamedValue& value : group.candidates[static_cast<size_t>(group.winner)].params) {
        ASSERT_EQ(suggestion.point[*space_.Find(value.name)], value.value) << value.name << " of trial " << history_.size();
        ++compared;
      }
    }
    ASSERT_EQ(compared, space_.size());
    streams_ = suggestion.draft.after;
    Run(suggestion.point);
    history_.SetRelative(history_.size() - 1, suggestion.draft.relative);
    if (Draw() < 0.8) End(history_.running()[static_cast<size_t>(Draw() * static_cast<double>(history_.running().size()))]);
  }

 private:
  double Draw() { return stream_.Uniform(); }

  void Run(const Point& point) {
    history_.Append(RowState::kRunning);
    for (size_t i = 0; i < space_.size(); ++i) {
      history_.SetParam(history_.size() - 1, space_[i].name, space_[i].distribution, point[i]);
    }
  }

  void End(int64_t row) {
    double loss = 0;
    for (const Column& column : history_.columns()) {
      const double share = column.At(row) / UniformQuantile(column.distribution, 0.999);
      loss += (share - 0.3) * (share - 0.3);
    }
    Outcome outcome;
    for (size_t k = 0; k < history_.directions().size(); ++k) outcome.values.push_back(k == 0 ? loss : Draw() - loss);
    if (history_.directions().size() == 1 && Draw() < 0.1) {
      outcome = {.state = RowState::kPruned, .last_step = 3, .last_value = loss};
    }
    if (Draw() < 0.1) outcome.constraints = {{"memory", Draw() - 0.5}};
    history_.Finish(row, outcome);
  }

  const TpeOptions options_;
  const SearchSpace space_;
  History history_;
  TpeSampler sampler_;
  TrialStream stream_;
  StreamPositions streams_;
};

class ScreeningTest : public testing::TestWithParam<ScreeningCase> {};

TEST_P(ScreeningTest, SuggestsWhatScoringAllCandidatesDoes) {
  ScreenedStudy study(GetParam());
  for (int i = 0; i < 25; ++i) {
    study.Step();
    if (HasFatalFailure()) return;
  }
}

std::vector<Parameter> Floats(size_t n) {
  std::vector<Parameter> parameters;
  for (size_t i = 0; i < n; ++i) parameters.push_back({"x" + std::to_string(i), FloatDistribution{0, 1}, {}});
  return parameters;
}

const std::vector<Parameter> kMixed = {
    {"x", FloatDistribution{-5, 5}, {}},
    {"lr", FloatDistribution{1e-5, 1, true}, {}},
    {"n", IntDistribution{1, 30}, {}},
    {"units", IntDistribution{1, 512, true}, {}},
    {"share", FloatDistribution{0, 1, false, 0.1}, {}},
    {"kind", CategoricalDistribution{{std::string("a"), std::string("b"), std::string("c")}}, {}},
};
const std::vector<Parameter> kFewPoints = {
    {"n", IntDistribution{1, 3}, {}},
    {"flag", CategoricalDistribution{{false, true}}, {}},
};

INSTANTIATE_TEST_SUITE_P(
    Spaces, ScreeningTest,
    testing::Values(ScreeningCase{"OneFloat", Floats(1), Optuna50()}, ScreeningCase{"TenFloats", Floats(10), Optuna50()},
                    ScreeningCase{"Mixed", kMixed, Optuna50()}, ScreeningCase{"MixedOneByOne", kMixed, Optuna50(false)},
                    ScreeningCase{"FewPoints", kFewPoints, Optuna50()}, ScreeningCase{"TwoObjectives", kMixed, Optuna50(), 2},
                    ScreeningCase{"TwoObjectivesJointly", kMixed, Optuna50(true), 2}),
    [](const auto& instance) { return instance.param.name; });

TEST(SharedLearning, ChangesNoSuggestion) {
  const ScreeningCase c{"Shared", kMixed, Optuna50()};
  ScreenedStudy study(c);
  TpeSampler one(c.options, 5, 1), two(c.options, 6, 1);
  two.LearnWith(one);
  for (int i = 0; i < 10; ++i) {
    study.Step();
    TpeSampler alone(c.options, 6, 1);
    ASSERT_TRUE(one.Suggest(study.history(), study.Next()).ok());
    EXPECT_EQ(two.Suggest(study.history(), study.Next())->point, alone.Suggest(study.history(), study.Next())->point);
  }
}

}  // namespace
}  // namespace parzen::tpe
