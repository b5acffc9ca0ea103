// What the plots share: which trials they show, the parameters' axes, and a frame with ticks.

#ifndef PARZEN_CLIENTS_CLI_PLOT_FRAME_H_
#define PARZEN_CLIENTS_CLI_PLOT_FRAME_H_

#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/plot/axis.h"
#include "clients/cli/plot/svg.h"
#include "parzen/study.h"

namespace parzen::cli {

// Complete trials whose values are finite.
std::vector<const FrozenTrial*> ShownTrials(const std::vector<FrozenTrial>& trials);

// At most `most` of them, evenly spread, so that a picture of a long study stays small.
std::vector<const FrozenTrial*> Thinned(const std::vector<const FrozenTrial*>& trials, size_t most);

// Parameters that trials have, declared ones first. The distribution is the declared one, or that of the latest trial.
struct ShownParameter {
  std::string name;
  Distribution distribution;
};
std::vector<ShownParameter> ShownParameters(const StudyInfo& study, const std::vector<const FrozenTrial*>& trials);

// Whether an axis of these values is better logarithmic: all above 0, over more than two decades.
bool WantsLog(const std::vector<double>& values);
std::vector<double> ValuesOf(const std::vector<const FrozenTrial*>& trials, size_t objective);
// "trial 17: 0.031", a tool tip.
std::string TipOf(const FrozenTrial& trial);

// A rectangle of a picture with an x and a y axis.
struct Frame {
  double left, top, width, height;
  Axis x, y;

  Point2 At(double x_share, double y_share) const { return {left + x_share * width, top + (1 - y_share) * height}; }
  // Grid lines, ticks, and titles where they are not empty.
  void Draw(Svg* svg, std::string_view x_title, std::string_view y_title, int x_ticks = 6) const;
};

// A picture that says why there is nothing in it.
std::string EmptyPlot(std::string_view title, std::string_view why);

inline constexpr std::string_view kPointColor = "#3b6fb6";
inline constexpr std::string_view kBestColor = "#d1495b";

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_PLOT_FRAME_H_
