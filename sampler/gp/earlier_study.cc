#include "sampler/gp/earlier_study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "sampler/gp/fits.h"
#include "sampler/gp/surrogate.h"
#include "sampler/tpe/normal.h"

namespace parzen::gp {
namespace {

constexpr int kEvaluations = 50;        // of the fit of one study
constexpr size_t kLeastToFit = 4;       // trials; fewer have the priors' centers
constexpr size_t kCandidates = 5;       // the best points of a study that may be tried first
constexpr double kTypicalScore = -0.5;  // a first point that no study expects to be better than this is not worth a trial

std::vector<double> ScoresOf(const std::vector<double>& values) {
  const size_t n = values.size();
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> scores(n);
  for (size_t begin = 0; begin < n;) {
    size_t end = begin + 1;
    while (end < n && values[order[end]] == values[order[begin]]) ++end;
    const double rank = 0.5 * static_cast<double>(begin + end);  // the mean of begin + 1/2 to end - 1/2
    for (size_t i = begin; i < end; ++i) scores[order[i]] = tpe::NormalQuantile(rank / static_cast<double>(n));
    begin = end;
  }
  return scores;
}

// Width of a dimension's scale; halves, since the range may be as wide as the doubles.
double HalfSpan(const Dimension& d) { return d.categorical ? 1.0 : 0.5 * d.high - 0.5 * d.low; }

// The columns of a study's parameters; those that the encoding lacks are left out of both.
std::vector<Eigen::Index> ColumnsOf(const std::vector<std::string>& parameters, const Encoding& encoding) {
  std::vector<Eigen::Index> columns;
  for (const std::string& name : parameters) {
    for (Eigen::Index c = 0; c < encoding.columns(); ++c) {
      if (encoding.space()[encoding.dimensions()[static_cast<size_t>(c)].parameter].name == name) columns.push_back(c);
    }
  }
  return columns;
}

Kernel KernelFor(const std::vector<Eigen::Index>& columns, const Encoding& encoding) {
  std::vector<bool> categorical;
  for (const Eigen::Index c : columns) categorical.push_back(encoding.dimensions()[static_cast<size_t>(c)].categorical);
  return Kernel(KernelShape::kMatern52, std::move(categorical));
}

Eigen::MatrixXd Columns(const Eigen::MatrixXd& at, const std::vector<Eigen::Index>& columns) {
  Eigen::MatrixXd chosen(at.rows(), columns.size());
  for (size_t c = 0; c < columns.size(); ++c) chosen.col(static_cast<Eigen::Index>(c)) = at.col(columns[c]);
  return chosen;
}

// The study's points as rows of the encoding.
Eigen::MatrixXd Rows(const EarlierStudy& study, const Encoding& encoding) {
  const SearchSpace& space = encoding.space();
  Eigen::MatrixXd rows(study.points.size(), encoding.columns());
  Eigen::VectorXd row(encoding.columns());
  for (size_t i = 0; i < study.points.size(); ++i) {
    Point point(space.size(), kAbsent);
    for (size_t p = 0; p < study.parameters.size(); ++p) {
      if (const auto found = space.Find(study.parameters[p])) point[*found] = study.points[i][p];
    }
    encoding.EncodeTo(point, row);
    rows.row(static_cast<Eigen::Index>(i)) = row;
  }
  return rows;
}

Eigen::VectorXd VectorOf(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

// Fits the kept points and keeps the hyperparameters.
void FitTo(const Encoding& encoding, EarlierStudy* study) {
  const std::vector<Eigen::Index> columns = ColumnsOf(study->parameters, encoding);
  const Kernel kernel = KernelFor(columns, encoding);
  const ModelPrior prior = PriorFor(static_cast<double>(columns.size()), HasMainEffects(encoding, 1));
  Hyperparameters h = PriorCenter(prior, kernel.columns());
  if (study->points.size() >= kLeastToFit) {
    const Eigen::MatrixXd points = Columns(Rows(*study, encoding), columns);
    h = Fit(kernel, prior, points, VectorOf(study->losses), h, false, kEvaluations).hyperparameters;
  }
  study->log_scales.assign(h.log_scales.begin(), h.log_scales.end());
  study->log_noise = h.log_noise;
  study->log_amplitude = h.log_amplitude;
  study->main_effects = h.main_effects;
  for (const Eigen::Index c : columns) study->spans.push_back(2 * HalfSpan(encoding.dimensions()[static_cast<size_t>(c)]));
}

struct FirstCandidate {
  std::vector<NamedValue> values;
  Eigen::VectorXd row;
};

// The best points of every study, each once.
std::vector<FirstCandidate> CandidatesOf(const Encoding& encoding, const std::vector<EarlierStudy>& studies) {
  std::vector<FirstCandidate> candidates;
  for (const EarlierStudy& study : studies) {
    const Eigen::MatrixXd rows = Rows(study, encoding);
    std::vector<size_t> order(study.points.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return study.losses[a] < study.losses[b]; });
    for (size_t i = 0; i < std::min(kCandidates, order.size()); ++i) {
      FirstCandidate candidate;
      candidate.row = rows.row(static_cast<Eigen::Index>(order[i]));
      if (std::any_of(candidates.begin(), candidates.end(), [&](const auto& c) { return c.row == candidate.row; })) continue;
      for (size_t p = 0; p < study.parameters.size(); ++p) {
        const double value = study.points[order[i]][p];
        if (!std::isnan(value)) candidate.values.push_back({study.parameters[p], value});
      }
      candidates.push_back(std::move(candidate));
    }
  }
  return candidates;
}

}  // namespace

std::vector<double> NormalScores(const std::vector<std::vector<double>>& losses) {
  if (losses.empty()) return {};
  const size_t objectives = losses.front().size();
  std::vector<double> sums(losses.size(), 0.0);
  for (size_t k = 0; k < objectives; ++k) {
    std::vector<double> values;
    for (const std::vector<double>& loss : losses) values.push_back(loss[k]);
    const std::vector<double> scores = ScoresOf(values);
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += scores[i];
  }
  return objectives == 1 ? sums : ScoresOf(sums);
}

EarlierStudy LearnEarlier(const SearchSpace& space, const EarlierTrials& trials, int64_t most) {
  EarlierStudy study;
  study.name = trials.name;
  study.uid = trials.uid;
  study.revision = trials.revision;
  study.trials = static_cast<int64_t>(trials.points.size());
  const Encoding encoding(space);
  std::vector<size_t> kept_parameters;
  for (const Dimension& d : encoding.dimensions()) {
    const auto has = [&](const Point& point) { return !std::isnan(point[d.parameter]); };
    if (std::none_of(trials.points.begin(), trials.points.end(), has)) continue;
    kept_parameters.push_back(d.parameter);
    study.parameters.push_back(space[d.parameter].name);
  }
  if (kept_parameters.empty()) return study;
  const std::vector<double> scores = NormalScores(trials.losses);
  for (const Eigen::Index i : ChooseObservations(scores, study.trials, most)) {
    const Point& point = trials.points[static_cast<size_t>(i)];
    Point& kept = study.points.emplace_back();
    for (const size_t p : kept_parameters) kept.push_back(point[p]);
    study.losses.push_back(scores[static_cast<size_t>(i)]);
  }
  FitTo(encoding, &study);
  return study;
}

WarmStart LearnFrom(const SearchSpace& space, const std::vector<EarlierTrials>& studies) {
  const int64_t numbers = static_cast<int64_t>(std::max<size_t>(1, studies.size() * space.size()));
  const int64_t most = std::clamp(kMaxEarlierNumbers / numbers, kFewestEarlierPoints, kEarlierPoints);
  WarmStart warm_start;
  for (const EarlierTrials& trials : studies) warm_start.studies.push_back(LearnEarlier(space, trials, most));
  warm_start.first = ChooseFirst(space, warm_start.studies);
  return warm_start;
}

EarlierModel::EarlierModel(const EarlierStudy& study, const Encoding& encoding)
    : columns_(ColumnsOf(study.parameters, encoding)),
      posterior_(KernelFor(columns_, encoding), PriorFor(static_cast<double>(columns_.size()))) {
  Hyperparameters h{VectorOf(study.log_scales), study.log_noise, study.log_amplitude, study.main_effects};
  // Ranges may have grown since: length-scales are in ranges.
  for (size_t c = 0; c < columns_.size(); ++c) {
    const Dimension& d = encoding.dimensions()[static_cast<size_t>(columns_[c])];
    if (!d.categorical) h.log_scales[static_cast<Eigen::Index>(c)] += std::log(0.5 * study.spans[c] / HalfSpan(d));
  }
  const Eigen::MatrixXd points = Columns(Rows(study, encoding), columns_);
  posterior_.SetPoints(h, points, points.rows());
  posterior_.SetOutputs(VectorOf(study.losses));
}

Eigen::MatrixXd EarlierModel::Project(const Eigen::MatrixXd& at) const { return Columns(at, columns_); }

Eigen::VectorXd EarlierModel::Means(const Eigen::MatrixXd& at) const { return posterior_.Means(Project(at)).col(0); }

double EarlierModel::MeanAndGradient(const Eigen::VectorXd& at, double weight, Eigen::VectorXd* gradient) const {
  Eigen::VectorXd mean;
  Eigen::MatrixXd mean_gradient;
  posterior_.MeanOne(Project(at.transpose()).row(0).transpose(), &mean, &mean_gradient);
  for (size_t c = 0; c < columns_.size(); ++c) {
    (*gradient)[columns_[c]] += weight * mean_gradient(static_cast<Eigen::Index>(c), 0);
  }
  return mean[0];
}

std::vector<std::vector<NamedValue>> ChooseFirst(const SearchSpace& space, const std::vector<EarlierStudy>& studies) {
  const Encoding encoding(space);
  std::vector<FirstCandidate> candidates = CandidatesOf(encoding, studies);
  if (candidates.empty()) return {};
  Eigen::MatrixXd at(candidates.size(), encoding.columns());
  for (size_t i = 0; i < candidates.size(); ++i) at.row(static_cast<Eigen::Index>(i)) = candidates[i].row;
  Eigen::MatrixXd predicted(candidates.size(), 0);  // one column a study
  for (const EarlierStudy& study : studies) {
    if (study.points.empty()) continue;
    predicted.conservativeResize(Eigen::NoChange, predicted.cols() + 1);
    predicted.rightCols(1) = EarlierModel(study, encoding).Means(at);
  }
  std::vector<std::vector<NamedValue>> first;
  Eigen::RowVectorXd best = Eigen::RowVectorXd::Constant(predicted.cols(), std::numeric_limits<double>::infinity());
  while (first.size() < std::min(kFirstPoints, candidates.size())) {
    Eigen::Index chosen = -1;
    double least = std::numeric_limits<double>::infinity();
    for (Eigen::Index i = 0; i < predicted.rows(); ++i) {
      if (candidates[static_cast<size_t>(i)].values.empty()) continue;
      const double mean = predicted.row(i).cwiseMin(best).mean();
      // Among equals the one that is better by itself.
      const double value = mean + 1e-6 * predicted.row(i).mean();
      if (value < least) {
        least = value;
        chosen = i;
      }
    }
    if (chosen < 0 || (!first.empty() && predicted.row(chosen).minCoeff() > kTypicalScore)) break;
    best = best.cwiseMin(predicted.row(chosen));
    first.push_back(std::move(candidates[static_cast<size_t>(chosen)].values));
    candidates[static_cast<size_t>(chosen)].values.clear();  // not again
  }
  return first;
}

}  // namespace parzen::gp
