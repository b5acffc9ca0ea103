// Gaussian processes of earlier studies: how one is fitted when a study is made, what it predicts, and what to try first.
//
// The outputs are normal scores (warm_start.h), so that the models of all studies speak of the same thing: how good a point is
// among those that were tried. The hyperparameters are kept in the snapshot; a model costs one factorization when it is made
// again.

#ifndef PARZEN_SAMPLER_GP_EARLIER_STUDY_H_
#define PARZEN_SAMPLER_GP_EARLIER_STUDY_H_

#include <Eigen/Core>
#include <vector>

#include "sampler/gp/encoding.h"
#include "sampler/gp/learn_from.h"
#include "sampler/gp/model.h"
#include "sampler/warm_start.h"

namespace parzen::gp {

// Normal scores of losses by rank, ties alike: the n losses' mean ranks r become the quantiles at (r - 1/2) / n. Where a loss is
// a vector, by the sum of its objectives' scores.
std::vector<double> NormalScores(const std::vector<std::vector<double>>& losses);

// What is kept of an earlier study: at most `most` of its trials.
EarlierStudy LearnEarlier(const SearchSpace& space, const EarlierTrials& trials, int64_t most = kEarlierPoints);

// Predicts an earlier study's scores at points of the new space, whose other columns do not matter to it.
class EarlierModel {
 public:
  // `study` has at least one point; its parameters are in the encoding's space.
  EarlierModel(const EarlierStudy& study, const Encoding& encoding);

  // At the rows of `at` (m x D).
  Eigen::VectorXd Means(const Eigen::MatrixXd& at) const;
  // At one point (D), adding `weight` times the gradient to `gradient` (D).
  double MeanAndGradient(const Eigen::VectorXd& at, double weight, Eigen::VectorXd* gradient) const;

 private:
  Eigen::MatrixXd Project(const Eigen::MatrixXd& at) const;

  std::vector<Eigen::Index> columns_;  // of the encoding
  Posterior posterior_;
};

// The points to try first, kFirstPoints at most, of those that were tried: one after the other the one with which the best of
// those chosen, as predicted for each study, is best in the mean (Wistuba, Schilling and Schmidt-Thieme 2015, "Sequential
// model-free hyperparameter tuning").
std::vector<std::vector<NamedValue>> ChooseFirst(const SearchSpace& space, const std::vector<EarlierStudy>& studies);

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_EARLIER_STUDY_H_
