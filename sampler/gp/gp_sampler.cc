#include "sampler/gp/gp_sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/gp/expected_improvement.h"
#include "sampler/gp/pending.h"
#include "sampler/gp/tuning.h"
#include "sampler/space/uniform_quantile.h"

namespace parzen::gp {
namespace {

// Added to the score of observations that are anchors of the search only where others lack.
constexpr double kNoAnchor = 1e3;
constexpr uint64_t kEnumerated = 1'000;  // finite spaces of no more points are not searched but valued in full

// Weights of objectives, uniform on the simplex.
Eigen::VectorXd SimplexWeights(Eigen::Index objectives, RandomStream* random) {
  Eigen::VectorXd weights(objectives);
  for (double& w : weights) w = -std::log(1.0 - random->Uniform()) + 1e-12;
  return weights / weights.sum();
}

SearchBudget BudgetFor(int64_t observations) {
  // A candidate costs n^2, so the screening is thinned out as observations become many.
  const double share =
      std::min(1.0, static_cast<double>(kFullSearchTo) / static_cast<double>(std::max<int64_t>(1, observations)));
  SearchBudget budget;
  budget.uniform = static_cast<int>(kUniformCandidates * share);
  budget.neighbours = static_cast<int>(kNeighbourCandidates * share);
  budget.starts = share < 1 ? std::max(2, kAscents / 2) : kAscents;
  budget.ascent_evaluations = kAscentEvaluations;
  return budget;
}

uint64_t HashMatrix(uint64_t hash, const Eigen::MatrixXd& m) {
  const int64_t rows = m.rows();
  hash = HashWords(hash, &rows, 1);
  return HashWords(hash, m.data(), static_cast<size_t>(m.size()));
}

// Of everything that a search's outcome depends on.
uint64_t KeyOf(const Encoding& encoding, const Observations& o, int64_t number, const Point& fixed) {
  uint64_t hash = HashWords(0x2545f4914f6cdd1dULL, &number, 1);
  for (const Dimension& d : encoding.dimensions()) {
    const double words[] = {d.low, d.high, d.first, d.last, d.step, static_cast<double>(d.count)};
    hash = HashWords(hash, words, std::size(words));
  }
  hash = HashMatrix(HashMatrix(hash, o.points), o.running);
  const auto add = [&](const Series& series) {
    hash = HashWords(hash, series.index.data(), series.index.size());
    hash = HashWords(hash, series.values.data(), series.values.size());
  };
  for (const Series& series : o.objectives) add(series);
  for (const Series& series : o.constraints) add(series);
  add(o.failure);
  return HashWords(hash, fixed.data(), fixed.size());
}

Point FixedPoint(const SearchSpace& space, const std::vector<NamedValue>& fixed) {
  Point point(space.size(), kAbsent);
  for (const NamedValue& value : fixed)
    if (const std::optional<size_t> i = space.Find(value.name)) point[*i] = value.value;
  return point;
}

bool AllFixed(const Encoding& encoding, const Point& fixed) {
  return std::all_of(encoding.dimensions().begin(), encoding.dimensions().end(),
                     [&](const Dimension& d) { return !std::isnan(fixed[d.parameter]); });
}

bool SamePoint(const Point& a, const Point& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  return true;
}

bool WasSeen(const Observations& o, const Point& point) {
  const auto same = [&](const Point& other) { return SamePoint(point, other); };
  return std::any_of(o.raw.begin(), o.raw.end(), same) || std::any_of(o.running_raw.begin(), o.running_raw.end(), same);
}

// Whether there is enough to model the objectives.
bool Teaches(const Observations& o) { return o.objectives[0].values.size() >= 2; }

}  // namespace

bool GpSampler::InDesign(const History& history, int64_t number) const {
  const int64_t startup = options_.n_startup_trials.value_or(kStartupTrials);
  if (algorithm_version() >= kCompletesDesign) {
    // No design is longer than twice its trials; after that the history need not be counted at every ask.
    if (number - startup >= startup) return !TeachesTwo(history);
    const Lessons lessons = CountLessons(history, number);
    return lessons.taught < 2 || (lessons.taught < startup && number < startup + std::min(lessons.lost, startup));
  }
  const int64_t taught = CountTaught(history, algorithm_version());
  return taught < 2 || (taught < startup && number < startup);
}

bool GpSampler::IsStartup(const History& history, const Encoding& encoding, const Observations& observations, int64_t number) {
  return !Teaches(observations) || (InDesign(history, number) && !EarlierStudiesHelp(encoding, observations, number));
}

absl::StatusOr<Draft> GpSampler::StartAttempt(const History& history, const SearchSpace* space, int64_t number,
                                              StreamPositions streams, uint32_t attempt) {
  Draft draft{.number = number, .before = streams, .after = streams, .relative = {}, .attempt = attempt};
  if (attempt > 0) return draft;
  if (space != nullptr && !space->empty()) {
    for (size_t i = 0; i < space->size(); ++i) {
      const double unit = number == 0 ? 0.5 : design_.Coordinate(static_cast<uint64_t>(number), i);
      draft.relative.push_back({(*space)[i].name, UniformQuantile((*space)[i].distribution, unit)});
    }
    return draft;
  }
  if (InDesign(history, number)) return draft;
  const absl::StatusOr<SearchSpace> common = SearchSpace::Create(CommonParameters(history));
  if (!common.ok() || common->empty()) return draft;
  const Point fixed(common->size(), kAbsent);
  const std::optional<Point> point = JointPoint(history, *common, number, fixed, SpaceOf::kLatestTrials);
  if (!point) return draft;
  for (size_t i = 0; i < common->size(); ++i) draft.relative.push_back({(*common)[i].name, (*point)[i]});
  return draft;
}

std::optional<Point> GpSampler::JointPoint(const History& history, const SearchSpace& space, int64_t number, const Point& fixed,
                                           SpaceOf origin) {
  const Encoding encoding(space);
  const Observations observations = ReadHistory(history, encoding, number, algorithm_version(), origin);
  if (encoding.columns() == 0 || !Teaches(observations)) return std::nullopt;
  const std::vector<ScoredPoint> found = Found(encoding, observations, number, fixed);
  const auto fresh =
      std::find_if(found.begin(), found.end(), [&](const ScoredPoint& p) { return !WasSeen(observations, p.point); });
  return fresh != found.end() ? fresh->point : found.front().point;
}

absl::StatusOr<double> GpSampler::SampleParameter(const History&, std::string_view name, const Distribution& distribution,
                                                  Draft* draft) {
  if (IsOfDesign(*draft)) return DesignValue(distribution, draft);
  const auto joint =
      std::find_if(draft->relative.begin(), draft->relative.end(), [&](const NamedValue& v) { return v.name == name; });
  if (joint != draft->relative.end() && Contains(distribution, joint->value)) {
    // The grid may have changed since the trials that the joint suggestion was learned from.
    return CountValues(distribution) ? ValueAt(distribution, IndexOfValue(distribution, joint->value)) : joint->value;
  }
  return UniformQuantile(distribution, TrialStream(seed(), draft->number, name, draft->attempt).Uniform());
}

void GpSampler::Condition(const Encoding& encoding, const Observations& observations) {
  const std::vector<bool> categorical = encoding.Categorical();
  const double dimensions = static_cast<double>(encoding.columns());
  const bool main_effects = algorithm_version() >= kMainEffects && HasMainEffects(encoding, observations.objectives.size());
  if (categorical != categorical_ || main_effects != main_effects_ || objectives_.size() != observations.objectives.size()) {
    objectives_.clear();
    constraints_.clear();
    failure_.reset();
    categorical_ = categorical;
    main_effects_ = main_effects;
  }
  const Kernel kernel(KernelShape::kMatern52, categorical);
  const auto update = [&](const std::vector<Series>& series, std::vector<std::unique_ptr<Surrogate>>* models, OutputKind kind,
                          bool with_main_effects) {
    models->resize(series.size());
    for (size_t k = 0; k < series.size(); ++k) {
      if (series[k].values.empty()) {
        (*models)[k].reset();
        continue;
      }
      if ((*models)[k] == nullptr)
        (*models)[k] = std::make_unique<Surrogate>(kernel, PriorFor(dimensions, with_main_effects), kind);
      (*models)[k]->Condition(observations, series[k], &fits_);
    }
  };
  update(observations.objectives, &objectives_, ByHypervolume(observations) ? OutputKind::kOneOfSeveral : OutputKind::kLoss,
         main_effects);
  update(observations.constraints, &constraints_, OutputKind::kConstraint, false);
  if (observations.failure.values.empty()) return;
  if (failure_ == nullptr) failure_ = std::make_unique<FailureModel>(kernel, dimensions);
  failure_->Condition(observations, &fits_);
}

Eigen::VectorXd GpSampler::AddNoisyImprovement(const Observations& observations, RandomStream* random,
                                               AcquisitionProduct* product) {
  Surrogate& model = *objectives_[0];
  const Eigen::Index n = model.posterior().size();
  model.DrawTruth(random->Normals(2 * n + 1, kTruthDraws));
  const bool any_feasible = AnyFeasible(observations);
  Eigen::VectorXd scores = Eigen::VectorXd::Constant(observations.size(), kNoAnchor);
  Eigen::VectorXd incumbents = Eigen::VectorXd::Constant(kTruthDraws, HUGE_VAL);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index row = model.rows()[static_cast<size_t>(i)];
    scores[row] = model.means()[i];
    if (!any_feasible || observations.feasible[static_cast<size_t>(row)]) {
      incumbents = incumbents.cwiseMin(model.truths().row(i).transpose());
    } else {
      scores[row] += kNoAnchor;
    }
  }
  if (any_feasible || constraints_.empty()) {
    product->Add(std::make_unique<ExpectedImprovement<Posterior>>(model.truth(), incumbents));
  }
  return scores;
}

void GpSampler::AddPendingPenalty(const Observations& observations, Eigen::Index conditioned, AcquisitionProduct* product) const {
  const Eigen::Index rest = observations.running.rows() - conditioned;
  if (rest <= 0) return;
  const Surrogate& model = *objectives_[0];
  product->Add(std::make_unique<PendingPenalty>(model.posterior().kernel(), model.fit().hyperparameters,
                                                observations.running.topRows(rest)));
}

Eigen::VectorXd GpSampler::AddImprovement(const Observations& observations, RandomStream* random, AcquisitionProduct* product) {
  const Eigen::Index all_running = observations.running.rows();
  const Eigen::Index r = algorithm_version() == 1 ? all_running : std::min<Eigen::Index>(all_running, kConditionedRunning);
  const Eigen::MatrixXd running = observations.running.bottomRows(r);  // the latest
  const Eigen::Index n = observations.size(), k = static_cast<Eigen::Index>(objectives_.size());
  if (k == 1 && r == 0 && n <= kNoisyTo && objectives_[0]->posterior().noise() > kNoisyFrom)
    return AddNoisyImprovement(observations, random, product);
  if (ByHypervolume(observations)) return AddHypervolumeImprovement(observations, random, product);
  const Eigen::VectorXd weights = k > 1 ? SimplexWeights(k, random) : Eigen::VectorXd::Ones(1);
  const Eigen::Index draws = k > 1 ? kObjectiveDraws : r > 0 ? kFantasies : 1;
  std::vector<Eigen::MatrixXd> means;  // of an objective at observations and, where no constraint could fail them, running trials
  Eigen::MatrixXd at = observations.points;
  if (r > 0 && constraints_.empty()) {
    at.conservativeResize(n + r, Eigen::NoChange);
    at.bottomRows(r) = running;
  }
  for (const auto& model : objectives_) {
    if (r > 0) model->Fantasize(running, random->Normals(r, draws));
    means.push_back(model->posterior().Means(at));
  }
  const auto score = [&](Eigen::Index row, Eigen::Index draw) {
    Eigen::VectorXd f(k);
    for (Eigen::Index i = 0; i < k; ++i) f[i] = means[static_cast<size_t>(i)](row, r > 0 ? draw : 0);
    return k > 1 ? Scalarize(weights, f) : f[0];
  };
  const bool any_feasible = AnyFeasible(observations);
  Eigen::VectorXd scores(n), incumbents = Eigen::VectorXd::Constant(draws, HUGE_VAL);
  for (Eigen::Index row = 0; row < at.rows(); ++row) {
    const bool counts = row >= n || !any_feasible || observations.feasible[static_cast<size_t>(row)];
    for (Eigen::Index s = 0; s < draws; ++s) {
      const double value = score(row, s);
      if (counts) incumbents[s] = std::min(incumbents[s], value);
      if (s == 0 && row < n) scores[row] = value + (counts ? 0.0 : kNoAnchor);
    }
  }
  AddPendingPenalty(observations, r, product);
  if (!any_feasible && !constraints_.empty()) return scores;
  if (k == 1) {
    product->Add(std::make_unique<ExpectedImprovement<Posterior>>(objectives_[0]->posterior(), incumbents));
  } else {
    std::vector<const Posterior*> posteriors;
    for (const auto& model : objectives_) posteriors.push_back(&model->posterior());
    product->Add(std::make_unique<ScalarizedImprovement>(posteriors, weights, incumbents, random->Normals(k, draws)));
  }
  return scores;
}

std::vector<ScoredPoint> GpSampler::Search(const Encoding& encoding, const Observations& observations, int64_t number,
                                           const Point& fixed) {
  std::vector<ScoredPoint> found = SearchUnrounded(encoding, observations, number, fixed);
  if (algorithm_version() == 1) return found;
  for (ScoredPoint& candidate : found) {
    for (size_t i = 0; i < candidate.point.size(); ++i) {
      double& value = candidate.point[i];
      if (!std::isnan(value) && std::isnan(fixed[i])) value = OnDecimalGrid(encoding.space()[i].distribution, value);
    }
  }
  return found;
}

std::vector<ScoredPoint> GpSampler::SearchUnrounded(const Encoding& encoding, const Observations& observations, int64_t number,
                                                    const Point& fixed) {
  Condition(encoding, observations);
  RandomStream random(seed(), number);
  AcquisitionProduct acquisition;
  Eigen::VectorXd scores;
  if (!AddTransferImprovement(encoding, observations, number, &random, &acquisition, &scores))
    scores = AddImprovement(observations, &random, &acquisition);
  for (const auto& model : constraints_) {
    if (model == nullptr) continue;
    acquisition.Add(std::make_unique<ProbabilityOfFeasibility>(model->posterior(), model->transform().Extrapolate(0)));
  }
  if (!observations.failure.values.empty()) {
    acquisition.Add(&failure_->acquisition());
  }
  const SearchSpace& space = encoding.space();
  if (const std::optional<uint64_t> size = space.FiniteSize(); size && *size <= kEnumerated) {
    std::vector<Point> points;
    for (uint64_t i = 0; i < *size; ++i) points.push_back(space.PointAt(i));
    std::erase_if(points, [&](const Point& p) {
      for (size_t i = 0; i < p.size(); ++i)
        if (!std::isnan(fixed[i]) && !std::isnan(p[i]) && fixed[i] != p[i]) return true;
      return false;
    });
    if (!points.empty()) return ValuePoints(acquisition, encoding, std::move(points));
  }
  std::vector<Eigen::Index> order(static_cast<size_t>(observations.size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return scores[a] < scores[b]; });
  std::vector<Point> anchors;
  for (size_t i = 0; i < std::min<size_t>(kAnchors, order.size()); ++i) {
    Point anchor = observations.raw[static_cast<size_t>(order[i])];
    for (size_t p = 0; p < fixed.size(); ++p)
      if (!std::isnan(fixed[p])) anchor[p] = fixed[p];
    anchors.push_back(std::move(anchor));
  }
  return MaximizeAcquisition(acquisition, encoding, fixed, anchors, BudgetFor(objectives_[0]->posterior().size()), &random);
}

std::vector<ScoredPoint> GpSampler::Found(const Encoding& encoding, const Observations& observations, int64_t number,
                                          const Point& fixed) {
  if (prepared_ && prepared_->key == KeyOf(encoding, observations, number, fixed)) return prepared_->found;
  return Search(encoding, observations, number, fixed);
}

void GpSampler::Prepare(const History& history, const SearchSpace* space, int64_t next_number) {
  const bool declared = space != nullptr && !space->empty();
  if (!declared && algorithm_version() >= kInfersSpaces) {
    inferred_.Update(history);
    space = &inferred_.space();
  }
  if (space == nullptr || space->empty() || InDesign(history, next_number)) return;
  const Encoding encoding(*space);
  const SpaceOf origin = declared ? SpaceOf::kDeclaration : SpaceOf::kCompleteTrials;
  const Observations observations = ReadHistory(history, encoding, next_number, algorithm_version(), origin);
  if (encoding.columns() == 0 || !Teaches(observations)) return;
  const Point fixed(space->size(), kAbsent);
  const uint64_t key = KeyOf(encoding, observations, next_number, fixed);
  if (prepared_ && prepared_->key == key) return;
  prepared_ = Prepared{key, Search(encoding, observations, next_number, fixed)};
}

const ScoredPoint* GpSampler::FirstFree(const std::vector<ScoredPoint>& found, const AskRequest& request,
                                        const Observations& observations) const {
  const bool finite = request.space->FiniteSize().has_value();
  for (const ScoredPoint& candidate : found) {
    if (!IsFree(request, candidate.point)) continue;
    if (!finite && WasSeen(observations, candidate.point)) continue;
    return &candidate;
  }
  return nullptr;
}

absl::StatusOr<Suggestion> GpSampler::SamplePoint(const History& history, const AskRequest& request) {
  const SearchSpace& space = *request.space;
  const Encoding encoding(space);
  const Point fixed = FixedPoint(space, request.fixed);
  const bool exhausted = request.taken != nullptr && space.FiniteSize() && request.taken->size() >= *space.FiniteSize();
  if (exhausted || AllFixed(encoding, fixed)) return Sampler::SamplePoint(history, request);
  const Observations observations = ReadHistory(history, encoding, request.number, algorithm_version());
  if (IsStartup(history, encoding, observations, request.number)) return Sampler::SamplePoint(history, request);
  const std::vector<ScoredPoint> found = Found(encoding, observations, request.number, fixed);
  const ScoredPoint* chosen = FirstFree(found, request, observations);
  if (chosen == nullptr) return Sampler::SamplePoint(history, request);
  Suggestion suggestion;
  suggestion.point = chosen->point;
  suggestion.draft = {
      .number = request.number, .before = request.streams, .after = request.streams, .relative = {}, .attempt = 0};
  return suggestion;
}

}  // namespace parzen::gp
