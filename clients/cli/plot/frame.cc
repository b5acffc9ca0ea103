#include "clients/cli/plot/frame.h"

#include <algorithm>
#include <cmath>

#include "clients/cli/terminal.h"
#include "clients/cli/trial_text.h"

namespace parzen::cli {
namespace {

constexpr double kCharacter = 6.6;  // pixels, of the ticks' size

// The ticks of a horizontal axis whose texts do not run into each other.
std::vector<Axis::Tick> Fitting(const Axis& axis, int wanted, double width) {
  std::vector<Axis::Tick> ticks = axis.Ticks(wanted);
  if (axis.categorical()) {
    // Cut, but to no less than five characters; then every n-th.
    const size_t room = std::max<size_t>(1, static_cast<size_t>(width / (5 * kCharacter)));
    const size_t stride = (ticks.size() + room - 1) / room;
    std::vector<Axis::Tick> kept;
    for (size_t i = 0; i < ticks.size(); i += stride) kept.push_back(std::move(ticks[i]));
    const double each = width * static_cast<double>(stride) / static_cast<double>(ticks.size());
    for (Axis::Tick& tick : kept) tick.text = Truncate(tick.text, static_cast<int>(each / kCharacter));
    return kept;
  }
  double free = -HUGE_VAL;  // where the text before ends
  std::erase_if(ticks, [&](const Axis::Tick& tick) {
    const double half = DisplayWidth(tick.text) * kCharacter / 2, middle = tick.share * width;
    if (middle - half < free) return true;
    free = middle + half;
    return false;
  });
  return ticks;
}

}  // namespace

std::vector<const FrozenTrial*> ShownTrials(const std::vector<FrozenTrial>& trials) {
  std::vector<const FrozenTrial*> shown;
  for (const FrozenTrial& trial : trials) {
    const bool finite = std::all_of(trial.values.begin(), trial.values.end(), [](double value) { return std::isfinite(value); });
    if (trial.state == TrialState::kComplete && finite && !trial.values.empty()) shown.push_back(&trial);
  }
  return shown;
}

std::vector<const FrozenTrial*> Thinned(const std::vector<const FrozenTrial*>& trials, size_t most) {
  if (trials.size() <= most) return trials;
  std::vector<const FrozenTrial*> thinned;
  for (size_t i = 0; i < most; ++i) thinned.push_back(trials[i * (trials.size() - 1) / (most - 1)]);
  return thinned;
}

std::vector<ShownParameter> ShownParameters(const StudyInfo& study, const std::vector<const FrozenTrial*>& trials) {
  std::vector<ShownParameter> parameters;
  for (const Parameter& parameter : study.config.space) parameters.push_back({parameter.name, parameter.distribution});
  if (!parameters.empty()) return parameters;
  for (const FrozenTrial* trial : trials) {
    for (const Param& param : trial->params) {
      if (!param.distribution.has_value()) continue;
      const auto known = std::find_if(parameters.begin(), parameters.end(),
                                      [&param](const ShownParameter& parameter) { return parameter.name == param.name; });
      if (known == parameters.end()) {
        parameters.push_back({param.name, *param.distribution});
      } else {
        known->distribution = *param.distribution;
      }
    }
  }
  return parameters;
}

bool WantsLog(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return low != values.end() && *low > 0 && *high / *low > 100;
}

std::vector<double> ValuesOf(const std::vector<const FrozenTrial*>& trials, size_t objective) {
  std::vector<double> values;
  for (const FrozenTrial* trial : trials) values.push_back(objective < trial->values.size() ? trial->values[objective] : NAN);
  return values;
}

std::string TipOf(const FrozenTrial& trial) {
  std::string tip = "trial " + std::to_string(trial.number()) + ": " + ValuesText(trial);
  for (const Param& param : trial.params) tip += "\n" + param.name + " = " + ToText(param.value);
  return tip;
}

void Frame::Draw(Svg* svg, std::string_view x_title, std::string_view y_title, int x_ticks) const {
  int longest = 0;
  for (const Axis::Tick& tick : y.Ticks(5)) {
    longest = std::max(longest, DisplayWidth(tick.text));
    const Point2 at = At(0, tick.share);
    svg->Line(at, At(1, tick.share), Svg::kGrid);
    svg->Text({at.x - 6, at.y + 4}, tick.text, 11, Svg::Anchor::kEnd, Svg::kFaint);
  }
  for (const Axis::Tick& tick : Fitting(x, x_ticks, width)) {
    const Point2 at = At(tick.share, 0);
    svg->Line(at, {at.x, at.y + 4}, Svg::kFaint);
    svg->Text({at.x, at.y + 17}, tick.text, 11, Svg::Anchor::kMiddle, Svg::kFaint);
  }
  svg->Line(At(0, 0), At(1, 0), Svg::kFaint);
  if (!x_title.empty())
    svg->Text({left + width / 2, top + height + 36}, Truncate(Printable(x_title), 40), 12, Svg::Anchor::kMiddle);
  if (!y_title.empty()) {
    const double beside = std::max(52.0, 6 + kCharacter * longest + 4);  // the ticks' texts
    svg->Text({std::max(12.0, left - beside), top + height / 2}, Truncate(Printable(y_title), 40), 12, Svg::Anchor::kMiddle,
              Svg::kInk, -90);
  }
}

std::string EmptyPlot(std::string_view title, std::string_view why) {
  Svg svg(720, 140, title);
  svg.Text({24, 34}, title, 16);
  svg.Text({24, 74}, why, 13, Svg::Anchor::kStart, Svg::kFaint);
  return svg.Finish();
}

}  // namespace parzen::cli
