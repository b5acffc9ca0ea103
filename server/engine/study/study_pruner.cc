#include "server/engine/study/study_pruner.h"

#include <algorithm>
#include <utility>

#include "sampler/pruner/make_pruner.h"
#include "server/engine/definition/definition_json.h"

namespace parzen::engine {
namespace {

void Restore(int64_t number, const std::vector<std::vector<double>>& rungs, size_t objectives, Pruner* pruner) {
  for (size_t rung = 0; rung < rungs.size(); ++rung) {
    if (rungs[rung].size() == objectives) pruner->RestoreRung(number, {static_cast<int32_t>(rung), rungs[rung]});
  }
}

}  // namespace

std::string RungsToJson(const std::vector<std::vector<double>>& rungs) {
  auto json = nlohmann::ordered_json::array();
  for (const std::vector<double>& values : rungs) {
    auto entry = nlohmann::ordered_json::array();
    for (const double value : values) entry.push_back(ToJson(Choice(value)));
    json.push_back(std::move(entry));
  }
  return Dump(json);
}

absl::StatusOr<std::vector<std::vector<double>>> RungsFromJson(std::string_view text) {
  std::vector<std::vector<double>> rungs;
  try {
    for (const auto& entry : nlohmann::ordered_json::parse(text.begin(), text.end())) {
      std::vector<double>& values = rungs.emplace_back();
      for (const auto& value : entry) values.push_back(std::get<double>(ChoiceOf(value)));
    }
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(std::string("the rungs of a trial cannot be read: ") + error.what());
  }
  return rungs;
}

StudyPruner::StudyPruner(const StudyDefinition& definition, std::string_view study_name)
    : objectives_(definition.directions.size()) {
  auto pruner = MakePruner(definition.pruner, definition.directions, study_name);
  if (pruner.ok()) pruner_ = *std::move(pruner);
}

void StudyPruner::Report(int64_t number, const storage::Intermediate& report) {
  if (report.more.size() + 1 != objectives_) return;  // the first objective alone: there is nothing to decide by
  values_.assign(1, report.value);
  values_.insert(values_.end(), report.more.begin(), report.more.end());
  pruner_->Report(number, report.step, values_);
}

void StudyPruner::OnChange(const storage::UpdateTrial& update, int64_t revision, const Outcome* outcome) {
  if (!prunes()) return;
  if (update.clear_intermediates) pruner_->Restart(update.number);
  for (const storage::Intermediate& report : update.intermediates) Report(update.number, report);
  for (const auto& [key, json] : update.system_attrs) {  // its own, known already, or those of a pruner in the client
    if (key != kRungsKey || !json) continue;
    if (const auto rungs = RungsFromJson(*json); rungs.ok()) Restore(update.number, *rungs, objectives_, pruner_.get());
  }
  if (outcome != nullptr) pruner_->End(update.number, *outcome, revision);
}

void StudyPruner::OnInsert(const storage::TrialRecord& record, int64_t revision, const Outcome* outcome) {
  if (!prunes()) return;
  std::vector<std::vector<double>> rungs;
  for (const auto& [key, json] : record.system_attrs) {
    if (key != kRungsKey) continue;
    if (auto read = RungsFromJson(json); read.ok()) rungs = *std::move(read);
  }
  LoadTrial(record.number, record.intermediates, rungs, outcome, revision);
}

void StudyPruner::LoadTrial(int64_t number, std::vector<storage::Intermediate> reports,
                            const std::vector<std::vector<double>>& rungs, const Outcome* outcome, int64_t revision) {
  std::stable_sort(reports.begin(), reports.end(), [](const auto& a, const auto& b) { return a.reported_at < b.reported_at; });
  for (const storage::Intermediate& report : reports) Report(number, report);
  Restore(number, rungs, objectives_, pruner_.get());
  if (outcome != nullptr) pruner_->End(number, *outcome, revision);
}

storage::LoadVisitor::Wants PrunerLoader::wants() const {
  if (!pruner_.prunes()) return {};
  return {.intermediates = true, .system_attr = kRungsKey};
}

void PrunerLoader::OnRungs(int64_t number, std::string_view json) {
  if (auto read = RungsFromJson(json); read.ok()) rungs_[number] = *std::move(read);
}

void PrunerLoader::OnReport(int64_t number, const storage::Intermediate& report) {
  if (number != number_) Flush();
  number_ = number;
  reports_.push_back(report);
}

void PrunerLoader::LoadTrial(int64_t number) {
  const int64_t ended_at = order_.ended_at(number);
  Outcome outcome;
  if (ended_at != 0) outcome = history_.OutcomeOf(number);
  const auto rungs = reports_.empty() ? rungs_.end() : rungs_.find(number);
  pruner_.LoadTrial(number, std::exchange(reports_, {}),
                    rungs == rungs_.end() ? std::vector<std::vector<double>>() : rungs->second,
                    ended_at == 0 ? nullptr : &outcome, ended_at);
}

void PrunerLoader::Flush() {
  if (number_ < 0) return;
  std::vector<storage::Intermediate> reports = std::exchange(reports_, {});
  for (; loaded_ < number_; ++loaded_) LoadTrial(loaded_);
  reports_ = std::move(reports);
  LoadTrial(loaded_++);
  number_ = -1;
}

void PrunerLoader::Finish() {
  if (!pruner_.prunes()) return;
  Flush();
  for (; loaded_ < history_.size(); ++loaded_) LoadTrial(loaded_);
}

}  // namespace parzen::engine
