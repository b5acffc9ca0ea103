// What pruned trials teach a sampler: learning curves with a pruner, the search told of pruned trials as a study tells them, or
// not at all.
//
//   pruned_study [sampler] [seeds] [problem] [epochs, in runs of full length]
//
// For each problem and pruner: the best final loss above the optimum when the epochs are spent, in the median of the seeds; how
// often learning was better and worse than ignoring; and, beside it, the same epochs spent without pruning.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sampler/pruner/make_pruner.h"
#include "sampler/trial_stream.h"
#include "tests/sampler/study_driver.h"

namespace parzen {
namespace {

constexpr int kSteps = 27;

struct CurveProblem {
  std::string name;
  SearchSpace space;
  std::function<double(const Point&)> loss;  // in the end
  double optimum = 0;
  double start = 1;  // how far above its end a curve begins
};

double Unit(const Point& point, size_t i, double low, double high) { return (point[i] - low) / (high - low); }

double Branin(const Point& p) {
  const double x = -5 + 15 * p[0], y = 15 * p[1], pi = 3.14159265358979;
  return (std::pow(y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6, 2) + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10) / 50;
}

// The log of the learning rate and the width have an optimum together; the momentum matters little.
double Network(const Point& p) {
  const double lr = std::log10(p[0]) + 2.2, width = std::log2(p[1]) - 6;
  return 0.1 + std::pow(lr + 0.3 * width, 2) / 6 + std::pow(width, 2) / 20 + 0.1 * std::pow(p[2] - 0.9, 2);
}

double Hartmann6(const Point& p) {
  static constexpr double kA[4][6] = {
      {10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}};
  static constexpr double kP[4][6] = {{.1312, .1696, .5569, .0124, .8283, .5886},
                                      {.2329, .4135, .8307, .3736, .1004, .9991},
                                      {.2348, .1451, .3522, .2883, .3047, .6650},
                                      {.4047, .8828, .8732, .5743, .1091, .0381}};
  static constexpr double kC[4] = {1, 1.2, 3, 3.2};
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    double inner = 0;
    for (int j = 0; j < 6; ++j) inner += kA[i][j] * std::pow(p[j] - kP[i][j], 2);
    sum += kC[i] * std::exp(-inner);
  }
  return 3.32237 - sum;
}

std::vector<CurveProblem> Problems() {
  const auto floating = [](std::string name, double low, double high, bool log = false) {
    return Parameter{std::move(name), FloatDistribution{.low = low, .high = high, .log = log, .step = {}}, {}};
  };
  std::vector<Parameter> two, six;
  for (const char* name : {"a", "b"}) two.push_back(floating(name, 0, 1));
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) six.push_back(floating(name, 0, 1));
  const Parameter width{"width", IntDistribution{.low = 8, .high = 512, .log = true}, {}};
  return {{"branin", SearchSpace::Create(two).value(), Branin, 0.397887 / 50, 2},
          {"network", SearchSpace::Create({floating("lr", 1e-5, 1, true), width, floating("momentum", 0, 1)}).value(), Network,
           0.1, 2},
          {"hartmann6", SearchSpace::Create(six).value(), Hartmann6, 0, 2}};
}

// Falls from start to the end at a rate that hangs on the point, so that curves cross, with noise that is least in the end.
double Curve(const CurveProblem& problem, const Point& point, double end, int step, TrialStream* noise) {
  double rate = 4;
  for (size_t i = 0; i < problem.space.size(); ++i) {
    const auto* number = std::get_if<FloatDistribution>(&problem.space[i].distribution);
    if (number != nullptr && !number->log) rate += (i % 2 == 0 ? 2.5 : -2.5) * (Unit(point, i, number->low, number->high) - 0.5);
  }
  const double left = std::exp(-rate * step / kSteps);
  return end + problem.start * left + 0.05 * problem.start * left * (noise->Uniform() - 0.5);
}

struct Setting {
  PrunerKind pruner;
  bool learns;  // of pruned trials
};

// The least final loss above the optimum once the epochs are spent.
double Run(const CurveProblem& problem, const SamplerConfig& config, const Setting& setting, int epochs) {
  StudyDriver study(problem.space, config);
  PrunerConfig pruning;
  pruning.kind = setting.pruner;
  const std::unique_ptr<Pruner> pruner = MakePruner(pruning, {Direction::kMinimize}, "curves").value();
  TrialStream noise(config.seed, 0, "noise");
  double best = INFINITY;
  for (int number = 0, spent = 0; spent + kSteps <= epochs; ++number) {
    const Point point = study.Ask();
    const double end = problem.loss(point);
    Outcome outcome;
    for (int step = 1; step <= kSteps; ++step, ++spent) {
      const double value = Curve(problem, point, end, step, &noise);
      outcome.last_step = step;
      outcome.last_value = value;
      if (pruner == nullptr || step == kSteps) continue;
      pruner->Report(number, step, std::span(&value, 1));
      if (!pruner->Decide(number).prune) continue;
      outcome.state = RowState::kPruned;
      ++spent;
      break;
    }
    if (outcome.state == RowState::kComplete) {
      outcome.values = {end};
      best = std::min(best, end);
    }
    if (pruner != nullptr) pruner->End(number, outcome, number);
    if (outcome.state == RowState::kComplete || setting.learns) {
      study.Tell(number, outcome);
    } else {
      study.Forget(number);
    }
  }
  return best - problem.optimum;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

void Compare(const CurveProblem& problem, const std::string& sampler, int seeds, int runs) {
  for (const PrunerKind kind : {PrunerKind::kMedian, PrunerKind::kSuccessiveHalving}) {
    std::vector<double> learned, ignored, whole;
    int better = 0, worse = 0;
    double ratio = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      SamplerConfig config;
      config.kind = FindSampler(sampler)->kind;
      config.seed = static_cast<uint64_t>(seed);
      learned.push_back(Run(problem, config, {kind, true}, runs * kSteps));
      ignored.push_back(Run(problem, config, {kind, false}, runs * kSteps));
      whole.push_back(Run(problem, config, {PrunerKind::kNone, true}, runs * kSteps));
      better += learned.back() < ignored.back();
      worse += learned.back() > ignored.back();
      ratio += std::log((learned.back() + 1e-9) / (ignored.back() + 1e-9)) / seeds;
    }
    std::printf("%-8s %-10s %-6s learned %.5f  ignored %.5f  (better %d, worse %d of %d; mean ratio %.3f)  not pruned %.5f\n",
                sampler.c_str(), problem.name.c_str(), std::string(PrunerName(kind)).c_str(), Median(learned), Median(ignored),
                better, worse, seeds, std::exp(ratio), Median(whole));
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace parzen

int main(int argc, char** argv) {
  const std::string sampler = argc > 1 ? argv[1] : "gp-ei", only = argc > 3 ? argv[3] : "";
  const int seeds = argc > 2 ? std::atoi(argv[2]) : 10, runs = argc > 4 ? std::atoi(argv[4]) : 15;
  for (const parzen::CurveProblem& problem : parzen::Problems()) {
    if (only.empty() || problem.name == only) parzen::Compare(problem, sampler, seeds, runs);
  }
}
