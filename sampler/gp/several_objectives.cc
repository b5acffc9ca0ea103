// GpSampler with two or three objectives: what counts as the front, and what a trial is expected to add to it.

#include <algorithm>
#include <cmath>

#include "sampler/gp/gp_sampler.h"
#include "sampler/gp/hypervolume_improvement.h"
#include "sampler/gp/nondominated.h"
#include "sampler/gp/tuning.h"

namespace parzen::gp {
namespace {

// A point that the hypervolume is measured from: beyond the worst of the front in each objective by a share of the range of all
// points. A share of the front's own range would leave a front that begins small where it is. And at least `least`: what the
// first trials yielded is worth improving on, however far the search has gone into one end of the front since.
Eigen::VectorXd ReferenceFor(const Eigen::MatrixXd& points, const Eigen::MatrixXd& front, const Eigen::VectorXd& least) {
  const Eigen::VectorXd worst = front.rowwise().maxCoeff();
  const Eigen::VectorXd range = points.rowwise().maxCoeff() - points.rowwise().minCoeff();
  const Eigen::VectorXd reference = worst + kReferenceMargin * (range.array() > 0).select(range, 1);
  return reference.cwiseMax(least);
}

// The median of the first `count` values, of an even number the lesser.
double MedianOfFirst(const std::vector<double>& values, size_t count) {
  std::vector<double> first(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(std::min(count, values.size())));
  const auto middle = first.begin() + static_cast<std::ptrdiff_t>((first.size() - 1) / 2);
  std::nth_element(first.begin(), middle, first.end());
  return *middle;
}

// Ends the boxes a little below the best seen of each objective. At the ends of the front a box would reach down to minus
// infinity and be as wide as the range of the others, so that a doubtful gain there, such as below the least value that the
// objective can have, would outweigh every approach to the front elsewhere: trials would go to the corners of the space and stay
// there.
void EndBelow(const Eigen::MatrixXd& points, Boxes* boxes) {
  const Eigen::VectorXd least = points.rowwise().minCoeff();
  const Eigen::VectorXd end = least - kGainPerTrial * (points.rowwise().maxCoeff() - least);
  boxes->lower = boxes->lower.cwiseMax(end.replicate(1, boxes->lower.cols()));
}

Eigen::MatrixXd Columns(const Eigen::MatrixXd& of, const std::vector<Eigen::Index>& which) {
  Eigen::MatrixXd columns(of.rows(), which.size());
  for (size_t i = 0; i < which.size(); ++i) columns.col(static_cast<Eigen::Index>(i)) = of.col(which[i]);
  return columns;
}

}  // namespace

Eigen::VectorXd GpSampler::LeastReference(const Observations& observations) const {
  Eigen::VectorXd least = Eigen::VectorXd::Constant(static_cast<Eigen::Index>(objectives_.size()), -HUGE_VAL);
  if (algorithm_version() < kMainEffects) return least;
  const size_t first = static_cast<size_t>(options_.n_startup_trials.value_or(kStartupTrials));
  for (size_t k = 0; k < objectives_.size(); ++k) {
    const double median = MedianOfFirst(observations.objectives[k].values, first);
    least[static_cast<Eigen::Index>(k)] = objectives_[k]->transform()(median);
  }
  return least;
}

Eigen::VectorXd GpSampler::AddHypervolumeImprovement(const Observations& observations, RandomStream* random,
                                                     AcquisitionProduct* product) {
  const Eigen::Index running = std::min<Eigen::Index>(observations.running.rows(), kConditionedRunning);
  const Eigen::Index n = observations.size(), k = static_cast<Eigen::Index>(objectives_.size());
  const Eigen::Index draws = running > 0 ? kHypervolumeFantasies : 1;
  const bool any_feasible = AnyFeasible(observations);
  Eigen::MatrixXd at(n + running, observations.points.cols());
  at.topRows(n) = observations.points;
  if (running > 0) at.bottomRows(running) = observations.running.bottomRows(running);
  std::vector<Eigen::Index> counted;  // rows of `at` that may be of the front
  for (Eigen::Index row = 0; row < at.rows(); ++row) {
    const bool counts = row < n ? !any_feasible || observations.feasible[static_cast<size_t>(row)] : constraints_.empty();
    if (counts) counted.push_back(row);
  }
  std::vector<Eigen::MatrixXd> means;
  std::vector<const Posterior*> posteriors;
  for (const auto& model : objectives_) {
    if (running > 0) model->Fantasize(observations.running.bottomRows(running), random->Normals(running, draws));
    means.push_back(model->posterior().Means(at));
    posteriors.push_back(&model->posterior());
  }
  Eigen::VectorXd scores = Eigen::VectorXd::Constant(n, 1);
  std::vector<HypervolumeBoxes> boxes;
  const Eigen::VectorXd least_reference = LeastReference(observations);
  for (Eigen::Index s = 0; s < draws; ++s) {
    Eigen::MatrixXd points(k, counted.size());
    for (size_t i = 0; i < counted.size(); ++i) {
      for (Eigen::Index j = 0; j < k; ++j) {
        points(j, static_cast<Eigen::Index>(i)) = means[static_cast<size_t>(j)](counted[i], s);
      }
    }
    const std::vector<Eigen::Index> best = ParetoFront(points);
    const Eigen::MatrixXd front = Columns(points, best);
    Boxes undominated = UndominatedBoxes(front, ReferenceFor(points, front, least_reference));
    EndBelow(points, &undominated);
    boxes.emplace_back(undominated);
    if (s > 0) continue;
    // Neighbours of the front are searched, some of its points each time.
    for (Eigen::Index i : best) {
      if (const Eigen::Index row = counted[static_cast<size_t>(i)]; row < n) scores[row] = -random->Uniform();
    }
  }
  AddPendingPenalty(observations, running, product);
  if (any_feasible || constraints_.empty()) product->Add(std::make_unique<HypervolumeImprovement>(posteriors, std::move(boxes)));
  return scores;
}

}  // namespace parzen::gp
