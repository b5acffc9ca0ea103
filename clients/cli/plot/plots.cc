#include "clients/cli/plot/plots.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "clients/cli/plot/frame.h"
#include "clients/cli/plot/pareto_front.h"
#include "clients/cli/terminal.h"
#include "clients/cli/trial_text.h"

namespace parzen::cli {
namespace {

constexpr size_t kMostPoints = 4'000;
constexpr size_t kMostLines = 1'000;
constexpr size_t kMostParameters = 24;
constexpr std::string_view kNothing = "no complete trial with finite values yet";

// 1 for minimize, -1 for maximize: a smaller product is better.
double Sign(const StudyInfo& study, size_t objective) {
  return study.config.directions[objective] == Direction::kMaximize ? -1 : 1;
}

void Title(Svg* svg, std::string_view title, size_t shown, size_t all) {
  svg->Text({24, 30}, title, 16);
  if (shown < all) {
    svg->Text({svg->width() - 24, 30}, absl::StrFormat("%d of %d trials shown", shown, all), 11, Svg::Anchor::kEnd, Svg::kFaint);
  }
}

// 0 for the best value, 1 for the worst, by rank: an outlier does not flatten the rest.
std::vector<double> Ranks(const std::vector<double>& values, double sign) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end(), [sign](double a, double b) { return sign * a < sign * b; });
  std::vector<double> ranks;
  for (const double value : values) {
    const auto place =
        std::lower_bound(sorted.begin(), sorted.end(), value, [sign](double a, double b) { return sign * a < sign * b; });
    ranks.push_back(static_cast<double>(place - sorted.begin()) / std::max<double>(1, static_cast<double>(sorted.size()) - 1));
  }
  return ranks;
}

void DrawHistoryPanel(Svg* svg, const StudyInfo& study, const std::vector<const FrozenTrial*>& trials, size_t objective,
                      double top) {
  const std::vector<double> values = ValuesOf(trials, objective);
  const double last = static_cast<double>(trials.back()->number());
  const Frame frame{
      84, top, svg->width() - 108, 230, Axis::OfNumbers({0, last}, false).Whole(), Axis::OfNumbers(values, WantsLog(values))};
  frame.Draw(svg, "trial", ObjectiveName(study, objective));
  for (const FrozenTrial* trial : Thinned(trials, kMostPoints)) {
    const Point2 at = frame.At(frame.x.Share(static_cast<double>(trial->number())), frame.y.Share(trial->values[objective]));
    svg->Circle(at, 3, kPointColor, 0.55, TipOf(*trial));
  }
  // A step wherever the best changes.
  std::vector<Point2> steps;
  double best = 0;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (i > 0 && Sign(study, objective) * values[i] >= Sign(study, objective) * best) continue;
    const double x = frame.x.Share(static_cast<double>(trials[i]->number()));
    if (i > 0) steps.push_back(frame.At(x, frame.y.Share(best)));
    best = values[i];
    steps.push_back(frame.At(x, frame.y.Share(best)));
  }
  steps.push_back(frame.At(frame.x.Share(last), frame.y.Share(best)));
  svg->Path(steps, kBestColor, 2);
  svg->Text({frame.left + frame.width, top - 8}, "best " + ShortNumber(best), 11, Svg::Anchor::kEnd, kBestColor);
}

}  // namespace

std::string DrawHistory(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  const std::vector<const FrozenTrial*> shown = ShownTrials(trials);
  if (shown.empty()) return EmptyPlot("History", kNothing);
  const size_t objectives = study.config.directions.size();
  Svg svg(720, 60 + 300 * static_cast<double>(objectives), "History");
  Title(&svg, "History", std::min(shown.size(), kMostPoints), trials.size());
  for (size_t i = 0; i < objectives; ++i) DrawHistoryPanel(&svg, study, shown, i, 60 + 300 * static_cast<double>(i));
  return svg.Finish();
}

std::string DrawParallel(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  const std::vector<const FrozenTrial*> all = ShownTrials(trials);
  std::vector<ShownParameter> parameters = ShownParameters(study, all);
  if (all.empty() || parameters.empty()) return EmptyPlot("Parallel coordinates", all.empty() ? kNothing : "no parameters");
  if (parameters.size() > kMostParameters) parameters.resize(kMostParameters);
  std::vector<const FrozenTrial*> shown = Thinned(all, kMostLines);
  std::vector<double> values = ValuesOf(shown, 0);
  const std::vector<double> ranks = Ranks(values, Sign(study, 0));
  std::vector<size_t> order(shown.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&ranks](size_t a, size_t b) { return ranks[a] > ranks[b]; });  // the best on top

  const double gap = std::max(90.0, 640.0 / static_cast<double>(parameters.size()));
  Svg svg(84 + gap * static_cast<double>(parameters.size()) + 76, 400, "Parallel coordinates");
  Title(&svg, "Parallel coordinates", shown.size(), trials.size());
  const double top = 74, bottom = 350;
  std::vector<Axis> axes = {Axis::OfNumbers(values, WantsLog(values))};
  std::vector<std::string> names = {ObjectiveName(study, 0)};
  for (const ShownParameter& parameter : parameters) {
    axes.push_back(Axis::OfDistribution(parameter.distribution));
    names.push_back(parameter.name);
  }
  bool inactive = false;
  for (const size_t i : order) {
    std::vector<Point2> line = {{84, bottom - (bottom - top) * axes[0].Share(values[i])}};
    for (size_t k = 0; k < parameters.size(); ++k) {
      const Value* value = Find(shown[i]->params, parameters[k].name);
      const std::optional<double> share = value == nullptr ? std::nullopt : axes[k + 1].Share(*value);
      // An inactive parameter is passed below its axis.
      inactive = inactive || !share.has_value();
      line.push_back({84 + gap * static_cast<double>(k + 1), share.has_value() ? bottom - (bottom - top) * *share : bottom + 18});
    }
    svg.Path(line, Shade(ranks[i]), 1.2, 0.35 + 0.5 * (1 - ranks[i]));
  }
  for (size_t k = 0; k < axes.size(); ++k) {
    const double x = 84 + gap * static_cast<double>(k);
    svg.Line({x, top}, {x, bottom}, Svg::kInk);
    svg.Text({x, top - 12}, Truncate(Printable(names[k]), static_cast<int>(gap / 7)), 12, Svg::Anchor::kMiddle);
    for (const Axis::Tick& tick : axes[k].Ticks(5)) {
      const double y = bottom - (bottom - top) * tick.share;
      svg.Line({x - 3, y}, {x, y}, Svg::kInk);
      svg.Label({x - 6, y + 4}, tick.text, Svg::Anchor::kEnd);
    }
  }
  svg.Text({24, 388}, inactive ? "dark: better; below an axis: not active" : "dark: better", 11, Svg::Anchor::kStart,
           Svg::kFaint);
  return svg.Finish();
}

std::string DrawSlices(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  const std::vector<const FrozenTrial*> all = ShownTrials(trials);
  std::vector<ShownParameter> parameters = ShownParameters(study, all);
  if (all.empty() || parameters.empty()) return EmptyPlot("Slices", all.empty() ? kNothing : "no parameters");
  if (parameters.size() > kMostParameters) parameters.resize(kMostParameters);
  const std::vector<const FrozenTrial*> shown = Thinned(all, std::max<size_t>(200, kMostPoints * 2 / parameters.size()));
  const std::vector<double> values = ValuesOf(shown, 0);
  const size_t columns = std::min<size_t>(3, parameters.size());
  const size_t rows = (parameters.size() + columns - 1) / columns;
  Svg svg(84 + 290 * static_cast<double>(columns), 60 + 270 * static_cast<double>(rows), "Slices");
  Title(&svg, "Slices", shown.size(), trials.size());
  for (size_t k = 0; k < parameters.size(); ++k) {
    const double left = 84 + 290 * static_cast<double>(k % columns), top = 56 + 270 * static_cast<double>(k / columns);
    const Frame frame{
        left, top, 228, 190, Axis::OfDistribution(parameters[k].distribution), Axis::OfNumbers(values, WantsLog(values))};
    frame.Draw(&svg, parameters[k].name, k % columns == 0 ? ObjectiveName(study, 0) : "", 3);
    for (size_t i = 0; i < shown.size(); ++i) {
      const Value* value = Find(shown[i]->params, parameters[k].name);
      const std::optional<double> share = value == nullptr ? std::nullopt : frame.x.Share(*value);
      if (!share.has_value()) continue;
      const double age = 1 - static_cast<double>(i) / static_cast<double>(shown.size());
      svg.Circle(frame.At(*share, frame.y.Share(values[i])), 3, Shade(age), 0.7, TipOf(*shown[i]));
    }
  }
  svg.Text({svg.width() - 24, 46}, "dark: later", 11, Svg::Anchor::kEnd, Svg::kFaint);
  return svg.Finish();
}

std::string DrawImportances(const Importances& importances) {
  if (!importances.note.empty()) return EmptyPlot("Importances", importances.note);
  const size_t rows = std::min(importances.shares.size(), 2 * kMostParameters);
  Svg svg(720, 80 + 26 * static_cast<double>(rows), "Importances");
  Title(&svg, "Importances", rows, rows);
  for (size_t i = 0; i < rows; ++i) {
    const auto& [name, importance] = importances.shares[i];
    const double top = 50 + 26 * static_cast<double>(i), width = 450 * importance;
    svg.Text({176, top + 14}, Truncate(Printable(name), 24), 12, Svg::Anchor::kEnd);
    svg.Rect({184, top}, std::max(1.0, width), 18, kPointColor, name);
    svg.Text({190 + width, top + 14}, absl::StrFormat("%.1f%%", 100 * importance), 11, Svg::Anchor::kStart, Svg::kFaint);
  }
  svg.Text({24, svg.height() - 12}, "PED-ANOVA: what it took to be among the best tenth", 11, Svg::Anchor::kStart, Svg::kFaint);
  return svg.Finish();
}

std::string DrawPareto(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  const std::vector<const FrozenTrial*> all = ShownTrials(trials);
  if (all.empty()) return EmptyPlot("Pareto front", kNothing);
  std::vector<Losses> losses;
  for (const FrozenTrial* trial : all) {
    const bool feasible =
        std::none_of(trial->constraints.begin(), trial->constraints.end(), [](const auto& c) { return c.second > 0; });
    losses.push_back(trial->values);
    for (size_t i = 0; i < losses.back().size(); ++i) {
      losses.back()[i] = feasible ? losses.back()[i] * Sign(study, i) : HUGE_VAL;  // an infeasible trial is on no front
    }
  }
  std::vector<const FrozenTrial*> front;
  for (const size_t i : ParetoFront(losses)) {
    if (std::isfinite(losses[i][0])) front.push_back(all[i]);
  }
  std::vector<std::pair<size_t, size_t>> pairs;
  const size_t objectives = std::min<size_t>(4, study.config.directions.size());
  for (size_t a = 0; a < objectives; ++a) {
    for (size_t b = a + 1; b < objectives; ++b) pairs.emplace_back(a, b);
  }
  const size_t columns = std::min<size_t>(2, pairs.size());
  const double side = columns == 1 ? 560 : 300, height = columns == 1 ? 360 : 260;
  const size_t rows = (pairs.size() + columns - 1) / columns;
  Svg svg(100 + (side + 80) * static_cast<double>(columns), 60 + (height + 70) * static_cast<double>(rows), "Pareto front");
  const std::vector<const FrozenTrial*> shown = Thinned(all, kMostPoints);
  Title(&svg, "Pareto front", shown.size(), trials.size());
  for (size_t p = 0; p < pairs.size(); ++p) {
    const auto [a, b] = pairs[p];
    const std::vector<double> xs = ValuesOf(all, a), ys = ValuesOf(all, b);
    const Frame frame{84 + (side + 80) * static_cast<double>(p % columns),
                      56 + (height + 70) * static_cast<double>(p / columns),
                      side,
                      height,
                      Axis::OfNumbers(xs, WantsLog(xs)),
                      Axis::OfNumbers(ys, WantsLog(ys))};
    frame.Draw(&svg, ObjectiveName(study, a), ObjectiveName(study, b), 5);
    const auto at = [&frame, a = a, b = b](const FrozenTrial& trial) {
      return frame.At(frame.x.Share(trial.values[a]), frame.y.Share(trial.values[b]));
    };
    for (const FrozenTrial* trial : shown) svg.Circle(at(*trial), 3, kPointColor, 0.45, TipOf(*trial));
    for (const FrozenTrial* trial : front) svg.Circle(at(*trial), 4, kBestColor, 1, TipOf(*trial));
  }
  svg.Text({svg.width() - 24, 46}, absl::StrFormat("red: the front, %d trials", front.size()), 11, Svg::Anchor::kEnd, kBestColor);
  return svg.Finish();
}

absl::StatusOr<std::string> DrawPlot(std::string_view kind, const DrawnStudy& study) {
  if (kind == "history") return DrawHistory(study.info, study.trials);
  if (kind == "parallel") return DrawParallel(study.info, study.trials);
  if (kind == "slices") return DrawSlices(study.info, study.trials);
  if (kind == "importances") return DrawImportances(study.importances);
  if (kind == "pareto") {
    if (study.info.config.directions.size() > 1) return DrawPareto(study.info, study.trials);
    return absl::FailedPreconditionError("the study has one objective, a Pareto front needs two");
  }
  std::string accepted;
  for (const std::string_view known : kPlotKinds) accepted.append(accepted.empty() ? "" : ", ").append(known);
  return absl::InvalidArgumentError("the plot '" + std::string(kind) + "' is unknown: " + accepted + " are accepted");
}

}  // namespace parzen::cli
