// The functions of space.h that look at one distribution or value.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "sampler/space/decimal.h"
#include "sampler/space/space.h"

namespace parzen {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

constexpr double kMaxSteps = static_cast<double>(kMaxInt);

std::string Number(double value) {
  char text[40];
  auto [end, error] = std::to_chars(text, text + sizeof text, value);
  (void)error;
  return std::string(text, end);
}

absl::Status Bad(std::string_view name, std::string_view field, const std::string& value, std::string_view accepted) {
  return absl::InvalidArgumentError(absl::StrCat("parameter \"", absl::string_view(name.data(), name.size()),
                                                 "\": ", absl::string_view(field.data(), field.size()), " is ", value,
                                                 "; accepted: ", absl::string_view(accepted.data(), accepted.size())));
}

absl::Status ValidateFloat(std::string_view name, const FloatDistribution& d) {
  if (!std::isfinite(d.low)) return Bad(name, "low", Number(d.low), "a finite number");
  if (!std::isfinite(d.high)) return Bad(name, "high", Number(d.high), "a finite number");
  if (d.high < d.low) return Bad(name, "high", Number(d.high), absl::StrCat("at least low, ", Number(d.low)));
  if (!std::isfinite(d.high - d.low)) return Bad(name, "high", Number(d.high), "a range whose width is a finite double");
  if (d.log && d.step) return Bad(name, "step", Number(*d.step), "no step beside log");
  if (d.log && d.low <= 0) return Bad(name, "low", Number(d.low), "above 0 with log");
  if (!d.step) return absl::OkStatus();
  if (!std::isfinite(*d.step) || *d.step <= 0) return Bad(name, "step", Number(*d.step), "a finite number above 0");
  if ((d.high - d.low) / *d.step >= kMaxSteps) return Bad(name, "step", Number(*d.step), "fewer than 2^53 steps in the range");
  const double valid = NearestValidHigh(d.low, d.high, *d.step);
  if (valid != d.high) {
    return Bad(name, "high", Number(d.high), absl::StrCat("low plus a whole number of steps; the nearest is ", Number(valid)));
  }
  return absl::OkStatus();
}

absl::Status ValidateInt(std::string_view name, const IntDistribution& d) {
  if (d.low < -kMaxInt || d.low > kMaxInt) return Bad(name, "low", absl::StrCat(d.low), "within -2^53..2^53");
  if (d.high < -kMaxInt || d.high > kMaxInt) return Bad(name, "high", absl::StrCat(d.high), "within -2^53..2^53");
  if (d.high < d.low) return Bad(name, "high", absl::StrCat(d.high), absl::StrCat("at least low, ", d.low));
  if (d.step < 1) return Bad(name, "step", absl::StrCat(d.step), "at least 1");
  if (d.log && d.step != 1) return Bad(name, "step", absl::StrCat(d.step), "1 with log");
  if (d.log && d.low < 1) return Bad(name, "low", absl::StrCat(d.low), "at least 1 with log");
  const int64_t excess = (d.high - d.low) % d.step;
  if (excess == 0) return absl::OkStatus();
  return Bad(name, "high", absl::StrCat(d.high),
             absl::StrCat("low plus a whole number of steps; the nearest is ", d.high - excess));
}

absl::Status ValidateCategorical(std::string_view name, const CategoricalDistribution& d) {
  if (d.choices.empty()) return Bad(name, "choices", "empty", "at least one choice");
  if (d.choices.size() > kMaxChoices) {
    return Bad(name, "choices", absl::StrCat(d.choices.size(), " choices"), absl::StrCat("at most ", kMaxChoices));
  }
  auto less = [](const Choice* a, const Choice* b) { return *a < *b; };
  std::set<const Choice*, decltype(less)> seen(less);
  for (const Choice& choice : d.choices) {
    if (const double* number = std::get_if<double>(&choice); number && std::isnan(*number)) {
      return Bad(name, "choices", "NaN", "null, true, false, a whole number, a number other than NaN, or a string");
    }
    if (!seen.insert(&choice).second) return Bad(name, "choices", absl::StrCat(ToString(choice), " twice"), "each choice once");
  }
  return absl::OkStatus();
}

// k such that low + k * step is nearest to the value.
double GridIndex(double low, double step, double value) { return std::round((value - low) / step); }

}  // namespace

absl::Status ValidateDistribution(std::string_view name, const Distribution& distribution) {
  return std::visit(Overloaded{
                        [&](const FloatDistribution& d) { return ValidateFloat(name, d); },
                        [&](const IntDistribution& d) { return ValidateInt(name, d); },
                        [&](const CategoricalDistribution& d) { return ValidateCategorical(name, d); },
                    },
                    distribution);
}

bool IsSingle(const Distribution& distribution) {
  return std::visit(Overloaded{
                        [](const FloatDistribution& d) { return d.step ? d.high - d.low < *d.step : d.low == d.high; },
                        [](const IntDistribution& d) { return d.high - d.low < d.step; },
                        [](const CategoricalDistribution& d) { return d.choices.size() == 1; },
                    },
                    distribution);
}

std::optional<uint64_t> CountValues(const Distribution& distribution) {
  return std::visit(Overloaded{
                        [](const FloatDistribution& d) -> std::optional<uint64_t> {
                          if (d.low == d.high) return 1;
                          if (!d.step) return std::nullopt;
                          return static_cast<uint64_t>(GridIndex(d.low, *d.step, d.high)) + 1;
                        },
                        [](const IntDistribution& d) -> std::optional<uint64_t> {
                          return static_cast<uint64_t>((d.high - d.low) / d.step) + 1;
                        },
                        [](const CategoricalDistribution& d) -> std::optional<uint64_t> { return d.choices.size(); },
                    },
                    distribution);
}

uint64_t IndexOfValue(const Distribution& distribution, double value) {
  if (const auto* d = std::get_if<FloatDistribution>(&distribution)) {
    return d->step ? static_cast<uint64_t>(std::max(0.0, std::round((value - d->low) / *d->step))) : 0;
  }
  if (const auto* d = std::get_if<IntDistribution>(&distribution)) {
    return static_cast<uint64_t>((static_cast<int64_t>(value) - d->low) / d->step);
  }
  return static_cast<uint64_t>(value);
}

double ValueAt(const Distribution& distribution, uint64_t index) {
  if (const auto* d = std::get_if<FloatDistribution>(&distribution)) {
    return d->step ? std::min(d->low + static_cast<double>(index) * *d->step, d->high) : d->low;
  }
  if (const auto* d = std::get_if<IntDistribution>(&distribution)) {
    return static_cast<double>(d->low + static_cast<int64_t>(index) * d->step);
  }
  return static_cast<double>(index);
}

double OnDecimalGrid(const Distribution& distribution, double value) {
  const auto* d = std::get_if<FloatDistribution>(&distribution);
  if (d == nullptr || !d->step) return value;
  return std::clamp(DecimalGridValue(d->low, *d->step, IndexOfValue(distribution, value)), d->low, d->high);
}

absl::StatusOr<double> ToInternal(std::string_view name, const Distribution& distribution, const Choice& value) {
  auto bad = [&](std::string_view accepted) { return Bad(name, "value", ToString(value), accepted); };
  if (const auto* categorical = std::get_if<CategoricalDistribution>(&distribution)) {
    const auto found = std::find(categorical->choices.begin(), categorical->choices.end(), value);
    if (found == categorical->choices.end()) return bad(ToString(distribution));
    return static_cast<double>(found - categorical->choices.begin());
  }
  double number;
  if (const int64_t* whole = std::get_if<int64_t>(&value)) {
    if (*whole < -kMaxInt || *whole > kMaxInt) return bad(ToString(distribution));
    number = static_cast<double>(*whole);
  } else if (const double* real = std::get_if<double>(&value)) {
    number = *real;
  } else {
    return bad(ToString(distribution));
  }
  if (!Contains(distribution, number)) return bad(ToString(distribution));
  if (const auto* d = std::get_if<IntDistribution>(&distribution)) {
    if (number != std::floor(number)) return bad("a whole number");
    if ((static_cast<int64_t>(number) - d->low) % d->step != 0) return bad(ToString(distribution));
  } else if (const auto& f = std::get<FloatDistribution>(distribution); f.step) {
    // A value computed as low + k * step may miss the grid by a few units in the last place.
    const double nearest = f.low + GridIndex(f.low, *f.step, number) * *f.step;
    const double slack = 1e-8 * *f.step + 4e-16 * std::max(std::abs(f.low), std::abs(f.high));
    if (std::abs(number - nearest) > slack) return bad(ToString(distribution));
  }
  return number;
}

Choice ToExternal(const Distribution& distribution, double value) {
  return std::visit(Overloaded{
                        [&](const FloatDistribution&) -> Choice { return value; },
                        [&](const IntDistribution&) -> Choice { return static_cast<int64_t>(value); },
                        [&](const CategoricalDistribution& d) -> Choice { return d.choices[static_cast<size_t>(value)]; },
                    },
                    distribution);
}

bool Contains(const Distribution& distribution, double value) {
  return std::visit(Overloaded{
                        [&](const FloatDistribution& d) { return d.low <= value && value <= d.high; },
                        [&](const IntDistribution& d) { return d.low <= value && value <= d.high; },
                        [&](const CategoricalDistribution& d) {
                          return value >= 0 && value < static_cast<double>(d.choices.size()) && value == std::floor(value);
                        },
                    },
                    distribution);
}

bool IsCompatible(const Distribution& a, const Distribution& b) {
  if (a.index() != b.index()) return false;
  const auto* before = std::get_if<CategoricalDistribution>(&a);
  if (before == nullptr) return true;
  const auto& after = std::get<CategoricalDistribution>(b);
  return before->choices.size() <= after.choices.size() &&
         std::equal(before->choices.begin(), before->choices.end(), after.choices.begin());
}

double NearestValidHigh(double low, double high, double step) {
  // Where `high` is low + k * step in decimal it comes back bit for bit.
  return LargestGridValue(low, high, step);
}

std::string ToString(const Choice& value) {
  return std::visit(Overloaded{
                        [](std::monostate) -> std::string { return "null"; },
                        [](bool b) -> std::string { return b ? "true" : "false"; },
                        [](int64_t i) -> std::string { return absl::StrCat(i); },
                        [](double d) -> std::string {
                          std::string text = Number(d);
                          return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
                        },
                        [](const std::string& s) -> std::string { return absl::StrCat("\"", s, "\""); },
                    },
                    value);
}

std::string ToString(const Distribution& distribution) {
  return std::visit(Overloaded{
                        [](const FloatDistribution& d) {
                          std::string text = absl::StrCat("a number in [", Number(d.low), ", ", Number(d.high), "]");
                          if (d.log) absl::StrAppend(&text, ", log");
                          if (d.step) absl::StrAppend(&text, ", step ", Number(*d.step));
                          return text;
                        },
                        [](const IntDistribution& d) {
                          std::string text = absl::StrCat("a whole number in [", d.low, ", ", d.high, "]");
                          if (d.log) absl::StrAppend(&text, ", log");
                          if (d.step != 1) absl::StrAppend(&text, ", step ", d.step);
                          return text;
                        },
                        [](const CategoricalDistribution& d) {
                          constexpr size_t kShown = 10;
                          std::string text = "one of ";
                          for (size_t i = 0; i < std::min(kShown, d.choices.size()); ++i) {
                            absl::StrAppend(&text, i == 0 ? "" : ", ", ToString(d.choices[i]));
                          }
                          if (d.choices.size() > kShown) absl::StrAppend(&text, ", ... (", d.choices.size(), " choices)");
                          return text;
                        },
                    },
                    distribution);
}

}  // namespace parzen
