#include "sampler/pruner/ranking.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "sampler/pruner/fronts.h"

namespace parzen::pruner {
namespace {

using Row = std::vector<double>;
constexpr Direction kMin = Direction::kMinimize;
constexpr Direction kMax = Direction::kMaximize;

std::vector<Row> RandomRows(size_t n, size_t objectives, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Row> rows;
  for (size_t i = 0; i < n; ++i) {
    Row row;
    for (size_t k = 0; k < objectives; ++k) {
      row.push_back(seed % 2 == 0 ? static_cast<double>(random() % 8) : std::normal_distribution<>()(random));
    }
    rows.push_back(row);
  }
  return rows;
}

TEST(RankingTest, OneObjectiveCountsWhatIsBetter) {
  for (const Direction direction : {kMin, kMax}) {
    const std::unique_ptr<Ranking> ranking = MakeRanking({direction});
    std::vector<Row> rows = RandomRows(3000, 1, 2);
    const std::vector<Row> more = RandomRows(3000, 1, 3);
    rows.insert(rows.end(), more.begin(), more.end());
    for (const Row& row : rows) ranking->Insert(row);
    for (size_t i = 0; i < 1500; ++i) {  // every other one goes again, and one that is not there
      ranking->Erase(rows.back());
      rows.pop_back();
      ranking->Erase(Row{1e9});
    }
    ASSERT_EQ(ranking->size(), static_cast<int64_t>(rows.size()));
    for (size_t i = 0; i < rows.size(); i += 100) {
      const auto better = std::count_if(rows.begin(), rows.end(), [&](const Row& other) {
        return direction == kMax ? other[0] > rows[i][0] : other[0] < rows[i][0];
      });
      EXPECT_EQ(ranking->CountBetter(rows[i]), better);
    }
  }
}

bool Dominates(const Row& a, const Row& b) {
  bool better = false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better |= a[i] < b[i];
  }
  return better;
}

// Front by front, by comparing all with all.
std::vector<size_t> FrontsByDefinition(const std::vector<Row>& rows) {
  std::vector<size_t> fronts(rows.size(), SIZE_MAX);
  for (size_t front = 0, left = rows.size(); left > 0; ++front) {
    std::vector<size_t> members;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (fronts[i] != SIZE_MAX) continue;
      bool dominated = false;
      for (size_t j = 0; j < rows.size(); ++j) dominated |= fronts[j] == SIZE_MAX && Dominates(rows[j], rows[i]);
      if (!dominated) members.push_back(i);
    }
    for (const size_t i : members) fronts[i] = front;
    left -= members.size();
  }
  return fronts;
}

TEST(FrontsTest, AreThoseOfTheDefinitionAlsoAfterErasing) {
  for (const size_t objectives : {2, 3, 5}) {
    for (const unsigned seed : {10, 11}) {
      std::vector<Row> rows = RandomRows(200, objectives, seed);
      Fronts fronts(std::vector<Direction>(objectives, kMin));
      for (const Row& row : rows) fronts.Insert(row);
      for (int round = 0; round < 20; ++round) {
        const std::vector<size_t> expected = FrontsByDefinition(rows);
        for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(fronts.FrontOf(rows[i]), expected[i]);
        const size_t gone = (static_cast<size_t>(round) * 37) % rows.size();
        fronts.Erase(rows[gone]);
        rows.erase(rows.begin() + gone);
        ASSERT_EQ(fronts.size(), static_cast<int64_t>(rows.size()));
      }
    }
  }
}

TEST(FrontsTest, TheOrderOfArrivalDoesNotMatter) {
  for (const unsigned seed : {20, 21}) {
    std::vector<Row> rows = RandomRows(150, 3, seed);
    Fronts one({kMin, kMax, kMin}), other({kMin, kMax, kMin});
    for (const Row& row : rows) one.Insert(row);
    std::shuffle(rows.begin(), rows.end(), std::mt19937(1));
    for (const Row& row : rows) other.Insert(row);
    for (const Row& row : rows) EXPECT_EQ(one.CountBetter(row), other.CountBetter(row));
  }
}

TEST(FrontsTest, WithinAFrontTheMoreCrowdedIsWorseAndTheEndsAreBest) {
  Fronts fronts({kMin, kMin});
  const std::vector<Row> rows = {{0, 10}, {1, 9}, {1.5, 8.5}, {6, 4}, {10, 0}};
  for (const Row& row : rows) fronts.Insert(row);
  EXPECT_EQ(fronts.CountBetter(rows[0]), 0);
  EXPECT_EQ(fronts.CountBetter(rows[4]), 0);
  EXPECT_EQ(fronts.CountBetter(rows[3]), 2);  // the ends
  EXPECT_EQ(fronts.CountBetter(rows[2]), 3);
  EXPECT_EQ(fronts.CountBetter(rows[1]), 4);
  EXPECT_EQ(fronts.CountBetter(Row{11, 11}), 5);  // another front
  EXPECT_EQ(fronts.CountBetter(Row{-1, -1}), 0);
}

TEST(FrontsTest, InfiniteLossesAreOrdered) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Fronts fronts({kMin, kMax});
  for (const Row& row : {Row{kInfinity, kInfinity}, Row{-kInfinity, -kInfinity}, Row{0, 0}, Row{1, 1}, Row{2, 0}})
    fronts.Insert(row);
  EXPECT_EQ(fronts.FrontOf(Row{2, 0}), 1u);
  EXPECT_EQ(fronts.FrontOf(Row{kInfinity, -kInfinity}), 2u);
  EXPECT_EQ(fronts.CountBetter(Row{-kInfinity, kInfinity}), 0);
  EXPECT_EQ(fronts.CountBetter(Row{0, 0}), 2);  // the infinite ends of its front
}

}  // namespace
}  // namespace parzen::pruner
