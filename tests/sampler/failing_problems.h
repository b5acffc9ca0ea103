// Problems some of whose runs fail, for tests and measurements of how samplers cope with failures.

#ifndef PARZEN_TESTS_SAMPLER_FAILING_PROBLEMS_H_
#define PARZEN_TESTS_SAMPLER_FAILING_PROBLEMS_H_

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "tests/sampler/study_driver.h"

namespace parzen {

// A region of the space fails, next to or around where the loss would be least.
struct FailingProblem {
  std::string name;
  SearchSpace space;
  std::function<bool(const Point&)> fails;
  std::function<double(const Point&)> loss;
  int trials = 60;
  double optimum = 0;  // of what does not fail
  RowState failure = RowState::kFailed;
};

inline Parameter FloatOf(std::string name, double low, double high, bool log = false) {
  return {std::move(name), FloatDistribution{.low = low, .high = high, .log = log, .step = {}}, {}};
}

inline std::vector<FailingProblem> FailingProblems() {
  const auto space = [](std::vector<Parameter> parameters) { return SearchSpace::Create(std::move(parameters)).value(); };
  const std::vector<Choice> abcd = {std::string("a"), std::string("b"), std::string("c"), std::string("d")};
  const auto edge = [](const Point& p) { return p[0] > 0.8 || p[1] > 0.3; };
  const auto edge_loss = [](const Point& p) { return -p[0] + std::abs(p[1] - 0.1); };
  return {
      {"edge", space({FloatOf("x", 0, 1), FloatOf("lr", 1e-5, 1, true)}), edge, edge_loss, 60, -0.8},
      {"edge-nan", space({FloatOf("x", 0, 1), FloatOf("lr", 1e-5, 1, true)}), edge, edge_loss, 60, -0.8, RowState::kInfeasible},
      {"line", space({FloatOf("x", 0, 1)}), [](const Point& p) { return p[0] > 0.8; }, [](const Point& p) { return -p[0]; }, 100,
       -0.8},
      {"corner", space({FloatOf("x", 0, 1), FloatOf("y", 0, 1)}), [](const Point& p) { return p[0] > 0.6 && p[1] > 0.6; },
       [](const Point& p) { return -p[0] - p[1]; }, 60, -1.6},
      {"band", space({FloatOf("x", 0, 1), FloatOf("y", 0, 1)}), [](const Point& p) { return std::abs(p[0] - 0.5) < 0.15; },
       [](const Point& p) { return std::abs(p[0] - 0.5) + std::pow(p[1] - 0.3, 2); }, 60, 0.15},
      {"disc", space({FloatOf("x", 0, 1), FloatOf("y", 0, 1)}),
       [](const Point& p) { return std::hypot(p[0] - 0.5, p[1] - 0.5) < 0.3; },
       [](const Point& p) { return std::hypot(p[0] - 0.4, p[1] - 0.5); }, 60, 0.2},
      {"diagonal", space({FloatOf("x", 0, 1), FloatOf("y", 0, 1)}), [](const Point& p) { return p[0] + p[1] > 1.2; },
       [](const Point& p) { return -p[0] * p[1]; }, 60, -0.36},
      {"category", space({{"c", CategoricalDistribution{abcd}, {}}, FloatOf("x", 0, 1)}),
       [](const Point& p) { return p[0] == 2; }, [](const Point& p) { return std::abs(p[0] - 2) + std::pow(p[1] - 0.3, 2); }, 60,
       1},
      {"threshold", space({{"batch", IntDistribution{.low = 1, .high = 512, .log = true}, {}}, FloatOf("lr", 1e-5, 1, true)}),
       [](const Point& p) { return p[0] > 200; },
       [](const Point& p) { return -std::log(p[0]) + std::pow(std::log10(p[1]) + 2, 2) / 4; }, 60, -std::log(200)},
      {"linear-int",
       space({{"layers", IntDistribution{.low = 1, .high = 16}, {}},
              {"width", IntDistribution{.low = 16, .high = 1024, .step = 16}, {}}}),
       [](const Point& p) { return p[0] * p[1] > 4000; }, [](const Point& p) { return -p[0] * p[1] / 4000; }, 60, -1},
      {"child",
       space({{"m", CategoricalDistribution{abcd}, {}},
              {"depth", IntDistribution{.low = 1, .high = 32}, Condition{"m", {std::string("b")}}},
              FloatOf("x", 0, 1)}),
       [](const Point& p) { return p[0] == 1 && p[1] > 16; },
       [](const Point& p) { return (p[0] == 1 ? 1 - p[1] / 32 : 1.2) + std::pow(p[2] - 0.6, 2); }, 60, 0.5},
      {"six",
       space({FloatOf("a", 0, 1), FloatOf("b", 0, 1), FloatOf("c", 0, 1), FloatOf("d", 0, 1), FloatOf("e", 0, 1),
              FloatOf("lr", 1e-5, 1, true)}),
       [](const Point& p) { return p[5] > 0.03 || p[0] > 0.8; },
       [](const Point& p) { return std::pow(p[1] - 0.3, 2) + std::pow(p[2] - 0.6, 2) - p[0] - 0.2 * std::log10(p[5]); }, 60,
       -0.8 - 0.2 * std::log10(0.03)},
  };
}

struct FailingRun {
  int failed = 0;
  double best = std::numeric_limits<double>::infinity();
  int repeated = 0;  // trials at a point that had failed before
};

inline FailingRun RunFailingProblem(const FailingProblem& problem, const SamplerConfig& config) {
  StudyDriver study(problem.space, config);
  FailingRun run;
  std::vector<Point> failed;
  const auto same = [](const Point& a, const Point& b) {
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
    }
    return true;
  };
  for (int i = 0; i < problem.trials; ++i) {
    const Point point = study.Ask();
    run.repeated += std::any_of(failed.begin(), failed.end(), [&](const Point& other) { return same(point, other); });
    if (problem.fails(point)) {
      ++run.failed;
      failed.push_back(point);
      study.Tell(i, {.state = problem.failure});
    } else {
      const double loss = problem.loss(point);
      run.best = std::min(run.best, loss);
      study.Tell(i, {.values = {loss}});
    }
  }
  return run;
}

// A problem without failures of its own, and a loss that is to be reached.
struct Smooth {
  std::string name;
  SearchSpace space;
  std::function<double(const Point&)> loss;
  double target;
};

inline std::vector<Smooth> SmoothProblems() {
  const auto space = [](std::vector<Parameter> parameters) { return SearchSpace::Create(std::move(parameters)).value(); };
  const auto branin = [](const Point& p) {
    const double x = 15 * p[0] - 5, y = 15 * p[1];
    const double pi = 3.14159265358979323846;
    return std::pow(y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6, 2) + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10;
  };
  const auto bowl = [](const Point& p) {
    double sum = 0;
    for (double x : p) sum += (x - 0.3) * (x - 0.3);
    return sum;
  };
  return {
      {"branin", space({FloatOf("x", 0, 1), FloatOf("y", 0, 1)}), branin, 0.6},
      {"bowl4", space({FloatOf("a", 0, 1), FloatOf("b", 0, 1), FloatOf("c", 0, 1), FloatOf("d", 0, 1)}), bowl, 0.02},
      {"training",
       space({FloatOf("lr", 1e-5, 1, true),
              {"opt", CategoricalDistribution{{int64_t{0}, int64_t{1}, int64_t{2}}}, {}},
              FloatOf("dropout", 0, 0.8)}),
       [](const Point& p) { return std::pow(std::log10(p[0]) + 3, 2) / 4 + (p[1] == 1 ? 0 : 0.3) + std::pow(p[2] - 0.2, 2); },
       0.02},
  };
}

}  // namespace parzen

#endif  // PARZEN_TESTS_SAMPLER_FAILING_PROBLEMS_H_
