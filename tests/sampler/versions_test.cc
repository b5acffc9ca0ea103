// What each sampler suggests under each algorithm version, as recorded when the version was made: an upgrade never changes a
// running study's suggestions.

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/make_sampler.h"
#include "tests/sampler/study_driver.h"

namespace parzen {
namespace {

// The bits of all points, folded (FNV-1a).
class Digest {
 public:
  void Add(const Point& point) {
    for (double value : point) {
      uint64_t bits = 0;
      if (!std::isnan(value)) std::memcpy(&bits, &value, sizeof bits);
      for (int i = 0; i < 8; ++i) hash_ = (hash_ ^ (bits >> (8 * i) & 0xff)) * 0x100000001b3u;
    }
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325u;
};

SearchSpace Mixed() {
  return *SearchSpace::Create({
      {"x", FloatDistribution{-1, 3}, {}},
      {"lr", FloatDistribution{1e-5, 1e-1, true}, {}},
      {"grid", FloatDistribution{0, 1, false, 0.1}, {}},
      {"n", IntDistribution{-3, 9, false, 3}, {}},
      {"units", IntDistribution{1, 512, true}, {}},
      {"c", CategoricalDistribution{{std::string("a"), std::string("b"), std::string("c")}}, {}},
      {"only_b", FloatDistribution{0, 1}, Condition{"c", {std::string("b")}}},
  });
}

SearchSpace Finite() {
  return *SearchSpace::Create({{"n", IntDistribution{1, 12}, {}}, {"c", CategoricalDistribution{{int64_t{0}, int64_t{1}}}, {}}});
}

double Loss(const Point& point) {
  double sum = 0;
  for (double value : point) {
    if (!std::isnan(value)) sum += std::abs(value - 0.25) / (1 + std::abs(value));
  }
  return sum;
}

// Trial i of a study ends so.
Outcome OutcomeOf(int i, const Point& point) {
  if (i % 7 == 3) return {.state = RowState::kFailed};
  if (i % 7 == 5) return {.state = RowState::kInfeasible};
  if (i % 7 == 6) return {.state = RowState::kPruned, .last_step = i, .last_value = Loss(point)};
  Outcome outcome;
  outcome.values = {Loss(point)};
  return outcome;
}

// A study of two workers whose trials end in every way.
uint64_t Suggestions(SearchSpace space, SamplerKind kind, int32_t version, int trials) {
  SamplerConfig config;
  config.kind = kind;
  config.seed = 7;
  config.algorithm_version = version;
  StudyDriver study(std::move(space), config);
  Digest digest;
  std::vector<Point> points;
  for (int i = 0; i < trials; ++i) {
    points.push_back(study.Ask(i % 9 == 8 ? std::vector<NamedValue>{{"c", 1}} : std::vector<NamedValue>{}));
    digest.Add(points.back());
    if (i == 0) continue;  // one trial always runs
    study.Tell(i - 1, OutcomeOf(i, points[static_cast<size_t>(i - 1)]));
  }
  return digest.value();
}

// The same of a program that asks for the mixed space's parameters one by one.
uint64_t SuggestionsToAProgram(SamplerKind kind, int32_t version, int trials) {
  SamplerConfig config;
  config.kind = kind;
  config.seed = 7;
  config.algorithm_version = version;
  const std::unique_ptr<Sampler> sampler = MakeSampler(config, {Direction::kMinimize}).value();
  const SearchSpace space = Mixed();
  History history({Direction::kMinimize});
  Digest digest;
  Point last;
  for (int i = 0; i < trials; ++i) {
    AskRequest request;
    request.number = i;
    Draft draft = sampler->StartDefineByRun(history, request).value();
    history.Append(RowState::kRunning);
    history.SetRelative(i, draft.relative);
    Point point(space.size(), kAbsent);
    for (size_t p = 0; p < space.size(); ++p) {
      if (!space.IsActive(p, point)) continue;
      point[p] = sampler->SuggestParameter(history, space[p].name, space[p].distribution, &draft).value();
      history.SetParam(i, space[p].name, space[p].distribution, point[p]);
    }
    digest.Add(point);
    if (i > 0) history.Finish(i - 1, OutcomeOf(i, last));
    last = std::move(point);
  }
  return digest.value();
}

// Several objectives, the first of them Loss; trials may fail, and one of them always runs.
uint64_t SuggestionsForSeveral(SearchSpace space, int32_t version, size_t objectives, int trials) {
  SamplerConfig config;
  config.kind = SamplerKind::kGpEi;
  config.seed = 7;
  config.algorithm_version = version;
  StudyDriver study(std::move(space), config, std::vector<Direction>(objectives, Direction::kMinimize));
  Digest digest;
  std::vector<Point> points;
  for (int i = 0; i < trials; ++i) {
    points.push_back(study.Ask());
    digest.Add(points.back());
    if (i == 0) continue;
    const Point& last = points[static_cast<size_t>(i - 1)];
    Outcome outcome;
    for (size_t k = 0; k < objectives; ++k) outcome.values.push_back(std::abs(Loss(last) - static_cast<double>(k)));
    study.Tell(i - 1, i % 7 == 3 ? Outcome{.state = RowState::kFailed} : outcome);
  }
  return digest.value();
}

struct Recorded {
  SamplerKind kind;
  int32_t version;
  uint64_t mixed, finite;  // digests
};

TEST(AlgorithmVersionsTest, SuggestWhatTheySuggestedWhenTheyWereMade) {
  const Recorded recorded[] = {
      {SamplerKind::kRandom, 1, 0xbd70d68dbd2affeb, 0x84da4f8b4e03f404},
      {SamplerKind::kQmc, 1, 0x9905c6cc04b6efdc, 0x51a81c53f2b5816d},
      {SamplerKind::kTpe, 1, 0xf64ca7d46402ef76, 0x253f0559925e4478},
      {SamplerKind::kGpEi, 1, 0xc58733cbca68f7a5, 0xf1bc97a956ce37b2},
      {SamplerKind::kAuto, 1, 0xc58733cbca68f7a5, 0xf1bc97a956ce37b2},
      {SamplerKind::kGpEi, 2, 0x8615a62559837fba, 0x2b78a95f271c3530},
      {SamplerKind::kAuto, 2, 0x8615a62559837fba, 0x2b78a95f271c3530},
      {SamplerKind::kGpEi, 3, 0x8615a62559837fba, 0x2b78a95f271c3530},
      {SamplerKind::kAuto, 3, 0x8615a62559837fba, 0x2b78a95f271c3530},
      {SamplerKind::kGpEi, 4, 0x69345f77dbae3be0, 0xe8947ab5b293e4de},
      {SamplerKind::kAuto, 4, 0x69345f77dbae3be0, 0xe8947ab5b293e4de},
  };
  for (const Recorded& r : recorded) {
    SCOPED_TRACE(static_cast<int>(r.kind));
    EXPECT_EQ(Suggestions(Mixed(), r.kind, r.version, 45), r.mixed);
    EXPECT_EQ(Suggestions(Finite(), r.kind, r.version, 22), r.finite);
  }
}

TEST(AlgorithmVersionsTest, SuggestForSeveralObjectivesWhatTheySuggested) {
  constexpr uint64_t kRecorded[][3] = {
      // a row a version; two, three and four objectives
      {0xa1333f4b484d90a4, 0xf044a62dcf5d9202, 0x31cb28ac3a562ec3},
      {0x73dd507166cd7e6a, 0x70f431be0c2fa4c7, 0xdb0c778fb65e1105},
      {0x73dd507166cd7e6a, 0x70f431be0c2fa4c7, 0xdb0c778fb65e1105},
      {0x7be78fbfc4e8658e, 0x0f85985b1629199d, 0xa66b4fb550f9c79e},
  };
  int32_t version = 1;
  for (const auto& row : kRecorded) {
    for (size_t k = 0; k < 3; ++k)
      EXPECT_EQ(SuggestionsForSeveral(Mixed(), version, 2 + k, 24), row[k]) << version << " " << 2 + k;
    ++version;
  }
}

TEST(AlgorithmVersionsTest, SuggestToProgramsWhatTheySuggested) {
  EXPECT_EQ(SuggestionsToAProgram(SamplerKind::kGpEi, 1, 45), 0xcbb59c800197b857u);
  EXPECT_EQ(SuggestionsToAProgram(SamplerKind::kGpEi, 2, 45), 0x44a13c1968bbad8au);
  EXPECT_EQ(SuggestionsToAProgram(SamplerKind::kAuto, 1, 45), 0xa67d1b3d5e0388f0u);
  EXPECT_EQ(SuggestionsToAProgram(SamplerKind::kAuto, 2, 45), 0x322637f98dd11872u);
  EXPECT_EQ(SuggestionsToAProgram(SamplerKind::kGpEi, 3, 45), 0x93e6d9ad36fbf320u);
  EXPECT_EQ(SuggestionsToAProgram(SamplerKind::kAuto, 3, 45), 0x93e6d9ad36fbf320u);
  EXPECT_EQ(SuggestionsToAProgram(SamplerKind::kGpEi, 4, 45), 0x87e7118ebfe1142au);
  EXPECT_EQ(SuggestionsToAProgram(SamplerKind::kAuto, 4, 45), 0x87e7118ebfe1142au);
}

}  // namespace
}  // namespace parzen
