#include "sampler/tpe/tpe_sampler.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "sampler/numpy_sort.h"
#include "sampler/space/uniform_quantile.h"
#include "sampler/tpe/estimator_2_9_1.h"
#include "sampler/tpe/losses.h"
#include "sampler/tpe/screening.h"
#include "sampler/tpe/startup.h"
#include "sampler/trial_stream.h"

namespace parzen::tpe {
namespace {

// The least probability of success where few trials fail and where many do, and how much what is missing there weighs.
constexpr double kLeastSuccess = 0.3, kLeastSuccessInDoubt = 0.8, kCaution = 1e3;

constexpr double kChance = 0.2;            // shares of failed trials up to here may be chance
constexpr int32_t kMoreCandidates = 4;     // times as many where trials failed, so that some are safe
constexpr int64_t kLeastObservations = 2;  // where trials failed; fewer tell nothing of what is good

std::vector<Dimension> DimensionsOf(const JointGroup& group) {
  std::vector<Dimension> dimensions;
  for (const NamedDistribution& parameter : group) dimensions.emplace_back(parameter.distribution);
  return dimensions;
}

// Stands in Draft::relative where the joint part was drawn and has no parameter (too few trials have ended, or none is common to
// all): the next parameter of the trial must not draw again, for Optuna draws once. No parameter has an empty name. It is stored
// with running trials, so it stays as it is.
NamedValue NothingJoint() { return {"", 0}; }

const NamedValue* Find(const std::vector<NamedValue>& values, std::string_view name) {
  const auto found = std::find_if(values.begin(), values.end(), [&](const NamedValue& v) { return v.name == name; });
  return found == values.end() ? nullptr : &*found;
}

std::vector<double> Row(const ValueTable& table, size_t row) {
  std::vector<double> values;
  for (const std::vector<double>& column : table) values.push_back(column[row]);
  return values;
}

std::vector<double> Selected(const std::vector<double>& values, const std::vector<size_t>& indices) {
  std::vector<double> selected;
  for (size_t i : indices) selected.push_back(values[i]);
  return selected;
}

// How far the density of failed trials is believed, 0 to 1.
double BeliefIn(GroupModel* model, double share_failed) {
  // So many failures are not chance, even where no few parameters are seen to cause them.
  return std::max(model->evidence().Belief(), std::clamp((share_failed - kChance) / kChance, 0.0, 1.0));
}

// What is added to the scores of candidates for their chance to succeed, p: log p, and what p lacks of a least probability, which
// weighs more than any improvement. The densities of failed and of other trials, and how many there are of both, give p by Bayes'
// rule.
std::vector<double> HeedFailures(GroupModel* model, const ValueTable& candidates, const std::vector<double>& log_l,
                                 const std::vector<double>& log_g, double belief, double caution) {
  const std::vector<double> log_f = model->failed().LogDensity(candidates);
  const double below = static_cast<double>(model->below().size()), above = static_cast<double>(model->above().size()),
               failed = static_cast<double>(model->failed().size());
  const double least = std::log(kLeastSuccess + caution * (kLeastSuccessInDoubt - kLeastSuccess));
  std::vector<double> heed(log_f.size());
  for (size_t i = 0; i < heed.size(); ++i) {
    const double most = std::max({log_l[i], log_g[i], log_f[i]});
    const double success = below * std::exp(log_l[i] - most) + above * std::exp(log_g[i] - most);
    const double log_p = std::log(belief * success / (success + failed * std::exp(log_f[i] - most)) + 1 - belief);
    heed[i] = log_p + kCaution * std::min(0.0, log_p - least);
    if (std::isnan(heed[i])) heed[i] = -kCaution;
  }
  return heed;
}

}  // namespace

TpeSampler::TpeSampler(const TpeOptions& options, uint64_t seed, size_t objectives, int32_t algorithm_version)
    : Sampler(seed, algorithm_version),
      options_(options),
      settings_(ResolveSettings(options, objectives, algorithm_version)),
      startup_stream_(seed),
      tpe_stream_(seed),
      learned_(std::make_shared<Learned>(settings_)) {}

void TpeSampler::LearnWith(const Sampler& other) {
  const auto* tpe = dynamic_cast<const TpeSampler*>(&other);
  if (tpe != nullptr) learned_ = tpe->learned_;
}

absl::StatusOr<Draft> TpeSampler::StartAttempt(const History& history, const SearchSpace*, int64_t number,
                                               StreamPositions streams, uint32_t attempt) {
  Draft draft{.number = number, .before = streams, .after = streams, .relative = {}, .attempt = attempt};
  if (explanation_ != nullptr) explanation_->groups.clear();
  // Later versions draw the joint part when the first parameter needs it: not at all where all are fixed or single.
  if (settings_.is_2_9_1() && settings_.multivariate) DrawInferredGroups(history, &draft);
  return draft;
}

absl::StatusOr<double> TpeSampler::SampleParameter(const History& history, std::string_view name,
                                                   const Distribution& distribution, Draft* draft) {
  if (IsSingle(distribution)) return ValueAt(distribution, 0);
  if (settings_.multivariate) DrawInferredGroups(history, draft);
  const NamedValue* joint = Find(draft->relative, name);
  if (joint != nullptr && Contains(distribution, joint->value)) return joint->value;
  const std::vector<double> values = SampleGroup(history, {{std::string(name), distribution}}, draft);
  return values.empty() ? RandomValue(name, distribution, draft) : values[0];
}

absl::StatusOr<double> TpeSampler::SuggestDeclared(const History& history, const SearchSpace& space, size_t i, Draft* draft) {
  const Parameter& parameter = space[i];
  if (reproduces() || !settings_.multivariate) return SampleParameter(history, parameter.name, parameter.distribution, draft);
  if (Find(draft->relative, parameter.name) == nullptr) {
    JointGroup group;
    for (const Parameter& other : space.parameters()) {
      if (other.condition == parameter.condition && !IsSingle(other.distribution))
        group.push_back({other.name, other.distribution});
    }
    DrawGroup(history, group, draft);
  }
  const NamedValue* joint = Find(draft->relative, parameter.name);
  return joint != nullptr ? joint->value : RandomValue(parameter.name, parameter.distribution, draft);
}

std::vector<JointGroup> TpeSampler::InferGroups(const History& history, int64_t number) {
  if (settings_.group) {
    grouped_.Update(history, number);
    return grouped_.Groups();
  }
  intersection_.Update(history);
  JointGroup group = intersection_.Group(!settings_.is_2_9_1());
  if (group.empty()) return {};
  return {std::move(group)};
}

void TpeSampler::DrawInferredGroups(const History& history, Draft* draft) {
  if (!draft->relative.empty()) return;
  for (const JointGroup& group : InferGroups(history, draft->number)) DrawGroup(history, group, draft);
  if (draft->relative.empty()) draft->relative.push_back(NothingJoint());
}

absl::StatusOr<JointPart> TpeSampler::SampleJointly(const History& history, const JointRequest& request) {
  std::vector<JointGroup> groups;
  if (settings_.multivariate && (settings_.group || request.space == nullptr)) groups = InferGroups(history, request.number);
  if (request.space != nullptr && settings_.group) {
    // The groups stay, without what is not asked for.
    for (JointGroup& group : groups) {
      std::erase_if(group, [&](const NamedDistribution& parameter) {
        return std::none_of(request.space->begin(), request.space->end(),
                            [&](const auto& p) { return p.name == parameter.name; });
      });
    }
  } else if (request.space != nullptr) {
    groups = {*request.space};
  }
  Draft draft{.number = request.number, .before = request.streams, .after = request.streams};
  JointPart part;
  for (const JointGroup& group : groups) {
    if (group.empty()) continue;
    std::vector<double> values = SampleGroup(history, group, &draft);
    if (values.empty() && request.always) {
      for (const NamedDistribution& p : group) values.push_back(RandomValue(p.name, p.distribution, &draft));
    }
    part.space.insert(part.space.end(), group.begin(), group.end());
    part.values.insert(part.values.end(), values.begin(), values.end());
  }
  part.after = draft.after;
  return part;
}

void TpeSampler::DrawGroup(const History& history, const JointGroup& group, Draft* draft) {
  const std::vector<double> values = SampleGroup(history, group, draft);
  for (size_t d = 0; d < values.size(); ++d) draft->relative.push_back({group[d].name, values[d]});
}

std::vector<double> TpeSampler::Choose(const JointGroup& group, const std::vector<int32_t>& below,
                                       const std::vector<int32_t>& above, const ValueTable& candidates,
                                       const std::vector<double>& log_l, const std::vector<double>& log_g,
                                       const std::vector<double>& heed) {
  std::vector<double> scores(log_l.size());
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = log_l[i] - log_g[i] + (heed.empty() ? 0 : heed[i]);
  const size_t best = ArgMax(scores);
  std::vector<double> values = Row(candidates, best);
  if (explanation_ == nullptr) return values;

  ExplainedGroup explained;
  explained.method = "tpe";
  explained.below.assign(below.begin(), below.end());
  explained.above.assign(above.begin(), above.end());
  explained.winner = static_cast<int64_t>(best);
  for (const NamedDistribution& parameter : group) explained.parameters.push_back(parameter.name);
  for (size_t i = 0; i < scores.size(); ++i) {
    Candidate candidate{.params = {}, .log_l = log_l[i], .log_g = log_g[i], .heed = heed.empty() ? 0 : heed[i]};
    for (size_t d = 0; d < group.size(); ++d) candidate.params.push_back({group[d].name, candidates[d][i]});
    explained.candidates.push_back(std::move(candidate));
  }
  explanation_->groups.push_back(std::move(explained));
  return values;
}

absl::StatusOr<Explanation> TpeSampler::ExplainPoint(const History& history, const AskRequest& request) {
  TpeSampler replay(options_, seed(), history.directions().size(), algorithm_version());
  Explanation explanation;
  replay.explanation_ = &explanation;
  PARZEN_ASSIGN_OR_RETURN(Suggestion suggestion, replay.Suggest(history, request));
  const size_t sampled = explanation.groups.size();
  for (size_t i = 0; i < request.space->size(); ++i) {
    if (std::isnan(suggestion.point[i])) continue;
    const Parameter& parameter = (*request.space)[i];
    std::string method = "startup";
    for (size_t g = 0; g < sampled; ++g) {
      const std::vector<std::string>& names = explanation.groups[g].parameters;
      if (std::find(names.begin(), names.end(), parameter.name) != names.end()) method = "tpe";
    }
    if (IsSingle(parameter.distribution)) method = "single";
    if (Find(request.fixed, parameter.name) != nullptr) method = "fixed";
    if (method != "tpe") explanation.groups.push_back({.parameters = {parameter.name}, .method = method});
  }
  return explanation;
}

double TpeSampler::RandomValue(std::string_view name, const Distribution& distribution, Draft* draft) {
  if (!reproduces()) return UniformQuantile(distribution, TrialStream(seed(), draft->number, name, draft->attempt).Uniform());
  startup_stream_.Seek(draft->after.startup);
  const double value = OptunaRandomValue(distribution, [this](std::span<double> out) { startup_stream_.RandomSample(out); });
  draft->after.startup = startup_stream_.position();
  return value;
}

std::vector<double> TpeSampler::SampleGroup(const History& history, const JointGroup& group, Draft* draft) {
  if (!reproduces()) return SampleGroupIncrementally(history, group, draft);
  tpe_stream_.Seek(draft->after.tpe);
  const auto uniform = [this](std::span<double> out) { tpe_stream_.RandomSample(out); };
  std::vector<double> values =
      settings_.is_2_9_1() ? SampleGroup2_9_1(history, group, draft, uniform) : SampleGroup5_0(history, group, draft, uniform);
  draft->after.tpe = tpe_stream_.position();
  return values;
}

std::vector<double> TpeSampler::SampleGroupIncrementally(const History& history, const JointGroup& group, Draft* draft) {
  learned_->Update(history);
  int64_t ended = learned_->observations();
  if (settings_.learns_from_failures) {
    ended_.Update(history, nullptr);
    ended += ended_.count();
    if (ended_.count() > 0 && learned_->observations() < kLeastObservations) return {};
  }
  if (ended < settings_.n_startup_trials) return {};
  GroupModel& model = learned_->ModelOf(history, group, draft->number);
  const double belief = model.failed().size() > 0 ? BeliefIn(&model, ended_.share()) : 0;
  TrialStream stream(seed(), draft->number, group[0].name, draft->attempt);
  ValueTable candidates =
      model.below().Sample(settings_.n_ei_candidates * (belief > 0.5 ? kMoreCandidates : 1), [&stream](std::span<double> out) {
        for (double& u : out) u = stream.Uniform();
      });
  if (algorithm_version() > 1) {
    for (size_t d = 0; d < group.size(); ++d) {
      for (double& value : candidates[d]) value = OnDecimalGrid(group[d].distribution, value);
    }
  }
  const std::vector<double> log_l = model.below().LogDensity(candidates), log_g = model.above().LogDensity(candidates);
  std::vector<double> heed;
  if (belief > 0) heed = HeedFailures(&model, candidates, log_l, log_g, belief, belief * CautionFor(ended_.share()));
  const bool told = explanation_ != nullptr;
  return Choose(group, told ? model.below().Rows() : std::vector<int32_t>(), told ? model.above().Rows() : std::vector<int32_t>(),
                candidates, log_l, log_g, heed);
}

const Split& TpeSampler::SplitOf(const History& history, int64_t number) {
  if (!cached_split_ || cached_split_->number != number || cached_split_->finished != history.finished().size() ||
      cached_split_->running != history.running()) {
    cached_split_ = {number, history.finished().size(), history.running(), SplitTrials(history, settings_, number)};
  }
  return cached_split_->split;
}

ValueTable TpeSampler::Observe(const History& history, const JointGroup& group, const std::vector<int32_t>& rows) const {
  const RowReader reader(history, group, settings_);
  ValueTable observations(group.size());
  std::vector<double> values;
  for (int32_t row : rows) {
    if (!reader.Read(row, &values)) continue;
    for (size_t d = 0; d < group.size(); ++d) observations[d].push_back(values[d]);
  }
  return observations;
}

std::vector<double> TpeSampler::SampleGroup5_0(const History& history, const JointGroup& group, Draft* draft,
                                               UniformSource uniform) {
  if (CountObservations(history, settings_) < settings_.n_startup_trials) return {};
  const std::vector<Dimension> dimensions = DimensionsOf(group);
  // An explanation tells the scores of all candidates.
  const bool screens =
      explanation_ == nullptr && history.finished().size() > kSimdNetworkSize && CanScreen(dimensions, settings_);
  if (screens) learned_->Update(history);
  const std::vector<int32_t>& good = screens ? learned_->below() : SplitOf(history, draft->number).below;
  const ValueTable below = Observe(history, group, good);
  // With several objectives the good ones all count alike.
  const size_t n_below = below[0].size();
  const ParzenEstimator l(dimensions, below,
                          history.directions().size() > 1 ? std::vector<double>(n_below, 1.0) : RampWeights(n_below), settings_);
  ValueTable candidates = l.Sample(settings_.n_ei_candidates, uniform);
  std::vector<double> log_l = l.LogDensity(candidates);
  if (screens) {
    KernelMixture& rest = learned_->ModelOf(history, group, draft->number).above();
    if (rest.size() > kSimdNetworkSize && rest.IsRegular()) {
      const std::vector<size_t> rivals = Rivals(candidates, log_l, rest.LogDensity(candidates));
      for (std::vector<double>& column : candidates) column = Selected(column, rivals);
      if (rivals.size() == 1) return Row(candidates, 0);
      log_l = Selected(log_l, rivals);
    }
  }
  const Split& split = SplitOf(history, draft->number);
  const ValueTable above = Observe(history, group, split.above);
  const ParzenEstimator g(dimensions, above, RampWeights(above[0].size()), settings_);
  return Choose(group, split.below, split.above, candidates, log_l, g.LogDensity(candidates), {});
}

std::vector<double> TpeSampler::SampleGroup2_9_1(const History& history, const JointGroup& group, Draft* draft,
                                                 UniformSource uniform) {
  const Observations2_9_1 observations = CollectObservations2_9_1(history, group, settings_, draft->number);
  if (static_cast<int64_t>(observations.size()) < settings_.n_startup_trials) return {};
  const Split2_9_1 split = SplitObservations2_9_1(observations, settings_);
  const std::vector<Dimension> dimensions = DimensionsOf(group);
  const std::vector<int32_t> taught_below = WithoutRagged(observations.values, split.below),
                             taught_above = WithoutRagged(observations.values, split.above);
  const ValueTable below = SelectObserved(observations.values, taught_below),
                   above = SelectObserved(observations.values, taught_above);
  std::vector<double> weights_below =
      history.directions().size() > 1 ? WeightsBelow2_9_1(observations, taught_below) : RampWeights(below[0].size());
  const ParzenEstimator2_9_1 l(dimensions, below, std::move(weights_below), settings_);
  const ParzenEstimator2_9_1 g(dimensions, above, RampWeights(above[0].size()), settings_);
  const ValueTable candidates = l.Sample(settings_.n_ei_candidates, uniform);
  auto rows = [&](const std::vector<int32_t>& indices) {
    std::vector<int32_t> selected;
    for (int32_t i : indices) selected.push_back(observations.rows[i]);
    return selected;
  };
  return Choose(group, rows(split.below), rows(split.above), candidates, l.LogDensity(candidates), g.LogDensity(candidates), {});
}

}  // namespace parzen::tpe
