#include "sampler/pruner/reason.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace parzen::pruner {
namespace {

// "25th", "1st", "33.3th".
std::string Ordinal(double value) {
  const std::string number = Number(value);
  const bool teen = number.size() >= 2 && number[number.size() - 2] == '1';
  const bool whole = number.find('.') == std::string::npos;
  const char last = number.back();
  if (whole && !teen && last == '1') return number + "st";
  if (whole && !teen && last == '2') return number + "nd";
  if (whole && !teen && last == '3') return number + "rd";
  return number + "th";
}

}  // namespace

std::string Number(double value) { return absl::StrFormat("%.6g", value); }

std::string Numbers(std::span<const double> values) {
  if (values.size() == 1) return Number(values[0]);
  return absl::StrCat("[", absl::StrJoin(values, ", ", [](std::string* out, double value) { out->append(Number(value)); }), "]");
}

std::string PrunedAt(int64_t step, std::string_view why) {
  return absl::StrCat("pruned at step ", step, ": ", absl::string_view(why.data(), why.size()));
}

std::string AllNan(int64_t step) { return PrunedAt(step, "every value it reported is NaN"); }

std::string WorseThanPercentile(int64_t step, double value, double percentile, double bound, int64_t trials) {
  const std::string name = percentile == 50 ? "median" : Ordinal(percentile) + " percentile";
  return PrunedAt(step, absl::StrCat(Number(value), " is worse than the ", name, " ", Number(bound), " of ", trials,
                                     trials == 1 ? " trial" : " trials"));
}

}  // namespace parzen::pruner
