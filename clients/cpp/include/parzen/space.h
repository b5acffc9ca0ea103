// Parameters and their values: the search space of a study.

#ifndef PARZEN_SPACE_H_
#define PARZEN_SPACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace parzen {
inline namespace client {

// A parameter's value. Compared by type and value: the int 1, the double 1.0 and the bool true are three different choices.
using Value = std::variant<std::monostate, bool, int64_t, double, std::string>;

// A real number in [low, high]; `log`: sampled uniformly in its logarithm (low > 0); `step`: values are low + k * step.
struct Float {
  double low = 0;
  double high = 1;
  bool log = false;
  std::optional<double> step = std::nullopt;
  bool operator==(const Float&) const = default;
};

// A whole number in [low, high]; `log` needs low >= 1 and step 1.
struct Int {
  int64_t low = 0;
  int64_t high = 1;
  bool log = false;
  int64_t step = 1;
  bool operator==(const Int&) const = default;
};

// One of 1 to 10,000 different choices.
struct Categorical {
  std::vector<Value> choices;
  bool operator==(const Categorical&) const = default;
};

using Distribution = std::variant<Float, Int, Categorical>;

// The parameter exists only where `parent`, declared before it, exists and has one of `values`.
struct Condition {
  std::string parent;
  std::vector<Value> values;
  bool operator==(const Condition&) const = default;
};

struct Parameter {
  std::string name;
  Distribution distribution;
  std::optional<Condition> when = std::nullopt;
  // For a parameter added to a study that has trials: what those are taken to have had.
  std::optional<Value> default_value = std::nullopt;
  bool operator==(const Parameter&) const = default;
};

// Suggested in this order. Empty: define-by-run, parameters appear as trials suggest them.
using SearchSpace = std::vector<Parameter>;

// A parameter's value in a trial. The distribution is known for asked trials and in a full view.
struct Param {
  std::string name;
  Value value;
  std::optional<Distribution> distribution = std::nullopt;
};
using Params = std::vector<Param>;

// The value of a name; null where the trial does not have it (a condition does not hold).
const Value* Find(const Params& params, std::string_view name);

// For people and command lines: 0.001, 3, rbf, true, null. Numbers are the shortest text that reads back as the same double.
std::string ToText(const Value& value);
std::string ToText(double value);

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_SPACE_H_
