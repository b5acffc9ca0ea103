#include "server/engine/definition/warm_start_snapshot.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/definition/definition_json.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

constexpr char kField[] = "warm_start_snapshot";
// Normal scores of 1,000 ranks lie within 3.3, logarithms of fitted hyperparameters within 14.
constexpr double kMostScore = 10, kMostLogarithm = 20;

absl::Status Refuse(const std::string& path, const std::string& message) {
  return error::BadField(absl::StrCat(kField, path), message);
}

absl::Status CheckWithin(const std::string& path, double value, double most) {
  if (std::abs(value) <= most) return absl::OkStatus();  // not where it is NaN
  return Refuse(path, absl::StrCat("is ", value, "; ", -most, " to ", most, " is accepted"));
}

absl::Status CheckCount(const std::string& path, size_t count, size_t most) {
  if (count <= most) return absl::OkStatus();
  return Refuse(path, absl::StrCat("has ", count, " entries; at most ", most, " are accepted"));
}

// Whether an internal value lies in the distribution, and on its grid where there is one.
bool IsValue(const Distribution& distribution, double value) {
  if (!Contains(distribution, value)) return false;
  if (!CountValues(distribution)) return true;
  return std::abs(ValueAt(distribution, IndexOfValue(distribution, value)) - value) <= 1e-9 * std::max(1.0, std::abs(value));
}

// A value of a parameter in internal form.
absl::Status CheckValue(const std::string& path, const SearchSpace& space, const std::string& name, double value) {
  const std::optional<size_t> i = space.Find(name);
  if (!i) return Refuse(path, "\"" + name + "\" is no parameter of the study's space; its parameters are accepted");
  if (std::isnan(value) || IsValue(space[*i].distribution, value)) return absl::OkStatus();
  return Refuse(path, absl::StrCat("\"", name, "\" is ", value, "; values in the study's space are accepted"));
}

absl::Status CheckParameters(const std::string& path, const EarlierStudy& study, const SearchSpace& space) {
  if (study.parameters.empty() && !study.points.empty()) {
    return Refuse(path, "is empty, but there are points; the parameters that they have are accepted");
  }
  std::set<std::string_view> names;
  for (const std::string& name : study.parameters) {
    PARZEN_RETURN_IF_ERROR(CheckValue(path, space, name, kAbsent));
    if (IsSingle(space[*space.Find(name)].distribution)) {
      return Refuse(path, "\"" + name + "\" has a single value in the study's space; parameters that vary are accepted");
    }
    if (!names.insert(name).second) return Refuse(path, "names \"" + name + "\" twice; different parameters are accepted");
  }
  return absl::OkStatus();
}

absl::Status CheckStudy(const std::string& path, const EarlierStudy& study, const SearchSpace& space) {
  if (study.name.empty() || study.name.size() > 256) {
    return Refuse(path + ".name", absl::StrCat("has ", study.name.size(), " bytes; 1 to 256 are accepted"));
  }
  if (study.revision < 0) return Refuse(path + ".revision", absl::StrCat("is ", study.revision, "; 0 or more is accepted"));
  if (study.trials < 0) return Refuse(path + ".trials", absl::StrCat("is ", study.trials, "; 0 or more is accepted"));
  PARZEN_RETURN_IF_ERROR(CheckParameters(path + ".parameters", study, space));
  PARZEN_RETURN_IF_ERROR(CheckCount(path + ".points", study.points.size(), static_cast<size_t>(kEarlierPoints)));
  for (const double span : study.spans) {
    if (!(span > 0)) return Refuse(path + ".spans", absl::StrCat("is ", span, "; widths above 0 are accepted"));
  }
  for (const double scale : study.log_scales) PARZEN_RETURN_IF_ERROR(CheckWithin(path + ".log_scales", scale, kMostLogarithm));
  PARZEN_RETURN_IF_ERROR(CheckWithin(path + ".log_noise", study.log_noise, kMostLogarithm));
  PARZEN_RETURN_IF_ERROR(CheckWithin(path + ".log_amplitude", study.log_amplitude, kMostLogarithm));
  PARZEN_RETURN_IF_ERROR(CheckWithin(path + ".main_effects", study.main_effects.value_or(0), kMostLogarithm));
  for (const double loss : study.losses) PARZEN_RETURN_IF_ERROR(CheckWithin(path + ".losses", loss, kMostScore));
  for (size_t i = 0; i < study.points.size(); ++i) {
    for (size_t p = 0; p < study.parameters.size(); ++p) {
      const std::string at = absl::StrCat(path, ".points[", i, "]");
      PARZEN_RETURN_IF_ERROR(CheckValue(at, space, study.parameters[p], study.points[i][p]));
    }
  }
  return absl::OkStatus();
}

absl::Status Check(const WarmStart& warm_start, const SearchSpace& space) {
  if (space.empty()) return Refuse("", "is set, but the study declares no space; a study with a declared space is accepted");
  if (warm_start.version < 1 || warm_start.version > WarmStart::kNewestVersion) {
    return Refuse(".version", absl::StrCat("is ", warm_start.version, "; 1 to ", WarmStart::kNewestVersion, " is accepted"));
  }
  PARZEN_RETURN_IF_ERROR(CheckCount(".studies", warm_start.studies.size(), kMaxEarlierStudies));
  for (size_t k = 0; k < warm_start.studies.size(); ++k) {
    const std::string path = absl::StrCat(".studies[", k, "]");
    PARZEN_RETURN_IF_ERROR(CheckStudy(path, warm_start.studies[k], space));
    if (warm_start.version < 2 && warm_start.studies[k].main_effects) {
      return Refuse(path + ".main_effects", "is set; from version 2 on it is accepted");
    }
  }
  PARZEN_RETURN_IF_ERROR(CheckCount(".first", warm_start.first.size(), kFirstPoints));
  for (size_t i = 0; i < warm_start.first.size(); ++i) {
    for (const NamedValue& value : warm_start.first[i]) {
      PARZEN_RETURN_IF_ERROR(CheckValue(absl::StrCat(".first[", i, "]"), space, value.name, value.value));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string WarmStartToJson(const WarmStart& warm_start) { return Dump(ToJson(warm_start)); }

absl::StatusOr<WarmStart> WarmStartFromJson(std::string_view json, const SearchSpace& space) {
  try {
    WarmStart warm_start = WarmStartOf(nlohmann::ordered_json::parse(json.begin(), json.end()));
    PARZEN_RETURN_IF_ERROR(Check(warm_start, space));
    return warm_start;
  } catch (const std::exception& error) {
    std::string why = error.what();  // "[json.exception.type_error.302] type must be number, but is string"
    if (const size_t end = why.find("] "); why.starts_with("[json.") && end != std::string::npos) why.erase(0, end + 2);
    return Refuse(
        "", absl::StrCat("cannot be read: ", why, "; what a GetStudy with with_warm_start_snapshot has answered is accepted"));
  }
}

}  // namespace parzen::engine
