#include "clients/cli/plot/axis.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_format.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

constexpr double kMargin = 0.04;  // beyond the outermost points

// 1, 2 or 5 times a power of ten, at least `rough`.
double RoundStep(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * 0.999) return factor * power;
  }
  return 10 * power;
}

// As many digits as ticks `step` apart need to differ.
std::string TickText(double value, double step) {
  if (std::abs(value) < step * 1e-6) return "0";
  const double digits = std::floor(std::log10(std::abs(value))) - std::floor(std::log10(step)) + 1;
  return absl::StrFormat("%.*g", static_cast<int>(std::clamp(digits, 6.0, 17.0)), value);
}

}  // namespace

Axis::Axis(double low, double high, bool log)
    : low_(log ? std::log10(low) : low), high_(log ? std::log10(high) : high), log_(log) {
  if (!(high_ > low_)) {
    const double room = log_ ? 0.5 : std::max(std::abs(low_) * 0.1, 0.5);
    low_ -= room;
    high_ += room;
  }
}

Axis Axis::OfNumbers(const std::vector<double>& numbers, bool log) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const double number : numbers) {
    if (!std::isfinite(number)) continue;
    low = std::min(low, number);
    high = std::max(high, number);
  }
  if (low > high) return Axis(0, 1, false);
  Axis axis(low, high, log && low > 0);
  const double margin = kMargin * (axis.high_ - axis.low_);
  if (std::isfinite(margin)) {
    axis.low_ -= margin;
    axis.high_ += margin;
  }
  return axis;
}

Axis Axis::OfDistribution(const Distribution& distribution) {
  if (const auto* real = std::get_if<Float>(&distribution)) return Axis(real->low, real->high, real->log);
  if (const auto* whole = std::get_if<Int>(&distribution)) {
    return Axis(static_cast<double>(whole->low), static_cast<double>(whole->high), whole->log).Whole();
  }
  const auto& choices = std::get<Categorical>(distribution).choices;
  Axis axis(-0.5, static_cast<double>(choices.size()) - 0.5, false);
  axis.choices_ = choices;
  return axis;
}

double Axis::Share(double number) const {
  const double place = log_ ? std::log10(number) : number;
  return std::clamp((place / 2 - low_ / 2) / (high_ / 2 - low_ / 2), 0.0, 1.0);  // halves: the range may overflow
}

std::optional<double> Axis::Share(const Value& value) const {
  if (!choices_.empty()) {
    const auto found = std::find(choices_.begin(), choices_.end(), value);
    if (found == choices_.end()) return std::nullopt;
    return Share(static_cast<double>(found - choices_.begin()));
  }
  if (const auto* real = std::get_if<double>(&value)) return Share(*real);
  if (const auto* whole = std::get_if<int64_t>(&value)) return Share(static_cast<double>(*whole));
  return std::nullopt;
}

Axis Axis::Whole() const {
  Axis axis = *this;
  axis.whole_ = true;
  return axis;
}

std::vector<Axis::Tick> Axis::ChoiceTicks() const {
  // Of many, those that have room. The int 1, the double 1.0 and the text "1" need their notation to differ.
  std::map<std::string, int> alike;
  for (const Value& choice : choices_) ++alike[ToText(choice)];
  std::vector<Tick> ticks;
  const size_t stride = (choices_.size() + 14) / 15;
  for (size_t i = 0; i < choices_.size(); i += stride) {
    const std::string text = ToText(choices_[i]);
    ticks.push_back({Share(static_cast<double>(i)),
                     Truncate(Printable(text.empty() || alike[text] > 1 ? ToNotation(choices_[i]) : text), 14)});
  }
  return ticks;
}

std::vector<Axis::Tick> Axis::PowerTicks(int wanted) const {
  std::vector<Tick> ticks;
  const double step = std::max(1.0, std::ceil((high_ - low_) / wanted));
  for (double exponent = std::ceil(low_ / step - 1e-9) * step; exponent <= high_ + 1e-9; exponent += step) {
    ticks.push_back({Share(std::pow(10, exponent)), absl::StrFormat("%.6g", std::pow(10, exponent))});
  }
  return ticks;
}

std::vector<Axis::Tick> Axis::Ticks(int wanted) const {
  if (!choices_.empty()) return ChoiceTicks();
  const double extent = high_ - low_;
  if (!std::isfinite(extent) || wanted < 1) return {};
  // Under two decades a logarithmic axis has its ticks at round numbers all the same.
  if (log_ && extent >= 1.5) return PowerTicks(wanted);
  const double low = log_ ? std::pow(10, low_) : low_, high = log_ ? std::pow(10, high_) : high_;
  const double step = whole_ ? std::max(1.0, RoundStep((high - low) / wanted)) : RoundStep((high - low) / wanted);
  std::vector<Tick> ticks;
  for (double value = std::ceil(low / step - 1e-9) * step; value <= high + step * 1e-9 && ticks.size() < 100; value += step) {
    ticks.push_back({Share(value), TickText(value, step)});
  }
  // One tick gives no scale.
  if (ticks.size() < 2 && wanted < 12 && (!whole_ || step > 1)) return Ticks(2 * wanted);
  return ticks;
}

}  // namespace parzen::cli
