#include "sampler/gp/search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sampler/gp/optimizer.h"

namespace parzen::gp {
namespace {

constexpr uint64_t kMostAlternatives = 12;  // other categories tried in one round of the local search
constexpr uint64_t kCoarseGrid = 200;       // grids with no more values are searched value by value
constexpr int kLocalRounds = 6;

// In the order of the points.
std::vector<ScoredPoint> ScorePoints(const Acquisition& acquisition, const Encoding& encoding, std::vector<Point> points) {
  Eigen::MatrixXd rows(points.size(), encoding.columns());
  for (size_t i = 0; i < points.size(); ++i) rows.row(static_cast<Eigen::Index>(i)) = encoding.Encode(points[i]).transpose();
  const Eigen::VectorXd values = acquisition.Values(rows);
  std::vector<ScoredPoint> scored;
  for (size_t i = 0; i < points.size(); ++i) {
    const double value = values[static_cast<Eigen::Index>(i)];
    scored.push_back({std::move(points[i]), std::isnan(value) ? -HUGE_VAL : value});
  }
  return scored;
}

bool Better(const ScoredPoint& a, const ScoredPoint& b) { return a.value > b.value; }

class Search {
 public:
  Search(const Acquisition& acquisition, const Encoding& encoding, const Point& fixed, const SearchBudget& budget,
         RandomStream* random)
      : acquisition_(acquisition), encoding_(encoding), fixed_(fixed), budget_(budget), random_(*random) {}

  std::vector<ScoredPoint> Run(const std::vector<Point>& anchors) {
    std::vector<ScoredPoint> candidates = Screen(anchors);
    const std::vector<ScoredPoint> starts = Diverse(candidates);
    std::vector<ScoredPoint> found;
    for (const ScoredPoint& start : starts) found.push_back(Ascend(start));
    std::stable_sort(found.begin(), found.end(), Better);
    if (HasDiscrete())
      for (size_t i = 0; i < std::min<size_t>(2, found.size()); ++i) found[i] = LocalSearch(found[i]);
    const size_t kept = std::min<size_t>(candidates.size(), 32);
    found.insert(found.end(), candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept));
    std::stable_sort(found.begin(), found.end(), Better);
    return found;
  }

 private:
  bool HasDiscrete() const {
    return std::any_of(encoding_.dimensions().begin(), encoding_.dimensions().end(),
                       [](const Dimension& d) { return d.count > 0; });
  }

  std::vector<double> Units() {
    std::vector<double> units(encoding_.space().size());
    for (double& u : units) u = random_.Uniform();
    return units;
  }

  std::vector<ScoredPoint> Value(std::vector<Point> points) const {
    return ScorePoints(acquisition_, encoding_, std::move(points));
  }

  bool Movable(const Dimension& d) const { return std::isnan(fixed_[d.parameter]); }

  // A neighbour: about three parameters move, all by steps of one random size; categories are redrawn.
  Point Neighbour(const Point& anchor) {
    std::vector<const Dimension*> active;
    for (const Dimension& d : encoding_.dimensions())
      if (Movable(d) && !std::isnan(anchor[d.parameter])) active.push_back(&d);
    Point point = anchor;
    if (active.empty()) return point;
    const double share = std::min(1.0, 3.0 / static_cast<double>(active.size()));
    const double size = 0.3 * std::pow(10.0, -2.5 * random_.Uniform());
    const size_t sure = random_.Below(active.size());
    for (size_t i = 0; i < active.size(); ++i) {
      if (i != sure && random_.Uniform() >= share) continue;
      const Dimension& d = *active[i];
      double& value = point[d.parameter];
      if (d.categorical) {
        value = static_cast<double>(random_.Below(d.count));
        continue;
      }
      const double from = d.ToUnit(value);
      double to = from + size * random_.Normal();
      if (to < 0 || to > 1) to = random_.Uniform() < 0.5 ? std::clamp(to, 0.0, 1.0) : std::clamp(2 * from - to, 0.0, 1.0);
      double moved = d.FromUnit(to);
      if (d.grid() && moved == value && i == sure) moved = Step(d, value, random_.Uniform() < 0.5 ? -1 : 1);
      value = moved;
    }
    return encoding_.Complete(point, Units().data());
  }

  static double Step(const Dimension& d, double value, int by) {
    return d.GridValue(std::round((value - d.first) / d.step) + by);
  }

  // Sorted, best first.
  std::vector<ScoredPoint> Screen(const std::vector<Point>& anchors) {
    std::vector<Point> points;
    for (int i = 0; i < budget_.uniform; ++i) points.push_back(encoding_.Complete(fixed_, Units().data()));
    for (int i = 0; !anchors.empty() && i < budget_.neighbours; ++i) {
      points.push_back(Neighbour(anchors[static_cast<size_t>(i) % anchors.size()]));
    }
    std::vector<ScoredPoint> scored = Value(std::move(points));
    std::stable_sort(scored.begin(), scored.end(), Better);
    return scored;
  }

  // Starts that differ in a category or by a tenth of some range.
  std::vector<ScoredPoint> Diverse(const std::vector<ScoredPoint>& candidates) const {
    std::vector<ScoredPoint> chosen;
    std::vector<Eigen::VectorXd> rows;
    for (const ScoredPoint& candidate : candidates) {
      if (static_cast<int>(chosen.size()) >= budget_.starts) break;
      const Eigen::VectorXd row = encoding_.Encode(candidate.point);
      const bool near = std::any_of(rows.begin(), rows.end(),
                                    [&](const Eigen::VectorXd& other) { return (row - other).cwiseAbs().maxCoeff() < 0.1; });
      if (near) continue;
      chosen.push_back(candidate);
      rows.push_back(row);
    }
    return chosen;
  }

  // Ascent in the numeric parameters that are active and free.
  ScoredPoint Ascend(const ScoredPoint& start) const {
    std::vector<Eigen::Index> columns;
    for (Eigen::Index c = 0; c < encoding_.columns(); ++c) {
      const Dimension& d = encoding_.dimensions()[static_cast<size_t>(c)];
      if (!d.categorical && Movable(d) && !std::isnan(start.point[d.parameter])) columns.push_back(c);
    }
    if (columns.empty()) return start;
    const Eigen::Index n = static_cast<Eigen::Index>(columns.size());
    Eigen::VectorXd row = encoding_.Encode(start.point), x(n), full_gradient;
    for (Eigen::Index i = 0; i < n; ++i) x[i] = std::clamp(row[columns[static_cast<size_t>(i)]], 0.0, 1.0);
    const auto objective = [&](const Eigen::VectorXd& at, Eigen::VectorXd* gradient) {
      for (Eigen::Index i = 0; i < n; ++i) row[columns[static_cast<size_t>(i)]] = at[i];
      const double value = acquisition_.ValueAndGradient(row, &full_gradient);
      gradient->resize(n);
      for (Eigen::Index i = 0; i < n; ++i) (*gradient)[i] = -full_gradient[columns[static_cast<size_t>(i)]];
      return -value;
    };
    BoxMinimizerOptions options;
    options.max_evaluations = budget_.ascent_evaluations;
    options.gradient_tolerance = 1e-4;
    options.value_tolerance = 1e-6;
    options.first_step = 0.03;
    const BoxMinimum top = MinimizeInBox(objective, x, Eigen::VectorXd::Zero(n), Eigen::VectorXd::Ones(n), options);
    ScoredPoint end = start;
    bool rounded = false;
    for (Eigen::Index i = 0; i < n; ++i) {
      const Dimension& d = encoding_.dimensions()[static_cast<size_t>(columns[static_cast<size_t>(i)])];
      end.point[d.parameter] = d.FromUnit(top.x[i]);
      rounded |= d.grid();
    }
    if (rounded) {
      // A grid may be the parent of conditions: what became active stands in the middle of its range, what became inactive goes.
      const std::vector<double> middle(encoding_.space().size(), 0.5);
      end.point = encoding_.Complete(end.point, middle.data());
      end.value = Value({end.point})[0].value;
    } else {
      end.value = -top.value;
    }
    return end.value > start.value ? end : start;
  }

  ScoredPoint LocalSearch(ScoredPoint best) {
    for (int round = 0; round < kLocalRounds; ++round) {
      std::vector<Point> moves;
      for (const Dimension& d : encoding_.dimensions()) {
        if (!Movable(d) || std::isnan(best.point[d.parameter])) continue;
        if (d.categorical) {
          for (uint64_t k = 0; k < std::min(d.count, kMostAlternatives); ++k) {
            const double other = static_cast<double>(d.count <= kMostAlternatives ? k : random_.Below(d.count));
            if (other != best.point[d.parameter]) moves.push_back(With(best.point, d, other));
          }
        } else if (d.grid() && d.count <= kCoarseGrid) {
          for (int by : {-1, 1}) {
            const double other = Step(d, best.point[d.parameter], by);
            if (other != best.point[d.parameter]) moves.push_back(With(best.point, d, other));
          }
        }
      }
      if (moves.empty()) return best;
      const std::vector<ScoredPoint> scored = Value(std::move(moves));
      const ScoredPoint& top = *std::min_element(scored.begin(), scored.end(), Better);
      if (!(top.value > best.value)) return best;
      best = Ascend(top);
    }
    return best;
  }

  Point With(Point point, const Dimension& d, double value) {
    point[d.parameter] = value;
    return encoding_.Complete(point, Units().data());
  }

  const Acquisition& acquisition_;
  const Encoding& encoding_;
  const Point& fixed_;
  const SearchBudget& budget_;
  RandomStream& random_;
};

}  // namespace

std::vector<ScoredPoint> MaximizeAcquisition(const Acquisition& acquisition, const Encoding& encoding, const Point& fixed,
                                             const std::vector<Point>& anchors, const SearchBudget& budget,
                                             RandomStream* random) {
  return Search(acquisition, encoding, fixed, budget, random).Run(anchors);
}

std::vector<ScoredPoint> ValuePoints(const Acquisition& acquisition, const Encoding& encoding, std::vector<Point> points) {
  std::vector<ScoredPoint> scored = ScorePoints(acquisition, encoding, std::move(points));
  std::stable_sort(scored.begin(), scored.end(), Better);
  return scored;
}

}  // namespace parzen::gp
