// How long the Gaussian-process sampler takes for one ask, fit and acquisition, on one thread with nothing prepared.
//
// For each number of dimensions and observations, one JSON line with medians in ms of processor time:
//   warm   the model of n - 1 observations is known, one was told since, and n is not a scheduled fit;
//   refit  likewise, but the ask falls on the next scheduled fit;
//   cold   a sampler just made, with the state that the last one saved.
// The observations: quasi-random points and a smooth function of them with noise, the same that peers.py gives to the others.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "sampler/gp/fits.h"
#include "sampler/make_sampler.h"
#include "sampler/sobol.h"

namespace parzen {
namespace {

// sum of (x - 0.3)^2 and a wave in the first coordinates.
double Loss(const Point& point) {
  double sum = 0;
  for (double x : point) sum += (x - 0.3) * (x - 0.3);
  return sum + 0.1 * std::sin(12 * point[0]) * std::cos(9 * point[1]);
}

// Processor time of this thread: what else the machine does is not counted.
double ThreadMilliseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

class Bench {
 public:
  explicit Bench(int dimensions) : points_(1) {
    std::vector<Parameter> parameters;
    for (int i = 0; i < dimensions; ++i)
      parameters.push_back({"x" + std::to_string(i), FloatDistribution{.low = 0, .high = 1, .log = false, .step = {}}, {}});
    space_ = SearchSpace::Create(std::move(parameters)).value();
  }

  History HistoryOf(int64_t n) {
    History history({Direction::kMinimize});
    for (int64_t i = 0; i < n; ++i) Tell(&history);
    return history;
  }

  // Appends one observation.
  void Tell(History* history) {
    const int64_t row = history->size();
    Point point;
    for (size_t i = 0; i < space_.size(); ++i) point.push_back(points_.Coordinate(static_cast<uint64_t>(row), i));
    history->Append(RowState::kRunning);
    for (size_t i = 0; i < space_.size(); ++i) history->SetParam(row, space_[i].name, space_[i].distribution, point[i]);
    Outcome outcome;
    outcome.values = {Loss(point)};
    history->Finish(row, outcome);
  }

  static std::unique_ptr<Sampler> Make() {
    SamplerConfig config;
    config.kind = SamplerKind::kGpEi;
    return MakeSampler(config, {Direction::kMinimize}).value();
  }

  double Ask(Sampler* sampler, const History& history) const {
    AskRequest request;
    request.number = history.size();
    request.space = &space_;
    const double start = ThreadMilliseconds();
    if (!sampler->Suggest(history, request).ok()) std::abort();
    return ThreadMilliseconds() - start;
  }

 private:
  SearchSpace space_;
  ScrambledSobol points_;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Measure(int dimensions, int64_t observations, int repeats) {
  int64_t plain = observations, scheduled = observations;
  while (gp::LastScheduled(plain) == plain) ++plain;
  while (gp::LastScheduled(scheduled) != scheduled) ++scheduled;
  Bench bench(dimensions);
  std::vector<double> warm, refit, cold;
  const std::unique_ptr<Sampler> sampler = Bench::Make();
  const History before = bench.HistoryOf(plain - 1), before_fit = bench.HistoryOf(scheduled - 1);
  for (int i = 0; i < repeats; ++i) {
    History history = before;
    bench.Ask(sampler.get(), history);
    bench.Tell(&history);
    warm.push_back(bench.Ask(sampler.get(), history));

    const std::unique_ptr<Sampler> restarted = Bench::Make();
    restarted->RestoreState(sampler->SaveState());
    cold.push_back(bench.Ask(restarted.get(), history));
  }
  for (int i = 0; i < std::min(repeats, 3); ++i) {
    const std::unique_ptr<Sampler> fitting = Bench::Make();
    History history = before_fit;
    bench.Ask(fitting.get(), history);
    bench.Tell(&history);
    refit.push_back(bench.Ask(fitting.get(), history));
  }
  std::printf(
      "{\"optimizer\": \"parzen\", \"dimensions\": %d, \"observations\": %ld, \"warm\": %.3f, \"refit\": %.3f, \"cold\": %.3f}\n",
      dimensions, static_cast<long>(observations), Median(warm), Median(refit), Median(cold));
  std::fflush(stdout);
}

}  // namespace
}  // namespace parzen

int main(int argc, char** argv) {
  CLI::App app("ms per ask of the Gaussian-process sampler");
  std::vector<int> dimensions = {5, 20};
  std::vector<int64_t> observations = {50, 60, 200, 500, 1000, 5000};
  int repeats = 7;
  app.add_option("--dimensions", dimensions)->delimiter(',');
  app.add_option("--observations", observations)->delimiter(',');
  app.add_option("--repeats", repeats)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  for (int d : dimensions)
    for (int64_t n : observations) parzen::Measure(d, n, repeats);
}
