#include "sampler/pruner/signed_rank.h"

#include <vector>

#include "gtest/gtest.h"

namespace parzen::pruner {
namespace {

struct Case {
  std::vector<double> differences;
  double less, greater;  // SciPy 1.17.1, wilcoxon(differences, alternative=.., zero_method="zsplit").pvalue
};

std::vector<double> EveryThirdNegative(int n) {
  std::vector<double> differences;
  for (int i = 1; i <= n; ++i) differences.push_back(i % 3 == 1 ? -i : i);
  return differences;
}

TEST(SignedRankTest, PValuesAreSciPys) {
  const std::vector<Case> cases = {
      {{1, -2, 3}, 0.75, 0.375},
      {{0, 0, 1, 1, -2}, 0.625, 0.5},  // ties and zeros: all sign flips
      {{0, 0}, 1, 1},
      {{0, 0, -1, 1, -1, -1, -1, 2, 2, 2, 2, 2, 2}, 0.9697265625, 0.03271484375},                   // the longest such
      {{0, 0, -1, 1, -1, 1, -1, -1, -1, -1, 2, 2, 2, 2}, 0.7798209107918974, 0.22017908920810259},  // approximated
      {{-0.000320381, 0.114891709, -0.450496247, 0.503451186, -0.570739669, -0.910668347, -1.216212895, -2.057510124},
       0.0546875,
       0.9609375},
      {EveryThirdNegative(50), 0.9804922372390692, 0.01998417326421187},  // the longest exact one
      {EveryThirdNegative(51), 0.9871556300031679, 0.01284436999683209},
  };
  SignedRankTest test;
  for (const Case& each : cases) {
    EXPECT_DOUBLE_EQ(test.PValue(each.differences, Alternative::kLess), each.less) << each.differences.size();
    EXPECT_DOUBLE_EQ(test.PValue(each.differences, Alternative::kGreater), each.greater) << each.differences.size();
  }
}

}  // namespace
}  // namespace parzen::pruner
