#include "sampler/gp/encoding.h"

#include <algorithm>
#include <cmath>

#include "sampler/space/uniform_quantile.h"

namespace parzen::gp {
namespace {

Dimension MakeDimension(size_t parameter, const Distribution& distribution) {
  Dimension d;
  d.parameter = parameter;
  if (const auto* f = std::get_if<FloatDistribution>(&distribution)) {
    d.log = f->log;
    d.low = d.first = f->low;
    d.high = d.last = f->high;
    if (f->step) {
      d.step = *f->step;
      d.count = CountValues(distribution).value_or(0);
    }
  } else if (const auto* i = std::get_if<IntDistribution>(&distribution)) {
    d.log = i->log;
    d.low = d.first = static_cast<double>(i->low);
    d.step = static_cast<double>(i->step);
    d.count = CountValues(distribution).value_or(1);
    d.high = d.last = d.low + d.step * static_cast<double>(d.count - 1);
  } else {
    d.categorical = true;
    d.count = std::get<CategoricalDistribution>(distribution).choices.size();
  }
  if (d.log) {
    d.low = std::log(d.low);
    d.high = std::log(d.high);
  }
  return d;
}

}  // namespace

double Dimension::GridValue(double k) const {
  return std::min(first + std::clamp(k, 0.0, static_cast<double>(count - 1)) * step, last);
}

double Dimension::ToUnit(double value) const {
  if (categorical) return value;
  // The range may be as wide as the doubles: halves keep the difference finite.
  const double x = log ? std::log(value) : value;
  return (0.5 * x - 0.5 * low) / (0.5 * high - 0.5 * low);
}

double Dimension::FromUnit(double unit) const {
  if (categorical) return std::clamp(std::floor(unit), 0.0, static_cast<double>(count - 1));
  const double u = std::clamp(unit, 0.0, 1.0);
  double value = low * (1 - u) + high * u;
  if (log) value = std::exp(value);
  return grid() ? GridValue(std::round((value - first) / step)) : std::clamp(value, first, last);
}

Encoding::Encoding(const SearchSpace& space) : space_(space) {
  for (size_t i = 0; i < space.size(); ++i) {
    if (IsSingle(space[i].distribution)) continue;
    dimensions_.push_back(MakeDimension(i, space[i].distribution));
  }
}

std::vector<bool> Encoding::Categorical() const {
  std::vector<bool> categorical;
  for (const Dimension& d : dimensions_) categorical.push_back(d.categorical);
  return categorical;
}

void Encoding::EncodeTo(const Point& point, Eigen::Ref<Eigen::VectorXd> row) const {
  for (size_t c = 0; c < dimensions_.size(); ++c) {
    const Dimension& d = dimensions_[c];
    const double value = point[d.parameter];
    row[static_cast<Eigen::Index>(c)] =
        std::isnan(value) ? (d.categorical ? kInactiveCategorical : kInactiveNumeric) : d.ToUnit(value);
  }
}

Eigen::VectorXd Encoding::Encode(const Point& point) const {
  Eigen::VectorXd row(columns());
  EncodeTo(point, row);
  return row;
}

Point Encoding::Complete(const Point& partial, const double* units) const {
  Point point(space_.size(), kAbsent);
  for (size_t i = 0; i < space_.size(); ++i) {
    if (!space_.IsActive(i, point)) continue;
    point[i] = std::isnan(partial[i]) ? UniformQuantile(space_[i].distribution, units[i]) : partial[i];
  }
  return point;
}

}  // namespace parzen::gp
