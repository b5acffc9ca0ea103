#include "sampler/gp/main_effects.h"

#include <algorithm>

namespace parzen::gp {
namespace {

constexpr Eigen::Index kFewValues = 64;  // of a column; their squares are places in 16 bits

// Adds the kernel of one column to `sum`: of `n` values and `x`. `slopes`, where given, receives dk / d(r^2).
void AddColumn(const Kernel& kernel, Eigen::Index column, const double* values, double x, double inverse_squared, Eigen::Index n,
               double* sum, Eigen::VectorXd* r2, Eigen::VectorXd* slopes) {
  r2->resize(n);
  if (slopes != nullptr) slopes->resize(n);
  if (kernel.categorical()[static_cast<size_t>(column)]) {
    double other = inverse_squared;  // every choice but its own is as far away
    kernel.OfSquaredDistances(&other, nullptr, 1);
    for (Eigen::Index i = 0; i < n; ++i) sum[i] += values[i] != x ? other : 1.0;
    if (slopes != nullptr) slopes->setZero();
    return;
  }
  double* k = r2->data();
  for (Eigen::Index i = 0; i < n; ++i) k[i] = (values[i] - x) * (values[i] - x) * inverse_squared;
  kernel.OfSquaredDistances(k, slopes != nullptr ? slopes->data() : nullptr, n);
  for (Eigen::Index i = 0; i < n; ++i) sum[i] += k[i];
}

MainEffects::Distances::Column ColumnDistances(const Eigen::VectorXd& x, bool categorical) {
  const auto squared = [categorical](double a, double b) { return categorical ? (a != b ? 1.0 : 0.0) : (a - b) * (a - b); };
  const Eigen::Index n = x.size(), pairs = n * (n - 1) / 2;
  std::vector<double> values(x.begin(), x.end());
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  const Eigen::Index different = static_cast<Eigen::Index>(values.size());
  MainEffects::Distances::Column column;
  if (different > kFewValues || 2 * different * different > pairs) {
    column.squared.resize(pairs);
    double* pair = column.squared.data();
    for (Eigen::Index b = 0; b < n; ++b)
      for (Eigen::Index a = b + 1; a < n; ++a) *pair++ = squared(x[a], x[b]);
    return column;
  }
  column.squared.resize(different * different);
  double* two = column.squared.data();
  for (const double a : values)
    for (const double b : values) *two++ = squared(a, b);
  std::vector<Eigen::Index> places;
  for (const double value : x) places.push_back(std::lower_bound(values.begin(), values.end(), value) - values.begin());
  for (size_t b = 0; b < places.size(); ++b)
    for (size_t a = b + 1; a < places.size(); ++a)
      column.places.push_back(static_cast<uint16_t>(places[b] * different + places[a]));
  return column;
}

}  // namespace

Eigen::MatrixXd MainEffects::Correlations(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b,
                                          const Eigen::VectorXd& scales) const {
  const Eigen::Index n = a.rows();
  Eigen::MatrixXd k = Eigen::MatrixXd::Zero(n, b.rows());
  Eigen::VectorXd buffer;
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) {
    const double inverse_squared = 1.0 / (scales[c] * scales[c]);
    for (Eigen::Index j = 0; j < b.rows(); ++j) {
      AddColumn(kernel_, c, a.col(c).data(), b(j, c), inverse_squared, n, k.col(j).data(), &buffer, nullptr);
    }
  }
  return k * share();
}

void MainEffects::Correlate(const Eigen::MatrixXd& points, const Eigen::VectorXd& inverse_squared, const double* x,
                            Eigen::VectorXd* k, Eigen::MatrixXd* gradients) const {
  const Eigen::Index n = points.rows();
  k->setZero(n);
  if (gradients != nullptr) gradients->resize(n, kernel_.columns());
  Eigen::VectorXd buffer, slopes;
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) {
    AddColumn(kernel_, c, points.col(c).data(), x[c], inverse_squared[c], n, k->data(), &buffer,
              gradients != nullptr ? &slopes : nullptr);
    // d(r^2) / dx = 2 (x - X) / l^2
    if (gradients != nullptr)
      gradients->col(c) = (2 * share() * inverse_squared[c]) * (slopes.array() * (x[c] - points.col(c).array()));
  }
  *k *= share();
}

MainEffects::Distances MainEffects::DistancesOf(const Eigen::MatrixXd& points) const {
  Distances out{std::vector<Distances::Column>(static_cast<size_t>(kernel_.columns())), points.rows()};
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) {
    const bool categorical = kernel_.categorical()[static_cast<size_t>(c)];
    out.columns[static_cast<size_t>(c)] = ColumnDistances(points.col(c), categorical);
  }
  return out;
}

MainEffects::Pairs MainEffects::OfPairs(const Distances& distances, const Eigen::VectorXd& scales) const {
  const Eigen::Index n = distances.rows, pairs = n * (n - 1) / 2;
  Pairs out{Eigen::MatrixXd(n, n), Eigen::MatrixXd(pairs, kernel_.columns())};
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(pairs), r2, k, slope;
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) {
    const auto& [squared, places] = distances.columns[static_cast<size_t>(c)];
    r2 = squared * (1.0 / (scales[c] * scales[c]));
    k = r2;
    slope.resize(r2.size());
    kernel_.OfSquaredDistances(k.data(), slope.data(), r2.size());
    slope = (-2 * share()) * slope.cwiseProduct(r2);  // d(r^2) / d(log l) = -2 r^2
    if (places.empty()) {
      sum += k;
      out.slopes.col(c) = slope;
      continue;
    }
    double* slopes = out.slopes.col(c).data();
    for (Eigen::Index pair = 0; pair < pairs; ++pair) {
      sum[pair] += k[places[static_cast<size_t>(pair)]];
      slopes[pair] = slope[places[static_cast<size_t>(pair)]];
    }
  }
  out.correlations.diagonal().setOnes();
  const double* pair = sum.data();
  for (Eigen::Index b = 0; b < n; ++b) {
    for (Eigen::Index a = b + 1; a < n; ++a) out.correlations(a, b) = out.correlations(b, a) = share() * *pair++;
  }
  return out;
}

Eigen::VectorXd MainEffects::SumOverPairs(const Pairs& pairs, const Eigen::MatrixXd& weights) {
  const Eigen::Index n = weights.rows();
  Eigen::VectorXd packed(pairs.slopes.rows());
  double* pair = packed.data();
  for (Eigen::Index b = 0; b < n; ++b) {
    for (Eigen::Index a = b + 1; a < n; ++a) *pair++ = 2 * weights(a, b);
  }
  return pairs.slopes.transpose() * packed;
}

}  // namespace parzen::gp
