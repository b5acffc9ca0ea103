#include "sampler/gp/fits.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "sampler/gp/transform.h"

namespace parzen::gp {
namespace {

constexpr int64_t kEvery = 32;                             // every number of observations up to here is scheduled
constexpr size_t kKept = 64;                               // fits in memory
constexpr uint64_t kMagic = 0x31'74'69'66'2d'70'67'02ULL;  // of saved fits; another where fits are made otherwise

uint64_t HashOf(const Kernel& kernel, const ModelPrior& prior, const Eigen::MatrixXd& points, const std::vector<double>& values,
                int64_t count, OutputKind output) {
  uint64_t hash = 0x51ed270b7f3c2d91ULL;
  const int64_t columns = kernel.columns(), kind = static_cast<int64_t>(output);
  hash = HashWords(hash, &columns, 1);
  hash = HashWords(hash, &kind, 1);
  hash = HashWords(hash, &count, 1);
  if (prior.main_effects) hash = HashWords(hash, &prior.main_effects->center, 1);
  for (int64_t c = 0; c < columns; ++c) {
    const uint64_t categorical = kernel.categorical()[static_cast<size_t>(c)];
    hash = HashWords(hash, &categorical, 1);
    hash = HashWords(hash, points.col(c).data(), static_cast<size_t>(count));
  }
  return HashWords(hash, values.data(), static_cast<size_t>(count));
}

void Put(std::string* out, const void* data, size_t bytes) { out->append(static_cast<const char*>(data), bytes); }

template <typename T>
bool Take(std::string_view* in, T* value) {
  if (in->size() < sizeof(T)) return false;
  std::memcpy(value, in->data(), sizeof(T));
  in->remove_prefix(sizeof(T));
  return true;
}

bool TakeFit(std::string_view* in, ScheduledFit* fit) {
  uint64_t columns;
  if (!Take(in, &fit->hash) || !Take(in, &fit->count) || !Take(in, &fit->warp) || !Take(in, &columns)) return false;
  if (columns > in->size() / sizeof(double) || fit->warp < 0 || fit->warp >= static_cast<int>(Warps().size())) return false;
  fit->hyperparameters.log_scales.resize(static_cast<Eigen::Index>(columns));
  for (double& scale : fit->hyperparameters.log_scales)
    if (!Take(in, &scale)) return false;
  uint64_t main_effects;
  if (!Take(in, &fit->hyperparameters.log_noise) || !Take(in, &fit->hyperparameters.log_amplitude) || !Take(in, &main_effects))
    return false;
  if (main_effects != 0 && !Take(in, &fit->hyperparameters.main_effects.emplace())) return false;
  return ToTheta(fit->hyperparameters).allFinite();
}

}  // namespace

int64_t LastScheduled(int64_t n) {
  if (n <= kEvery) return n;
  int64_t c = kEvery;
  while (true) {
    const int64_t next = c + std::clamp<int64_t>(c / 12, 1, kMostFitStep);
    if (next > n) return c;
    c = next;
  }
}

int64_t FitBefore(int64_t count) {
  return count <= 8 ? 0 : static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(count - 1)));
}

const std::vector<double>& Warps() {
  static const std::vector<double> warps = {0, 1, 0.3, 0.1, 0.03};
  return warps;
}

uint64_t HashWords(uint64_t hash, const void* data, size_t words) {
  const char* bytes = static_cast<const char*>(data);
  for (size_t i = 0; i < words; ++i) {
    uint64_t word;
    std::memcpy(&word, bytes + 8 * i, 8);
    hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
    hash ^= hash >> 32;
  }
  return hash;
}

std::vector<Eigen::Index> ChooseObservations(const std::vector<double>& values, int64_t count, int64_t most) {
  std::vector<Eigen::Index> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  if (count <= most) return order;
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return values[static_cast<size_t>(a)] < values[static_cast<size_t>(b)];
  });
  const size_t best = static_cast<size_t>(most / 2), others = static_cast<size_t>(most) - best, rest = order.size() - best;
  std::vector<Eigen::Index> chosen(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(best));
  for (size_t i = 0; i < others; ++i) chosen.push_back(order[best + i * rest / others]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

// The warps worth trying at a fit: all while fits are cheap, then the last choice and those next to it.
std::vector<int> Fits::WarpsToTry(int64_t count, int last, OutputKind output) const {
  const int all = static_cast<int>(Warps().size());
  if (output != OutputKind::kLoss || count < kWarpFrom) return {0};
  std::vector<int> tried;
  for (int w = 0; w < all; ++w)
    if (count <= thorough_to_ || std::abs(w - last) <= 1) tried.push_back(w);
  return tried;
}

ScheduledFit Fits::At(const Kernel& kernel, const ModelPrior& prior, const Eigen::MatrixXd& points,
                      const std::vector<double>& values, int64_t count, OutputKind output) {
  const uint64_t hash = HashOf(kernel, prior, points, values, count, output);
  const auto known = std::find_if(kept_.begin(), kept_.end(), [&](const ScheduledFit& f) {
    return f.hash == hash && f.count == count && f.hyperparameters.log_scales.size() == kernel.columns() &&
           f.hyperparameters.main_effects.has_value() == prior.main_effects.has_value();
  });
  if (known != kept_.end()) {
    std::rotate(known, known + 1, kept_.end());
    return kept_.back();
  }
  ScheduledFit start{hash, count, 0, PriorCenter(prior, kernel.columns())};
  if (const int64_t before = FitBefore(count); before > 0) start = At(kernel, prior, points, values, before, output);

  const std::vector<Eigen::Index> used = ChooseObservations(values, count, kFittedAtMost);
  Eigen::MatrixXd fit_points(used.size(), points.cols());
  std::vector<double> fit_values;
  for (size_t i = 0; i < used.size(); ++i) {
    fit_points.row(static_cast<Eigen::Index>(i)) = points.row(used[i]);
    fit_values.push_back(values[static_cast<size_t>(used[i])]);
  }
  ScheduledFit best{hash, count, 0, start.hyperparameters};
  double best_value = -HUGE_VAL;
  for (int warp : WarpsToTry(count, start.warp, output)) {
    const OutputTransform transform(fit_values, Warps()[static_cast<size_t>(warp)], OutlierOf(output));
    const FitResult fit = Fit(kernel, prior, fit_points, transform.Apply(fit_values), start.hyperparameters,
                              count <= thorough_to_, kFitEvaluations);
    const double value = fit.log_posterior + transform.LogJacobian();
    if (value > best_value) {
      best_value = value;
      best.warp = warp;
      best.hyperparameters = fit.hyperparameters;
    }
  }
  kept_.push_back(best);
  if (kept_.size() > kKept) kept_.erase(kept_.begin());
  return best;
}

std::string Fits::Save() const {
  std::string out;
  Put(&out, &kMagic, sizeof kMagic);
  // The latest of every objective and constraint stand at the end; earlier ones are made again in no time.
  const size_t first = kept_.size() > 16 ? kept_.size() - 16 : 0;
  for (size_t i = first; i < kept_.size(); ++i) {
    const ScheduledFit& fit = kept_[i];
    const uint64_t columns = static_cast<uint64_t>(fit.hyperparameters.log_scales.size());
    Put(&out, &fit.hash, 8);
    Put(&out, &fit.count, 8);
    Put(&out, &fit.warp, sizeof fit.warp);
    Put(&out, &columns, 8);
    Put(&out, fit.hyperparameters.log_scales.data(), columns * sizeof(double));
    Put(&out, &fit.hyperparameters.log_noise, 8);
    Put(&out, &fit.hyperparameters.log_amplitude, 8);
    const uint64_t main_effects = fit.hyperparameters.main_effects.has_value() ? 1 : 0;
    Put(&out, &main_effects, 8);
    if (main_effects != 0) Put(&out, &*fit.hyperparameters.main_effects, 8);
  }
  return out;
}

void Fits::Restore(std::string_view state) {
  uint64_t magic;
  if (!Take(&state, &magic) || magic != kMagic) return;
  std::vector<ScheduledFit> fits;
  while (!state.empty()) {
    ScheduledFit fit;
    if (!TakeFit(&state, &fit)) return;
    fits.push_back(std::move(fit));
  }
  kept_ = std::move(fits);
}

}  // namespace parzen::gp
