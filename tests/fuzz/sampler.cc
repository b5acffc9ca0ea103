// Samplers on arbitrary valid histories: whatever the space, the trials and the sampler's options, a suggestion lies in its
// distributions, has exactly the active parameters, and is the same when it is asked for again.

#include "sampler/make_sampler.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <utility>

#include "sampler/history.h"
#include "tests/fuzz/invariant.h"
#include "tests/fuzz/space_maker.h"

namespace parzen::fuzz {
namespace {

SamplerConfig MakeConfig(FuzzedDataProvider* data) {
  static constexpr SamplerKind kKinds[] = {SamplerKind::kAuto, SamplerKind::kRandom, SamplerKind::kQmc, SamplerKind::kTpe,
                                           SamplerKind::kGpEi};
  SamplerConfig config;
  config.kind = data->PickValueInArray(kKinds);
  config.seed = data->ConsumeIntegral<uint64_t>();
  TpeOptions& tpe = config.tpe;
  static constexpr Reproduce kReproduce[] = {Reproduce::kNone, Reproduce::kOptuna291, Reproduce::kOptuna50};
  tpe.reproduce = data->PickValueInArray(kReproduce);
  const auto maybe = [data] { return data->ConsumeBool() ? std::optional<bool>(data->ConsumeBool()) : std::nullopt; };
  if (data->ConsumeBool()) tpe.n_startup_trials = data->ConsumeIntegralInRange<int64_t>(0, 3);
  if (data->ConsumeBool()) tpe.n_ei_candidates = data->ConsumeIntegralInRange<int64_t>(1, 24);
  tpe.multivariate = maybe();
  tpe.group = maybe();
  tpe.constant_liar = maybe();
  tpe.consider_endpoints = maybe();
  tpe.consider_magic_clip = maybe();
  tpe.consider_prior = maybe();
  if (data->ConsumeBool()) tpe.prior_weight = data->ConsumeFloatingPointInRange<double>(0, 3);
  config.gp.n_startup_trials = data->ConsumeIntegralInRange<int64_t>(1, 4);
  return config;
}

// A point of the space out of the fuzzer's bytes: each active parameter at a bound, or somewhere between.
Point MakePoint(FuzzedDataProvider* data, const SearchSpace& space) {
  Point point(space.size(), kAbsent);
  for (size_t i = 0; i < space.size(); ++i) {
    if (!space.IsActive(i, point)) continue;
    const Distribution& distribution = space[i].distribution;
    if (const auto* real = std::get_if<FloatDistribution>(&distribution)) {
      if (real->step) {
        const double steps = std::min(std::floor((real->high - real->low) / *real->step), 1000.0);
        point[i] = std::min(real->low + std::floor(data->ConsumeProbability<double>() * steps) * *real->step, real->high);
      } else {
        const double at = data->ConsumeProbability<double>();
        point[i] = std::min(std::max(real->low * (1 - at) + real->high * at, real->low), real->high);
      }
    } else if (const auto* whole = std::get_if<IntDistribution>(&distribution)) {
      const int64_t steps = std::min<int64_t>((whole->high - whole->low) / whole->step, 1000);
      point[i] = static_cast<double>(whole->low + data->ConsumeIntegralInRange<int64_t>(0, steps) * whole->step);
    } else {
      const size_t choices = std::get<CategoricalDistribution>(distribution).choices.size();
      point[i] = static_cast<double>(data->ConsumeIntegralInRange<size_t>(0, choices - 1));
    }
  }
  return point;
}

double AnyLoss(FuzzedDataProvider* data) {
  static constexpr double kLosses[] = {0.0,
                                       -0.0,
                                       1.0,
                                       0.5,
                                       1e300,
                                       -1e300,
                                       5e-324,
                                       std::numeric_limits<double>::infinity(),
                                       -std::numeric_limits<double>::infinity()};
  return data->PickValueInArray(kLosses);
}

void Fill(FuzzedDataProvider* data, const SearchSpace& space, History* history) {
  const int rows = data->ConsumeIntegralInRange(0, 24);
  for (int row = 0; row < rows; ++row) {
    history->Append(RowState::kRunning);
    const Point point = MakePoint(data, space);
    for (size_t i = 0; i < space.size(); ++i) {
      if (!std::isnan(point[i])) history->SetParam(row, space[i].name, space[i].distribution, point[i]);
    }
    Outcome outcome;
    switch (data->ConsumeIntegralInRange(0, 6)) {
      case 0:
        continue;  // still running
      case 1:
        history->SetState(row, RowState::kWaiting);
        continue;
      case 2:
        outcome.state = RowState::kFailed;
        break;
      case 3:
        outcome.state = RowState::kInfeasible;
        break;
      case 4:
        outcome.state = RowState::kPruned;
        if (data->ConsumeBool()) {
          outcome.last_step = data->ConsumeIntegralInRange(0, 9);
          outcome.last_value = data->ConsumeBool() ? AnyLoss(data) : std::nan("");
        }
        break;
      default:
        for (size_t o = 0; o < history->directions().size(); ++o) outcome.values.push_back(AnyLoss(data));
    }
    if (data->ConsumeBool()) outcome.constraints.push_back({"c", AnyLoss(data)});
    history->Finish(row, outcome);
  }
}

void Check(const SearchSpace& space, const Point& point) {
  Require(point.size() == space.size(), "a point has a value for each parameter");
  for (size_t i = 0; i < space.size(); ++i) {
    const bool active = space.IsActive(i, point);
    Require(active != std::isnan(point[i]),
            "a parameter has a value exactly where it is active: " + space[i].name + ", " + ToString(space[i].distribution));
    if (active) Require(Contains(space[i].distribution, point[i]), "a value lies in its distribution: " + space[i].name);
    if (active) {
      const auto back = ToInternal(space[i].name, space[i].distribution, ToExternal(space[i].distribution, point[i]));
      Require(back.ok() && *back == point[i],
              "a value is on its grid: " + ToString(space[i].distribution) + " " + std::to_string(point[i]));
    }
  }
}

}  // namespace
}  // namespace parzen::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace parzen;
  using namespace parzen::fuzz;
  FuzzedDataProvider data(bytes, size);
  auto space = SearchSpace::Create(SpaceMaker(&data).Parameters());
  if (!space.ok() || space->empty()) return 0;
  std::vector<Direction> directions(data.ConsumeIntegralInRange<size_t>(1, 2), Direction::kMinimize);
  if (data.ConsumeBool()) directions[0] = Direction::kMaximize;
  const SamplerConfig config = MakeConfig(&data);
  auto sampler = MakeSampler(config, directions);
  auto again = MakeSampler(config, directions);
  if (!sampler.ok()) return 0;
  History history(directions);
  Fill(&data, *space, &history);

  AskRequest request;
  request.number = history.size();
  request.space = &*space;
  TakenPoints taken;
  if (const auto count = space->FiniteSize(); count && config.tpe.reproduce == Reproduce::kNone && data.ConsumeBool()) {
    const auto some = data.ConsumeIntegralInRange<uint64_t>(0, std::min<uint64_t>(*count, 50));
    for (uint64_t i = 0; i < some; ++i) taken.insert(i);
    request.taken = &taken;
  }
  const auto suggestion = (*sampler)->Suggest(history, request);
  if (!suggestion.ok()) {
    const bool full = request.taken != nullptr && taken.size() == *space->FiniteSize();
    Require(full && suggestion.status().code() == absl::StatusCode::kFailedPrecondition,
            std::string(suggestion.status().ToString()));
    return 0;
  }
  Check(*space, suggestion->point);
  if (request.taken != nullptr) Require(!taken.contains(space->IndexOf(suggestion->point)), "a taken point is not suggested");
  const auto same = (*again)->Suggest(history, request);
  Require(same.ok(), "the same question has an answer again");
  Require(std::memcmp(same->point.data(), suggestion->point.data(), same->point.size() * sizeof(double)) == 0,
          "the same question has the same answer");
  return 0;
}
