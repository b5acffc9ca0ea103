// One measurement of compare.py: milliseconds of processor time an ask of Parzen's default TPE.
//
//     tpe_bench HISTORY FLOATS CATEGORICALS CHOICES RUNNING MULTIVARIATE ASKS
//
// HISTORY: the number of rows (int64), then each row's floats in [-5, 5], choice indices and loss, all doubles.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "sampler/make_sampler.h"

namespace parzen {
namespace {

double ProcessorMilliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

void Append(const SearchSpace& space, const Point& point, History* history) {
  const int64_t row = history->size();
  history->Append(RowState::kRunning);
  for (size_t i = 0; i < space.size(); ++i) history->SetParam(row, space[i].name, space[i].distribution, point[i]);
}

int Main(char** arguments) {
  const int floats = std::atoi(arguments[2]), categoricals = std::atoi(arguments[3]), choices = std::atoi(arguments[4]);
  const int running = std::atoi(arguments[5]), asks = std::atoi(arguments[7]);
  std::vector<Parameter> parameters;
  for (int i = 0; i < floats; ++i) parameters.push_back({"x" + std::to_string(i), FloatDistribution{-5, 5}, std::nullopt});
  for (int i = 0; i < categoricals; ++i) {
    CategoricalDistribution categorical;
    for (int j = 0; j < choices; ++j) categorical.choices.emplace_back("k" + std::to_string(j));
    parameters.push_back({"c" + std::to_string(i), std::move(categorical), std::nullopt});
  }
  const SearchSpace space = SearchSpace::Create(std::move(parameters)).value();
  const std::vector<Direction> directions = {Direction::kMinimize};
  SamplerConfig config;
  config.kind = SamplerKind::kTpe;
  config.seed = 1;
  config.tpe.multivariate = std::atoi(arguments[6]) != 0;
  const std::unique_ptr<Sampler> sampler = MakeSampler(config, directions).value();

  History history(directions);
  std::ifstream file(arguments[1], std::ios::binary);
  int64_t rows = 0;
  file.read(reinterpret_cast<char*>(&rows), sizeof rows);
  std::vector<double> values(space.size() + 1);
  for (int64_t row = 0; row < rows; ++row) {
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(double)));
    Append(space, Point(values.begin(), values.end() - 1), &history);
    history.Finish(row, {.state = RowState::kComplete, .values = {values.back()}});
  }
  auto ask = [&] { return sampler->Suggest(history, {.number = history.size(), .space = &space}).value().point; };
  for (int i = 0; i < running; ++i) Append(space, ask(), &history);
  double spent = 0;
  for (int i = 0; i <= asks; ++i) {
    const double begin = ProcessorMilliseconds();
    const Point point = ask();
    if (i > 0) spent += ProcessorMilliseconds() - begin;  // the first builds the state
    Append(space, point, &history);
    history.Finish(history.size() - 1, {.state = RowState::kComplete, .values = {1000}});
  }
  std::printf("%.6f\n", spent / asks);
  return 0;
}

}  // namespace
}  // namespace parzen

int main(int count, char** arguments) { return count == 8 ? parzen::Main(arguments) : 2; }
