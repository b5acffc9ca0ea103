// The part of GpSampler that asks earlier studies.

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "sampler/gp/gp_sampler.h"
#include "sampler/gp/tuning.h"

namespace parzen::gp {
namespace {

// Added to the score of observations that are anchors of the search only where others lack.
constexpr double kNotFeasible = 1e3;
// Observations by which earlier studies may be believed before the design is complete: with fewer, chance orders them.
constexpr size_t kFewestToBelieve = 3;

}  // namespace

bool GpSampler::AsksEarlierStudies(const Observations& observations) const {
  return warm_start_ != nullptr && observations.objectives.size() == 1 && observations.size() <= kTransferTo &&
         (AnyFeasible(observations) || observations.constraints.empty());
}

bool GpSampler::EarlierStudiesHelp(const Encoding& encoding, const Observations& observations, int64_t number) {
  if (!AsksEarlierStudies(observations) || observations.objectives[0].values.size() < kFewestToBelieve) return false;
  Condition(encoding, observations);
  if (transfer_ == nullptr || !transfer_->IsFor(encoding)) transfer_ = std::make_unique<Transfer>(warm_start_, encoding);
  return transfer_->Condition(*objectives_[0], Eigen::MatrixXd(0, encoding.columns()), Eigen::MatrixXd(0, 1), seed(), number);
}

bool GpSampler::AddTransferImprovement(const Encoding& encoding, const Observations& observations, int64_t number,
                                       RandomStream* random, AcquisitionProduct* product, Eigen::VectorXd* scores) {
  const bool any_feasible = AnyFeasible(observations);
  if (!AsksEarlierStudies(observations)) {
    transfer_.reset();  // what it last said is not to be told of this trial
    return false;
  }
  if (transfer_ == nullptr || !transfer_->IsFor(encoding)) transfer_ = std::make_unique<Transfer>(warm_start_, encoding);
  const Surrogate& own = *objectives_[0];
  const Eigen::Index n = own.outputs().size(), r = std::min<Eigen::Index>(observations.running.rows(), kConditionedRunning);
  const Eigen::MatrixXd running = observations.running.bottomRows(r);  // the latest
  // The study's own draws are made from a copy where earlier studies turn out not to help.
  RandomStream draws = *random;
  if (!transfer_->Condition(own, running, draws.Normals(r, r > 0 ? kFantasies : 1), seed(), number)) return false;
  *random = draws;
  const Eigen::MatrixXd& means = transfer_->means();
  Eigen::VectorXd incumbents = Eigen::VectorXd::Constant(means.cols(), HUGE_VAL);
  *scores = Eigen::VectorXd::Constant(observations.size(), kNotFeasible);
  for (Eigen::Index i = 0; i < means.rows(); ++i) {
    if (i >= n && !constraints_.empty()) break;  // a running trial may turn out infeasible
    const Eigen::Index row = i < n ? own.rows()[static_cast<size_t>(i)] : -1;
    const bool counts = row < 0 || !any_feasible || observations.feasible[static_cast<size_t>(row)];
    if (counts) incumbents = incumbents.cwiseMin(means.row(i).transpose());
    if (row >= 0) (*scores)[row] = means(i, 0) + (counts ? 0.0 : kNotFeasible);
  }
  AddPendingPenalty(observations, r, product);
  product->Add(transfer_->Improvement(std::move(incumbents)));
  return true;
}

void GpSampler::DescribeTransfer(ExplainedGroup* group) const {
  if (transfer_ == nullptr) return;
  group->model.push_back({"slope", transfer_->slope()});
  for (size_t k = 0; k < warm_start_->studies.size(); ++k) {
    const EarlierStudy& study = warm_start_->studies[k];
    const double weight = transfer_->helps() ? transfer_->weights()[static_cast<Eigen::Index>(k)] : 0.0;
    group->model.push_back({absl::StrCat("weight.", study.name), weight});
    group->model.push_back({absl::StrCat("revision.", study.name), static_cast<double>(study.revision)});
  }
}

}  // namespace parzen::gp
