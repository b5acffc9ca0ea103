// How samplers cope with runs that fail: regions of the space that fail, and failures that have nothing to do with it.
//
//   failure_study [sampler] [seeds] [problem] [version]
//
// For each problem and sampler: how many trials failed of those that were run, in the median of the seeds, and the best loss in
// the median; for random failures, after how many trials a loss was reached, with failures and without.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "sampler/trial_stream.h"
#include "tests/sampler/failing_problems.h"
#include "tests/sampler/study_driver.h"

namespace parzen {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

SamplerConfig Config(const std::string& sampler, uint64_t seed, int32_t version) {
  SamplerConfig config;
  config.kind = FindSampler(sampler)->kind;
  config.seed = seed;
  config.algorithm_version = version;
  return config;
}

void RunRegions(const std::string& sampler, int seeds, const std::string& only, int32_t version) {
  for (const FailingProblem& problem : FailingProblems()) {
    if (!only.empty() && problem.name.find(only) == std::string::npos) continue;
    std::vector<double> failed, best;
    for (int seed = 1; seed <= seeds; ++seed) {
      const FailingRun run = RunFailingProblem(problem, Config(sampler, static_cast<uint64_t>(seed), version));
      failed.push_back(run.failed);
      best.push_back(run.best);
    }
    std::printf("%-8s %-14s failed %3.0f of %d (most %3.0f)  best %.4f, could be %.4f\n", sampler.c_str(), problem.name.c_str(),
                Median(failed), problem.trials, *std::max_element(failed.begin(), failed.end()), Median(best), problem.optimum);
    std::fflush(stdout);
  }
}

// Trials until the loss is reached, failed ones included.
double TrialsToReach(const Smooth& problem, const SamplerConfig& config, double crash_rate, int most, int* complete) {
  StudyDriver study(problem.space, config);
  TrialStream crashes(config.seed, 0, "crashes");
  *complete = 0;
  for (int i = 0; i < most; ++i) {
    const Point point = study.Ask();
    if (crashes.Uniform() < crash_rate) {
      study.Tell(i, {.state = RowState::kFailed});
      continue;
    }
    ++*complete;
    const double loss = problem.loss(point);
    study.Tell(i, {.values = {loss}});
    if (loss <= problem.target) return i + 1;
  }
  return most;
}

void RunRandom(const std::string& sampler, int seeds, int32_t version) {
  for (const Smooth& problem : SmoothProblems()) {
    const int most = sampler == "tpe" ? 300 : 100;
    double with = 0, without = 0, with_complete = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      int complete;
      without += TrialsToReach(problem, Config(sampler, static_cast<uint64_t>(seed), version), 0, most, &complete) / seeds;
      with += TrialsToReach(problem, Config(sampler, static_cast<uint64_t>(seed), version), 0.1, most, &complete) / seeds;
      with_complete += static_cast<double>(complete) / seeds;
    }
    std::printf("%-8s %-14s reached after %.1f trials, with random crashes %.1f (%.1f complete): x %.3f (complete x %.3f)\n",
                sampler.c_str(), problem.name.c_str(), without, with, with_complete, with / without, with_complete / without);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace parzen

int main(int argc, char** argv) {
  const std::string sampler = argc > 1 ? argv[1] : "auto", only = argc > 3 ? argv[3] : "";
  const int seeds = argc > 2 ? std::atoi(argv[2]) : 10;
  const int version = argc > 4 ? std::atoi(argv[4]) : 0;
  if (only != "random") parzen::RunRegions(sampler, seeds, only, version);
  if (only.empty() || only == "random") parzen::RunRandom(sampler, seeds, version);
}
