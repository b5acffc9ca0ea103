#include "sampler/auto.h"

#include <gtest/gtest.h>

#include <string>

namespace parzen {
namespace {

// What asked it is told by the value that it suggests.
class Fake final : public Sampler {
 public:
  explicit Fake(double value) : Sampler(0, 1), value_(value) {}
  std::string SaveState() const override { return std::to_string(static_cast<int>(value_)); }
  absl::StatusOr<Draft> StartDefineByRun(const History&, const AskRequest& request) override {
    return Draft{.number = request.number, .before = {}, .after = {}, .relative = {{"who", value_}}, .attempt = 0};
  }

 protected:
  absl::StatusOr<double> SampleParameter(const History&, std::string_view, const Distribution&, Draft*) override {
    return value_;
  }
  std::string_view method() const override { return "fake"; }
  absl::StatusOr<Draft> StartAttempt(const History&, const SearchSpace*, int64_t number, StreamPositions, uint32_t) override {
    Draft draft;
    draft.number = number;
    return draft;
  }

 private:
  double value_;
};

constexpr double kGp = 1, kTpe = 2;

class AutoSamplerTest : public testing::Test {
 protected:
  AutoSamplerTest() : sampler_(std::make_unique<Fake>(kGp), std::make_unique<Fake>(kTpe)), history_({Direction::kMinimize}) {}

  double Suggested(size_t parameters) {
    std::vector<Parameter> declared;
    for (size_t i = 0; i < parameters; ++i)
      declared.push_back({"x" + std::to_string(i), FloatDistribution{.low = 0, .high = 3}, {}});
    const SearchSpace space = SearchSpace::Create(declared).value();
    AskRequest request;
    request.number = history_.size();
    request.space = &space;
    return sampler_.Suggest(history_, request)->point[0];
  }

  AutoSampler sampler_;
  History history_;
};

TEST_F(AutoSamplerTest, TakesTheGaussianProcessForADeclaredSpace) {
  EXPECT_EQ(Suggested(1), kGp);
  EXPECT_EQ(Suggested(kMostGpParameters), kGp);
}

TEST_F(AutoSamplerTest, TakesTpeForManyParameters) { EXPECT_EQ(Suggested(kMostGpParameters + 1), kTpe); }

TEST_F(AutoSamplerTest, TakesTpeAfterManyTrials) {
  Outcome outcome;
  outcome.values = {1};
  for (int64_t i = 0; i < kMostGpTrials; ++i) {
    EXPECT_EQ(i % 100 == 0 ? Suggested(1) : kGp, kGp) << i;
    history_.Append(RowState::kRunning);
    history_.Finish(i, outcome);
  }
  EXPECT_EQ(Suggested(1), kTpe);
}

TEST_F(AutoSamplerTest, TakesTpeForDefineByRun) {
  absl::StatusOr<Draft> draft = sampler_.Start(history_, nullptr, 0, {});
  ASSERT_TRUE(draft.ok());
  EXPECT_EQ(*sampler_.SuggestParameter(history_, "x", FloatDistribution{.low = 0, .high = 3}, &*draft), kTpe);
}

// Who begins such a trial notes its value in the joint part.
TEST_F(AutoSamplerTest, BeginsDefineByRunTrialsByTheGaussianProcessFromVersion3On) {
  const auto begun_by = [&](AutoSampler* sampler) {
    AskRequest request;
    request.number = history_.size();
    return sampler->StartDefineByRun(history_, request)->relative[0].value;
  };
  AutoSampler older(std::make_unique<Fake>(kGp), std::make_unique<Fake>(kTpe), 2);
  EXPECT_EQ(begun_by(&older), kTpe);
  EXPECT_EQ(begun_by(&sampler_), kGp);
  Outcome outcome;
  outcome.values = {1};
  const FloatDistribution unit{.low = 0, .high = 1};
  for (size_t i = 0; i <= kMostGpParameters; ++i) {
    history_.Append(RowState::kRunning);
    history_.SetParam(static_cast<int64_t>(i), "x" + std::to_string(i), unit, 0.5);
    if (i == kMostGpParameters) {
      EXPECT_EQ(begun_by(&sampler_), kGp);  // one runs still
    }
    history_.Finish(static_cast<int64_t>(i), outcome);
  }
  EXPECT_EQ(begun_by(&sampler_), kTpe);
}

TEST_F(AutoSamplerTest, KeepsTheStateOfTheGaussianProcess) { EXPECT_EQ(sampler_.SaveState(), "1"); }

}  // namespace
}  // namespace parzen
