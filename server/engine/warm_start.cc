#include "server/engine/warm_start.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "sampler/gp/learn_from.h"
#include "server/engine/study/trial_view.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

constexpr int kStudiesAtOnce = 500, kTrialsAtOnce = 500;
constexpr size_t kLooks = 200;  // studies whose trials are counted in search of automatic ones
constexpr std::string_view kField = "warm_start_from";

// A study that may be learned from.
struct Source {
  storage::StudyRecord record;
  std::vector<Direction> directions;
  bool declared = false;  // its space
};

bool IsMet(const storage::NamedDoubles& constraints) {
  return std::all_of(constraints.begin(), constraints.end(), [](const auto& constraint) { return constraint.second <= 0; });
}

// A value of an earlier study's parameter as the new one has it; kAbsent where it is not among its values.
double Translate(const Distribution& from, double value, const Parameter& to) {
  const Distribution& distribution = to.distribution;
  if (std::holds_alternative<CategoricalDistribution>(from)) {
    if (!Contains(from, value)) return kAbsent;
    const absl::StatusOr<double> internal = ToInternal(to.name, distribution, ToExternal(from, value));
    return internal.ok() ? *internal : kAbsent;
  }
  if (!Contains(distribution, value)) return kAbsent;
  if (!CountValues(distribution)) return value;
  return OnDecimalGrid(distribution, ValueAt(distribution, IndexOfValue(distribution, value)));
}

class Reader {
 public:
  Reader(storage::Storage* storage, const StudyDefinition& definition) : storage_(storage), definition_(definition) {}

  // Reads a study's trials. NOT_FOUND where it has been deleted in the meantime.
  absl::StatusOr<EarlierTrials> Read(const Source& source) {
    EarlierTrials trials;
    trials.name = source.record.name;
    trials.uid = source.record.uid;
    PARZEN_ASSIGN_OR_RETURN(const storage::TrialTally tally, storage_->TallyTrials(source.record.uid));
    trials.revision = std::max(source.record.revision, tally.revision);
    int64_t size = 0;
    for (const int64_t count : tally.by_state) size += count;
    for (int64_t begin = std::max<int64_t>(0, size - kMaxEarlierTrials); begin < size; begin += kTrialsAtOnce) {
      std::vector<int64_t> numbers;
      for (int64_t i = begin; i < std::min(size, begin + kTrialsAtOnce); ++i) numbers.push_back(i);
      PARZEN_ASSIGN_OR_RETURN(const auto records, storage_->ReadTrials(source.record.uid, numbers, storage::View::kBasic));
      for (const storage::TrialRecord& record : records) {
        PARZEN_RETURN_IF_ERROR(Take(record, source.directions, &trials));
      }
    }
    return trials;
  }

 private:
  absl::Status Take(const storage::TrialRecord& record, const std::vector<Direction>& directions, EarlierTrials* trials) {
    if (record.state != TrialState::kComplete || !IsMet(record.constraints)) return absl::OkStatus();
    const SearchSpace& space = definition_.space;
    Point point(space.size(), kAbsent);
    bool any = false;
    for (const storage::ParamRecord& param : record.params) {
      const std::optional<size_t> i = space.Find(param.name);
      if (!i) continue;
      PARZEN_ASSIGN_OR_RETURN(const auto distribution, distributions_.Find(param.distribution));
      if (distribution->index() != space[*i].distribution.index()) continue;
      point[*i] = Translate(*distribution, param.value, space[*i]);
      if (std::isnan(point[*i])) return absl::OkStatus();  // a point that the new space lacks
      any = true;
    }
    if (!any) return absl::OkStatus();
    std::vector<double> losses;
    for (size_t k = 0; k < record.values.size(); ++k) {
      losses.push_back(directions[k] == Direction::kMaximize ? -record.values[k] : record.values[k]);
    }
    trials->points.push_back(std::move(point));
    trials->losses.push_back(std::move(losses));
    return absl::OkStatus();
  }

  storage::Storage* const storage_;
  const StudyDefinition& definition_;
  DistributionTable distributions_;
};

// Whether a declared space has a parameter of the new one, by name and kind.
bool Shares(const SearchSpace& earlier, const SearchSpace& space) {
  return std::any_of(earlier.parameters().begin(), earlier.parameters().end(), [&](const Parameter& parameter) {
    const std::optional<size_t> i = space.Find(parameter.name);
    return i && space[*i].distribution.index() == parameter.distribution.index();
  });
}

absl::Status NothingShared(const std::string& name) {
  return error::BadField(kField, "\"" + name +
                                     "\" has no parameter of the new study's, by name and kind; studies with at least one"
                                     " are accepted");
}

absl::StatusOr<Source> FindNamed(storage::Storage* storage, const StudyDefinition& definition, const std::string& name) {
  absl::StatusOr<storage::StudyRecord> record = storage->GetStudy(name);
  if (absl::IsNotFound(record.status())) return error::NoSuchStudy("\"" + name + "\" (warm_start_from)");
  if (!record.ok()) return error::FromStorage(record.status());
  PARZEN_ASSIGN_OR_RETURN(const StudyDefinition earlier, DefinitionFromJson(record->definition));
  if (earlier.directions.size() != definition.directions.size()) {
    return error::BadField(kField, absl::StrCat("\"", name, "\" has ", earlier.directions.size(), " objectives, the new study ",
                                                definition.directions.size(), "; studies with as many are accepted"));
  }
  if (!earlier.space.empty() && !Shares(earlier.space, definition.space)) return NothingShared(name);
  return Source{*std::move(record), earlier.directions, !earlier.space.empty()};
}

std::set<std::string> NamesOf(const SearchSpace& space) {
  std::set<std::string> names;
  for (const Parameter& parameter : space.parameters()) names.insert(parameter.name);
  return names;
}

// All studies with the same parameter names and as many objectives, the latest first.
absl::StatusOr<std::vector<Source>> FindAlike(storage::Storage* storage, const StudyDefinition& definition,
                                              const std::string& prefix) {
  const std::set<std::string> names = NamesOf(definition.space);
  std::vector<Source> alike;
  std::string after;
  while (true) {
    absl::StatusOr<std::vector<storage::StudyRecord>> page = storage->ListStudies(after, prefix, kStudiesAtOnce);
    if (!page.ok()) return error::FromStorage(page.status());
    if (page->empty()) break;
    after = page->back().name;
    for (storage::StudyRecord& record : *page) {
      const absl::StatusOr<StudyDefinition> earlier = DefinitionFromJson(record.definition);
      if (!earlier.ok() || earlier->directions.size() != definition.directions.size()) continue;
      if (NamesOf(earlier->space) != names || !Shares(earlier->space, definition.space)) continue;
      record.definition.clear();
      alike.push_back({std::move(record), earlier->directions, true});
    }
  }
  std::sort(alike.begin(), alike.end(), [](const Source& a, const Source& b) {
    return std::pair(a.record.created_at, a.record.id) > std::pair(b.record.created_at, b.record.id);
  });
  if (alike.size() > kLooks) alike.resize(kLooks);
  return alike;
}

// Reads of the studies that are alike those that have enough complete trials.
absl::StatusOr<std::vector<EarlierTrials>> ReadAlike(storage::Storage* storage, Reader* reader,
                                                     const std::vector<Source>& alike) {
  std::vector<EarlierTrials> read;
  for (const Source& source : alike) {
    if (read.size() == kMaxEarlierStudies) break;
    const absl::StatusOr<storage::TrialTally> tally = storage->TallyTrials(source.record.uid);
    if (absl::IsNotFound(tally.status())) continue;  // it was deleted in the meantime
    if (!tally.ok()) return error::FromStorage(tally.status());
    if (tally->by_state[static_cast<size_t>(TrialState::kComplete)] < kLeastAutomaticTrials) continue;
    absl::StatusOr<EarlierTrials> trials = reader->Read(source);
    if (absl::IsNotFound(trials.status())) continue;
    if (!trials.ok()) return error::FromStorage(trials.status());
    if (!trials->points.empty()) read.push_back(*std::move(trials));
  }
  return read;
}

absl::StatusOr<std::vector<EarlierTrials>> ReadNamed(storage::Storage* storage, Reader* reader, const StudyDefinition& definition,
                                                     const std::vector<std::string>& names) {
  std::vector<Source> sources;
  for (const std::string& name : names) {
    PARZEN_ASSIGN_OR_RETURN(Source source, FindNamed(storage, definition, name));
    sources.push_back(std::move(source));
  }
  std::vector<EarlierTrials> read;
  for (const Source& source : sources) {
    absl::StatusOr<EarlierTrials> trials = reader->Read(source);
    if (absl::IsNotFound(trials.status())) return error::NoSuchStudy("\"" + source.record.name + "\" (warm_start_from)");
    if (!trials.ok()) return error::FromStorage(trials.status());
    if (trials->points.empty() && !source.declared) return NothingShared(source.record.name);
    read.push_back(*std::move(trials));
  }
  return read;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const WarmStart>> LearnFromEarlier(storage::Storage* storage, const StudyDefinition& definition,
                                                                  const WarmStartFrom& from) {
  Reader reader(storage, definition);
  std::vector<EarlierTrials> read;
  if (from.automatic) {
    PARZEN_ASSIGN_OR_RETURN(const std::vector<Source> alike, FindAlike(storage, definition, from.visible_prefix));
    PARZEN_ASSIGN_OR_RETURN(read, ReadAlike(storage, &reader, alike));
    if (read.empty()) return std::shared_ptr<const WarmStart>();
  } else {
    PARZEN_ASSIGN_OR_RETURN(read, ReadNamed(storage, &reader, definition, from.studies));
  }
  return std::make_shared<const WarmStart>(gp::LearnFrom(definition.space, read));
}

}  // namespace parzen::engine
