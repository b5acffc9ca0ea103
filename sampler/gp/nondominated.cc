#include "sampler/gp/nondominated.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace parzen::gp {
namespace {

// [left, right] x (-inf, top], open from `since` on in the last coordinate.
struct Strip {
  double left, right, top, since;
};

class Sweep {
 public:
  Sweep(double right, double top) : strips_{{-HUGE_VAL, right, top, -HUGE_VAL}} {}

  // What lies right of x and above y is dominated from `level` on. Not below the former levels.
  void Cut(double x, double y, double level) {
    std::vector<Strip> kept;
    Strip under{x, x, y, level};
    for (const Strip& strip : strips_) {  // from left to right, tops descending
      if (strip.right <= x || strip.top <= y) {
        kept.push_back(strip);
        continue;
      }
      if (strip.left < x) kept.push_back({strip.left, x, strip.top, strip.since});
      Close({std::max(strip.left, x), strip.right, strip.top, strip.since}, level);
      under.right = strip.right;
    }
    if (under.right > x) {
      const auto after = std::find_if(kept.begin(), kept.end(), [&](const Strip& strip) { return strip.left >= under.right; });
      kept.insert(after, under);
    }
    strips_ = std::move(kept);
  }

  // The boxes, with K coordinates; the last of three ends at `level`.
  Boxes Finish(Eigen::Index coordinates, double level) {
    for (const Strip& strip : strips_) Close(strip, level);
    const Eigen::Index n = static_cast<Eigen::Index>(closed_.size());
    Boxes boxes{Eigen::MatrixXd(coordinates, n), Eigen::MatrixXd(coordinates, n)};
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto& [strip, end] = closed_[static_cast<size_t>(i)];
      boxes.lower.col(i).head(2) << strip.left, -HUGE_VAL;
      boxes.upper.col(i).head(2) << strip.right, strip.top;
      if (coordinates < 3) continue;
      boxes.lower(2, i) = strip.since;
      boxes.upper(2, i) = end;
    }
    return boxes;
  }

 private:
  void Close(const Strip& strip, double level) {
    if (strip.since < level && strip.left < strip.right) closed_.push_back({strip, level});
  }

  std::vector<Strip> strips_;
  std::vector<std::pair<Strip, double>> closed_;
};

}  // namespace

std::vector<Eigen::Index> ParetoFront(const Eigen::MatrixXd& points) {
  std::vector<Eigen::Index> front;
  for (Eigen::Index i = 0; i < points.cols(); ++i) {
    bool dominated = false;
    for (Eigen::Index j = 0; j < points.cols() && !dominated; ++j) {
      if (j == i || (points.col(j).array() > points.col(i).array()).any()) continue;
      dominated = j < i || points.col(j) != points.col(i);
    }
    if (!dominated) front.push_back(i);
  }
  return front;
}

Boxes UndominatedBoxes(const Eigen::MatrixXd& front, const Eigen::VectorXd& reference) {
  const bool two = front.rows() == 2;
  std::vector<Eigen::Index> order;
  for (Eigen::Index i = 0; i < front.cols(); ++i) {
    if ((front.col(i).array() < reference.array()).all()) order.push_back(i);
  }
  Sweep sweep(reference[0], reference[1]);
  if (two) {
    // All at once: a strip that a point cuts leaves nothing.
    for (Eigen::Index i : order) sweep.Cut(front(0, i), front(1, i), -HUGE_VAL);
    return sweep.Finish(2, HUGE_VAL);
  }
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return front(2, a) < front(2, b); });
  for (Eigen::Index i : order) sweep.Cut(front(0, i), front(1, i), front(2, i));
  return sweep.Finish(3, reference[2]);
}

}  // namespace parzen::gp
