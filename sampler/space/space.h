// What can be suggested: parameters, their distributions, conditions, and points of a search space.
//
// Every value has two forms. The *external* form is what a user sees: a Choice (null, bool, int64, double or string). The
// *internal* form is one double, the form that samplers and History work with: a float parameter's value itself, an int
// parameter's value (bounds lie within +-2^53, so it is exact), or the index of a categorical parameter's choice.

#ifndef PARZEN_SAMPLER_SPACE_SPACE_H_
#define PARZEN_SAMPLER_SPACE_SPACE_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parzen {

// One choice of a categorical parameter, or any parameter's value in its external form. Compared by type and value: the int
// 1, the double 1.0 and the bool true are three different choices. A double choice is never NaN.
using Choice = std::variant<std::monostate, bool, int64_t, double, std::string>;

// A real number in [low, high]. With `log` it is sampled uniformly in its logarithm and low > 0. With `step` the values are
// low + k * step; `log` and `step` exclude each other.
struct FloatDistribution {
  double low = 0;
  double high = 1;
  bool log = false;
  std::optional<double> step;
  bool operator==(const FloatDistribution&) const = default;
};

// A whole number in [low, high], low + k * step. With `log`, low >= 1 and step = 1.
struct IntDistribution {
  int64_t low = 0;
  int64_t high = 1;
  bool log = false;
  int64_t step = 1;
  bool operator==(const IntDistribution&) const = default;
};

// One of `choices`, which are not empty and differ pairwise.
struct CategoricalDistribution {
  std::vector<Choice> choices;
  bool operator==(const CategoricalDistribution&) const = default;
};

using Distribution = std::variant<FloatDistribution, IntDistribution, CategoricalDistribution>;

// The parameter exists only in points where `parent` is active and has one of `values` (external form).
struct Condition {
  std::string parent;
  std::vector<Choice> values;
  bool operator==(const Condition&) const = default;
};

struct Parameter {
  std::string name;
  Distribution distribution;
  std::optional<Condition> condition;
  bool operator==(const Parameter&) const = default;
};

struct NamedDistribution {
  std::string name;
  Distribution distribution;
  bool operator==(const NamedDistribution&) const = default;
};

// Bounds on what a space may hold; what exceeds them is refused.
inline constexpr size_t kMaxParameters = 1'000;
inline constexpr size_t kMaxChoices = 10'000;
inline constexpr size_t kMaxNameBytes = 256;
inline constexpr int64_t kMaxInt = int64_t{1} << 53;  // int bounds lie within [-kMaxInt, kMaxInt]
inline constexpr uint64_t kMaxFiniteSize = 1'000'000;

// The internal form of a parameter that a point does not have.
inline constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

// Checks one distribution; an error names the field, the value and what is accepted. `name` appears in the message.
absl::Status ValidateDistribution(std::string_view name, const Distribution& distribution);

// True where the distribution has one value only, so that suggesting it draws nothing.
bool IsSingle(const Distribution& distribution);

// How many values the distribution has; nullopt for a float without step.
std::optional<uint64_t> CountValues(const Distribution& distribution);

// The values of a distribution that CountValues counts, by their index from 0 (a float's is nearest to `value`), and back.
uint64_t IndexOfValue(const Distribution& distribution, double value);
double ValueAt(const Distribution& distribution, uint64_t index);

// The decimal that a value of a float's grid stands for: the number low + k * step that people write, not what doubles add up to.
// Any value of other distributions as it is.
double OnDecimalGrid(const Distribution& distribution, double value);

// Internal form of an external value; INVALID_ARGUMENT where it is of another type or out of range or off the grid. A float
// parameter accepts an int64 value, an int parameter a double that is a whole number.
absl::StatusOr<double> ToInternal(std::string_view name, const Distribution& distribution, const Choice& value);

// External form of an internal value that the distribution contains.
Choice ToExternal(const Distribution& distribution, double value);

// True where an internal value lies in the distribution (bounds, index range); grid membership is not asked for.
bool Contains(const Distribution& distribution, double value);

// True where values of `b` may be told to a parameter that was `a`: the same kind and, for categoricals, b's choices begin with
// a's (choices are only ever appended).
bool IsCompatible(const Distribution& a, const Distribution& b);

// Whether a range is divisible by its step, decided in decimal on the shortest representation of the three doubles (fmod
// rejects 0..1 step 0.1). Returns the nearest `high` that is valid: `high` itself where it divides.
double NearestValidHigh(double low, double high, double step);

// For people and error messages: 0.1, 3, "rbf", true, null.
std::string ToString(const Choice& value);
std::string ToString(const Distribution& distribution);

// The values of one trial in internal form, in the order of a space's parameters; kAbsent where a parameter is inactive.
using Point = std::vector<double>;

// A declared space: the program that suggests its parameters in declared order. Immutable once made; any thread may read it.
class SearchSpace {
 public:
  SearchSpace() = default;  // the empty space: define-by-run

  // Validates (names, ranges, steps, duplicates, conditions: the parent is declared before its child, is an Int or Categorical
  // and can have the values). The error names the parameter, the field, the value and what is accepted.
  static absl::StatusOr<SearchSpace> Create(std::vector<Parameter> parameters);

  bool empty() const { return parameters_.empty(); }
  size_t size() const { return parameters_.size(); }
  const Parameter& operator[](size_t i) const { return parameters_[i]; }
  const std::vector<Parameter>& parameters() const { return parameters_; }

  // Index of a parameter; nullopt for an unknown name.
  std::optional<size_t> Find(std::string_view name) const;
  // Index of the parent of parameter i; nullopt for one without condition.
  std::optional<size_t> ParentOf(size_t i) const { return parents_[i]; }

  // Whether parameter i exists in a point whose parameters before i are set.
  bool IsActive(size_t i, const Point& point) const;

  // What parameters must be so that fixed ones exist, to any depth: for each parameter that `fixed` lacks (kAbsent) and that
  // something fixed hangs from, its values that make all of that active, internal form, ascending; for the others nothing.
  // INVALID_ARGUMENT where there are none: a parent is fixed to another value, or two children need different ones.
  absl::StatusOr<std::vector<std::vector<double>>> ParentsNeeded(const Point& fixed) const;

  // How many different points there are (points are compared on active parameters); nullopt where a float without step is
  // among them or there are more than kMaxFiniteSize, or for the empty space.
  std::optional<uint64_t> FiniteSize() const { return finite_size_; }
  // A finite space's points are numbered 0..FiniteSize()-1; these convert. The point is complete and on its grid.
  uint64_t IndexOf(const Point& point) const;
  Point PointAt(uint64_t index) const;

  // The space after an update: what `grown` declares, which must keep every parameter of this space in order with the same kind,
  // log, step and condition, bounds no narrower, choices only appended; new parameters come after. The error says what else is
  // different.
  absl::Status CheckGrowth(const SearchSpace& grown) const;

  bool operator==(const SearchSpace& other) const { return parameters_ == other.parameters_; }

 private:
  bool IsAllowed(size_t i, double parent_value) const;
  void CountPoints();
  uint64_t TreeIndex(size_t i, const Point& point) const;
  void SetTree(size_t i, uint64_t index, Point* point) const;

  std::vector<Parameter> parameters_;
  absl::flat_hash_map<std::string, size_t> index_;  // by name
  std::vector<std::optional<size_t>> parents_;
  std::vector<std::vector<double>> allowed_;   // internal parent values that make parameter i active, ascending
  std::vector<std::vector<size_t>> children_;  // parameters whose parent is i
  std::vector<uint64_t> subtree_;              // how many ways there are to set parameter i and all that hangs below it
  // A value of a parameter that makes children active: the value's index, how many ways belong to smaller values, and to it.
  struct Branch {
    uint64_t value_index, offset, ways;
  };
  std::vector<std::vector<Branch>> branches_;  // of parameter i, ascending; other values have one way each
  std::optional<uint64_t> finite_size_;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_SPACE_SPACE_H_
