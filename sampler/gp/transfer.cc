#include "sampler/gp/transfer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "sampler/gp/expected_improvement.h"
#include "sampler/trial_stream.h"

namespace parzen::gp {
namespace {

constexpr Eigen::Index kSamples = 100;  // bootstrapped sets of trials
constexpr double kChance = 0.45;        // a model that puts more of the pairs in the wrong order is dropped
// Evaluations of the fit of what is left: fewer where there are so many observations that these would take more than 60 do.
constexpr int kSlopeEvaluations = 25, kFewestSlopeEvaluations = 8;
int SlopeEvaluations(Eigen::Index n) {
  return std::clamp(static_cast<int>(kSlopeEvaluations * 60 * 60 / (n * n)), kFewestSlopeEvaluations, kSlopeEvaluations);
}
// Slopes that are tried, in outputs of unit variance for one normal score, and logarithms of amplitudes relative to the own
// model's.
constexpr double kSlopes[] = {0, 0.5, 1, 2};
constexpr double kAmplitudes[] = {0, -1, -2};

// Predictions of every output from the others: y - K^-1 (y - m) / diag(K^-1) (Rasmussen and Williams 2006, equation 5.12).
Eigen::VectorXd LeaveOneOut(const Surrogate& own) {
  const Posterior& posterior = own.posterior();
  const Eigen::Index n = own.outputs().size();
  Eigen::MatrixXd inverse_factor = Eigen::MatrixXd::Identity(n, n);
  posterior.factor().SolveLower(inverse_factor);
  const Eigen::VectorXd diagonal = inverse_factor.colwise().squaredNorm().transpose();
  const Eigen::VectorXd weights = (own.outputs() - own.means()) / posterior.noise();
  return own.outputs() - weights.cwiseQuotient(diagonal);
}

// Which ordered pairs (i, j) a prediction for i puts on the wrong side of `others` for j.
Eigen::MatrixXd Mistakes(const Eigen::VectorXd& predictions, const Eigen::VectorXd& others, const Eigen::VectorXd& outputs) {
  const Eigen::Index n = outputs.size();
  Eigen::MatrixXd mistakes = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      if (i == j || outputs[i] == outputs[j]) continue;
      if (predictions[i] == others[j]) {
        mistakes(i, j) = 0.5;
      } else {
        mistakes(i, j) = (predictions[i] < others[j]) != (outputs[i] < outputs[j]);
      }
    }
  }
  return mistakes;
}

// How often each of n trials is in each of the samples, n x kSamples.
Eigen::MatrixXd Samples(Eigen::Index n, uint64_t seed, int64_t number) {
  TrialStream stream(seed, number, "transfer");
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(n, kSamples);
  for (Eigen::Index s = 0; s < kSamples; ++s) {
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto drawn = static_cast<Eigen::Index>(stream.Uniform() * static_cast<double>(n));
      counts(std::min(drawn, n - 1), s) += 1;
    }
  }
  return counts;
}

Eigen::VectorXd MistakesInSamples(const Eigen::MatrixXd& mistakes, const Eigen::MatrixXd& samples) {
  return samples.cwiseProduct(mistakes * samples).colwise().sum().transpose();
}

double Quantile(Eigen::VectorXd values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<Eigen::Index>(q * static_cast<double>(values.size() - 1))];
}

// What tells one encoding from another.
std::vector<double> Describe(const Encoding& encoding) {
  std::vector<double> words;
  for (const Dimension& d : encoding.dimensions()) {
    words.insert(words.end(), {static_cast<double>(d.parameter), d.categorical ? 1.0 : 0.0, d.low, d.high, d.step,
                               static_cast<double>(d.count)});
  }
  return words;
}

}  // namespace

Eigen::VectorXd RankingWeights(const Eigen::MatrixXd& predictions, const Eigen::VectorXd& own, const Eigen::VectorXd& outputs,
                               uint64_t seed, int64_t number) {
  const Eigen::Index studies = predictions.cols(), n = outputs.size();
  const Eigen::MatrixXd samples = Samples(n, seed, number);
  const double own_worst = Quantile(MistakesInSamples(Mistakes(own, outputs, outputs), samples), 0.95);
  double pairs = 0;
  for (Eigen::Index i = 0; i < n; ++i) pairs += static_cast<double>((outputs.array() != outputs[i]).count());
  Eigen::MatrixXd mistakes(kSamples, studies);
  for (Eigen::Index k = 0; k < studies; ++k) {
    const Eigen::MatrixXd wrong = Mistakes(predictions.col(k), predictions.col(k), outputs);
    mistakes.col(k) = MistakesInSamples(wrong, samples);
    const bool dropped = wrong.sum() > kChance * pairs || Quantile(mistakes.col(k), 0.5) > own_worst;
    if (dropped) mistakes.col(k).setConstant(std::numeric_limits<double>::infinity());
  }
  Eigen::VectorXd weights = Eigen::VectorXd::Zero(studies);
  for (Eigen::Index s = 0; s < kSamples && studies > 0; ++s) {
    const double least = mistakes.row(s).minCoeff();
    if (!std::isfinite(least)) return weights;  // all are dropped
    const double ties = static_cast<double>((mistakes.row(s).array() == least).count());
    for (Eigen::Index k = 0; k < studies; ++k) {
      if (mistakes(s, k) == least) weights[k] += 1.0 / (ties * static_cast<double>(kSamples));
    }
  }
  return weights;
}

Transfer::Transfer(std::shared_ptr<const WarmStart> warm_start, const Encoding& encoding)
    : warm_start_(std::move(warm_start)), encoding_(Describe(encoding)) {
  for (const EarlierStudy& study : warm_start_->studies) {
    earlier_.push_back(study.points.empty() ? nullptr : std::make_unique<EarlierModel>(study, encoding));
  }
  weights_ = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(earlier_.size()));
}

bool Transfer::IsFor(const Encoding& encoding) const { return encoding_ == Describe(encoding); }

Eigen::VectorXd Transfer::PriorMeans(const Eigen::MatrixXd& at) const {
  Eigen::VectorXd means = Eigen::VectorXd::Zero(at.rows());
  for (size_t k = 0; k < earlier_.size(); ++k) {
    const double weight = weights_[static_cast<Eigen::Index>(k)];
    if (weight > 0) means += weight * earlier_[k]->Means(at);
  }
  return means;
}

Hyperparameters Transfer::FitSlope(const Surrogate& own, const Eigen::MatrixXd& points, const Eigen::VectorXd& prior_means) {
  const Kernel& kernel = own.posterior().kernel();
  const ModelPrior& prior = own.prior();
  Hyperparameters best = own.fit().hyperparameters;
  double most = -std::numeric_limits<double>::infinity();
  for (const double slope : kSlopes) {
    const Eigen::VectorXd rest = own.outputs() - slope * prior_means;
    const LogPosterior log_posterior(kernel, prior, points, rest);
    for (const double amplitude : kAmplitudes) {
      Hyperparameters h = own.fit().hyperparameters;
      h.log_amplitude += amplitude;
      const double value = log_posterior(ToTheta(h), nullptr);
      if (value <= most) continue;
      most = value;
      best = h;
      slope_ = slope;
    }
  }
  if (slope_ == 0) return best;
  const Eigen::VectorXd rest = own.outputs() - slope_ * prior_means;
  return Fit(kernel, prior, points, rest, best, false, SlopeEvaluations(rest.size())).hyperparameters;
}

bool Transfer::Condition(const Surrogate& own, const Eigen::MatrixXd& running, const Eigen::MatrixXd& normals, uint64_t seed,
                         int64_t number) {
  slope_ = 0;
  weights_.setZero();
  const Eigen::Index n = own.outputs().size(), r = running.rows(), draws = normals.cols();
  if (n < 2 || n > kTransferTo || own.posterior().size() != n) return false;
  const Eigen::MatrixXd& points = own.posterior().points();
  std::vector<Eigen::Index> known;  // studies that have a model
  for (size_t k = 0; k < earlier_.size(); ++k)
    if (earlier_[k] != nullptr) known.push_back(static_cast<Eigen::Index>(k));
  Eigen::MatrixXd predictions(n, known.size());
  for (size_t k = 0; k < known.size(); ++k) {
    predictions.col(static_cast<Eigen::Index>(k)) = earlier_[static_cast<size_t>(known[k])]->Means(points);
  }
  const Eigen::VectorXd weights = RankingWeights(predictions, LeaveOneOut(own), own.outputs(), seed, number);
  for (size_t k = 0; k < known.size(); ++k) weights_[known[k]] = weights[static_cast<Eigen::Index>(k)];
  if (weights_.sum() <= 0) return false;

  Eigen::MatrixXd all(n + r, points.cols());
  all.topRows(n) = points;
  all.bottomRows(r) = running;
  const Eigen::VectorXd prior_means = PriorMeans(all);
  const Hyperparameters h = FitSlope(own, points, prior_means.head(n));
  if (slope_ == 0) return false;
  if (!posterior_) posterior_.emplace(own.posterior().kernel(), own.prior());
  Eigen::MatrixXd rest = (own.outputs() - slope_ * prior_means.head(n)).replicate(1, draws);
  posterior_->SetPoints(h, points, n);
  posterior_->SetOutputs(rest);
  if (r > 0) {
    // Draws of the running trials' outcomes, as Surrogate::Fantasize makes them.
    const Eigen::MatrixXd expected = posterior_->Means(running);
    posterior_->SetPoints(h, all, n);
    rest.conservativeResize(n + r, Eigen::NoChange);
    rest.bottomRows(r) = posterior_->factor().L().bottomRightCorner(r, r).triangularView<Eigen::Lower>() * normals;
    rest.bottomRows(r) += expected;
    posterior_->SetOutputs(rest);
  }
  means_ = posterior_->MeansAtPoints();
  means_.colwise() += slope_ * prior_means;
  return true;
}

std::unique_ptr<Acquisition> Transfer::Improvement(Eigen::VectorXd incumbents) const {
  return std::make_unique<ExpectedImprovement<Transfer>>(*this, std::move(incumbents));
}

void Transfer::Predict(const Eigen::MatrixXd& at, Eigen::MatrixXd* mean, Eigen::VectorXd* variance) const {
  posterior_->Predict(at, mean, variance);
  mean->colwise() += slope_ * PriorMeans(at);
}

void Transfer::PredictOne(const Eigen::VectorXd& at, Eigen::VectorXd* mean, double* variance, Eigen::MatrixXd* mean_gradient,
                          Eigen::VectorXd* variance_gradient) const {
  posterior_->PredictOne(at, mean, variance, mean_gradient, variance_gradient);
  Eigen::VectorXd gradient = Eigen::VectorXd::Zero(at.size());
  double prior_mean = 0;
  for (size_t k = 0; k < earlier_.size(); ++k) {
    const double weight = weights_[static_cast<Eigen::Index>(k)];
    if (weight > 0) prior_mean += weight * earlier_[k]->MeanAndGradient(at, weight, &gradient);
  }
  mean->array() += slope_ * prior_mean;
  mean_gradient->colwise() += slope_ * gradient;
}

}  // namespace parzen::gp
