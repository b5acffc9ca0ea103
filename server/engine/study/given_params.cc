#include "server/engine/study/given_params.h"

#include <cmath>
#include <optional>
#include <variant>

#include "server/engine/study/sampling.h"
#include "server/error/error.h"

namespace parzen::engine {

absl::Status ResolveDeclared(const Learner& learner, std::string_view study, std::string_view field,
                             const std::vector<GivenParam>& given, storage::TrialRecord* record) {
  const SearchSpace& space = learner.definition().space;
  Point point(space.size(), kAbsent);
  for (const GivenParam& param : given) {
    const std::optional<size_t> i = space.Find(param.name);
    if (!i) {
      return error::BadField(field, "\"" + param.name + "\" is no parameter of study \"" + std::string(study) +
                                        "\"; its declared ones are accepted");
    }
    if (!std::isnan(point[*i])) return error::BadField(field, "\"" + param.name + "\" is there twice");
    const absl::StatusOr<double> value = ToInternal(param.name, space[*i].distribution, param.value);
    if (!value.ok()) return error::AsBadField(value.status(), field);
    point[*i] = *value;
  }
  for (size_t i = 0; i < space.size(); ++i) {
    if (std::isnan(point[i])) continue;
    const std::optional<size_t> parent = space.ParentOf(i);
    if (parent && !std::isnan(point[*parent]) && !space.IsActive(i, point)) {
      return error::BadField(field, "\"" + space[i].name + "\" does not exist where \"" + space[*parent].name + "\" is " +
                                        ToString(ToExternal(space[*parent].distribution, point[*parent])));
    }
    record->params.push_back(MakeParam(space[i].name, space[i].distribution, learner.DistributionText(i), point[i]));
  }
  return error::AsBadField(space.ParentsNeeded(point).status(), field);
}

absl::Status CheckColumn(const Learner& learner, std::string_view field, const std::string& name,
                         const Distribution& distribution) {
  const Column* column = learner.history().FindColumn(name);
  if (column == nullptr) return absl::OkStatus();
  const Distribution& earlier = column->distribution;
  bool same = earlier.index() == distribution.index();
  if (same && std::holds_alternative<FloatDistribution>(earlier)) {
    same = std::get<FloatDistribution>(earlier).log == std::get<FloatDistribution>(distribution).log;
  } else if (same && std::holds_alternative<IntDistribution>(earlier)) {
    same = std::get<IntDistribution>(earlier).log == std::get<IntDistribution>(distribution).log;
  } else if (same) {
    same = earlier == distribution;
  }
  if (same) return absl::OkStatus();
  return error::BadField(field, "\"" + name + "\" is " + ToString(distribution) + ", but the study has used it as " +
                                    ToString(earlier) + "; the same kind, log and choices are accepted");
}

}  // namespace parzen::engine
