// A scale from data to pixels, with its ticks.

#ifndef PARZEN_CLIENTS_CLI_PLOT_AXIS_H_
#define PARZEN_CLIENTS_CLI_PLOT_AXIS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parzen/space.h"

namespace parzen::cli {

class Axis {
 public:
  // Of numbers: the range of the finite ones; logarithmic where asked and all are above 0. A range without extent gets one.
  static Axis OfNumbers(const std::vector<double>& numbers, bool log);
  // Of a parameter: its declared range, choices at 0, 1, 2, ...
  static Axis OfDistribution(const Distribution& distribution);

  // The same axis with ticks at whole numbers only.
  Axis Whole() const;

  // Where a number lies, 0 at the low end and 1 at the high end.
  double Share(double number) const;
  // Where a parameter's value lies; nullopt for a choice that is not there.
  std::optional<double> Share(const Value& value) const;

  struct Tick {
    double share = 0;
    std::string text;
  };
  // About `wanted` of them, at round numbers; every choice of a categorical with few.
  std::vector<Tick> Ticks(int wanted) const;
  bool categorical() const { return !choices_.empty(); }

 private:
  Axis(double low, double high, bool log);
  std::vector<Tick> ChoiceTicks() const;
  std::vector<Tick> PowerTicks(int wanted) const;

  double low_, high_;  // in the logarithm where log_
  bool log_;
  bool whole_ = false;
  std::vector<Value> choices_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_PLOT_AXIS_H_
