// GpSampler::Explain: the model and the rivals behind a suggestion.

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "sampler/gp/gp_sampler.h"

namespace parzen::gp {
namespace {

constexpr size_t kRivals = 10;

}  // namespace

absl::StatusOr<Explanation> GpSampler::ExplainPoint(const History& history, const AskRequest& request) {
  const absl::StatusOr<Suggestion> suggestion = Suggest(history, request);
  if (!suggestion.ok()) return suggestion.status();
  const SearchSpace& space = *request.space;
  const Encoding encoding(space);
  const Observations observations = ReadHistory(history, encoding, request.number, algorithm_version());
  Explanation explanation;
  ExplainedGroup joint;
  joint.method = "gp-ei";
  Point fixed(space.size(), kAbsent);
  for (size_t i = 0; i < space.size(); ++i) {
    const auto given =
        std::find_if(request.fixed.begin(), request.fixed.end(), [&](const NamedValue& v) { return v.name == space[i].name; });
    if (given != request.fixed.end()) fixed[i] = given->value;
    if (std::isnan(suggestion->point[i])) continue;
    if (given == request.fixed.end() && !IsSingle(space[i].distribution)) {
      joint.parameters.push_back(space[i].name);
    } else {
      ExplainedGroup alone;
      alone.parameters = {space[i].name};
      alone.method = given != request.fixed.end() ? "fixed" : "single";
      explanation.groups.push_back(std::move(alone));
    }
  }
  if (joint.parameters.empty()) return explanation;
  if (IsStartup(history, encoding, observations, request.number)) {
    joint.method = "startup";
    explanation.groups.push_back(std::move(joint));
    return explanation;
  }
  DescribeSearch(encoding, observations, request.number, fixed, suggestion->point, &joint);
  explanation.groups.push_back(std::move(joint));
  return explanation;
}

void GpSampler::DescribeSearch(const Encoding& encoding, const Observations& observations, int64_t number, const Point& fixed,
                               const Point& suggested, ExplainedGroup* group) {
  const SearchSpace& space = encoding.space();
  std::vector<ScoredPoint> found = Search(encoding, observations, number, fixed);
  const auto equal = [&](const ScoredPoint& c) { return encoding.Encode(c.point) == encoding.Encode(suggested); };
  const auto winner = std::find_if(found.begin(), found.end(), equal);
  if (winner == found.end()) {
    group->method = "random";  // every point that the search found was taken
    return;
  }
  const size_t shown = std::max(std::min(found.size(), kRivals), static_cast<size_t>(winner - found.begin()) + 1);
  group->winner = winner - found.begin();
  const Surrogate& model = *objectives_[0];
  const double sign = observations.signs[0];
  for (size_t i = 0; i < shown; ++i) {
    Candidate candidate;
    for (size_t p = 0; p < space.size(); ++p)
      if (!std::isnan(found[i].point[p])) candidate.params.push_back({space[p].name, found[i].point[p]});
    candidate.log_l = found[i].value;
    Eigen::MatrixXd mean;
    Eigen::VectorXd variance;
    const Eigen::MatrixXd at = encoding.Encode(found[i].point).transpose();
    if (transfer_ != nullptr && transfer_->helps()) {
      transfer_->Predict(at, &mean, &variance);
    } else {
      model.posterior().Predict(at, &mean, &variance);
    }
    const double center = mean.row(0).mean(), deviation = std::sqrt(variance[0]);
    candidate.mean = sign * model.transform().Inverse(center);
    candidate.deviation = 0.5 * (model.transform().Inverse(center + deviation) - model.transform().Inverse(center - deviation));
    group->candidates.push_back(std::move(candidate));
  }
  const Hyperparameters& h = model.fit().hyperparameters;
  for (Eigen::Index c = 0; c < encoding.columns(); ++c) {
    const std::string& name = space[encoding.dimensions()[static_cast<size_t>(c)].parameter].name;
    group->model.push_back({absl::StrCat("length_scale.", name), std::exp(h.log_scales[c])});
  }
  group->model.push_back({"noise", std::exp(h.log_noise)});
  group->model.push_back({"amplitude", std::exp(h.log_amplitude)});
  if (h.main_effects) group->model.push_back({"main_effects", h.MainEffectsShare()});
  group->model.push_back({"warp", Warps()[static_cast<size_t>(model.fit().warp)]});
  group->model.push_back({"incumbent", sign * model.transform().Inverse(model.means().minCoeff())});
  group->model.push_back({"observations", static_cast<double>(observations.size())});
  group->model.push_back({"fitted_at", static_cast<double>(model.fit().count)});
  DescribeTransfer(group);
}

}  // namespace parzen::gp
