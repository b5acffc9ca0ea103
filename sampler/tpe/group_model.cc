#include "sampler/tpe/group_model.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "sampler/failures.h"
#include "sampler/tpe/split.h"

namespace parzen::tpe {
namespace {

std::vector<Dimension> DimensionsOf(const JointGroup& group) {
  std::vector<Dimension> dimensions;
  for (const NamedDistribution& parameter : group) dimensions.emplace_back(parameter.distribution);
  return dimensions;
}

bool In(const std::vector<int32_t>& sorted, int32_t row) { return std::binary_search(sorted.begin(), sorted.end(), row); }

// Changes of a mixture: the last word about a row counts.
class Changes {
 public:
  explicit Changes(const KernelMixture& mixture) : mixture_(mixture) {}
  void Put(int32_t row, std::vector<double> values) { wanted_[row] = std::move(values); }
  void Take(int32_t row) { wanted_[row] = {}; }
  void ApplyTo(KernelMixture* mixture) {
    std::vector<int32_t> removed;
    std::vector<Observation> added;
    for (auto& [row, values] : wanted_) {
      Observation observation{row, std::move(values)};
      if (!observation.values.empty() && mixture_.Holds(observation)) continue;
      if (mixture_.Contains(row)) removed.push_back(row);
      if (!observation.values.empty()) added.push_back(std::move(observation));
    }
    mixture->Apply(removed, added);
  }

 private:
  const KernelMixture& mixture_;
  std::map<int32_t, std::vector<double>> wanted_;  // empty: not to be in
};

}  // namespace

RowReader::RowReader(const History& history, const JointGroup& group, const TpeSettings& settings)
    : history_(history), group_(group), reads_relative_(settings.multivariate) {
  for (const NamedDistribution& parameter : group) columns_.push_back(history.FindColumn(parameter.name));
}

bool RowReader::Read(int64_t row, std::vector<double>* values) const {
  values->resize(group_.size());
  const bool relative = reads_relative_ && history_.state(row) == RowState::kRunning;
  for (size_t d = 0; d < group_.size(); ++d) {
    double value = columns_[d] == nullptr ? kAbsent : columns_[d]->At(row);
    if (std::isnan(value) && relative) {
      for (const NamedValue& joint : history_.Relative(row)) {
        if (joint.name == group_[d].name) value = joint.value;
      }
    }
    if (std::isnan(value)) return false;
    (*values)[d] = value;
  }
  return true;
}

GroupModel::GroupModel(JointGroup group, const TpeSettings& settings, size_t objectives)
    : group_(std::move(group)),
      settings_(settings),
      below_(DimensionsOf(group_), settings,
             objectives == 1 ? KernelMixture::Weighting::kRamp : KernelMixture::Weighting::kEqual),
      above_(DimensionsOf(group_), settings, KernelMixture::Weighting::kRamp),
      failed_(DimensionsOf(group_), settings, KernelMixture::Weighting::kRamp),
      evidence_(DimensionsOf(group_)) {}

void GroupModel::Update(const History& history, const std::vector<int32_t>& below, int64_t version, int64_t number) {
  const RowReader reader(history, group_, settings_);
  Changes good(below_), rest(above_), failed(failed_);
  std::vector<double> values;
  // What ran is in above_; it stays there, or what follows says otherwise.
  std::vector<Observation> running;
  if (settings_.constant_liar) {
    for (int64_t row : history.running()) {
      if (row != number && reader.Read(row, &values)) running.push_back({static_cast<int32_t>(row), values});
    }
  }
  size_t now = 0;
  for (const Observation& before : running_) {
    while (now < running.size() && running[now].row < before.row) ++now;
    if (now == running.size() || running[now].row != before.row || running[now].values != before.values) rest.Take(before.row);
  }
  size_t was = 0;
  for (const Observation& observation : running) {
    while (was < running_.size() && running_[was].row < observation.row) ++was;
    const bool known =
        was < running_.size() && running_[was].row == observation.row && running_[was].values == observation.values;
    if (!known) rest.Put(observation.row, observation.values);
  }
  running_ = std::move(running);

  for (; read_ < history.finished().size(); ++read_) {
    const int32_t row = history.finished()[read_];
    const bool is_failure = settings_.learns_from_failures && IsFailure(history.state(row));
    if ((!is_failure && !IsObservation(history.state(row), settings_)) || !reader.Read(row, &values)) continue;
    if (settings_.learns_from_failures) evidence_.Add(row, values, is_failure);
    (is_failure ? failed : In(below, row) ? good : rest).Put(row, values);
  }
  if (version != version_) {
    for (int32_t row : below_rows_) {
      if (In(below, row) || !reader.Read(row, &values)) continue;
      good.Take(row);
      rest.Put(row, values);
    }
    for (int32_t row : below) {
      if (In(below_rows_, row) || !reader.Read(row, &values)) continue;
      rest.Take(row);
      good.Put(row, values);
    }
    below_rows_ = below;
    version_ = version;
  }
  good.ApplyTo(&below_);
  rest.ApplyTo(&above_);
  failed.ApplyTo(&failed_);
}

}  // namespace parzen::tpe
