// The trials a sampler learns from, stored by column.
//
// Row i is trial number i: numbers are dense, so nothing is looked up. A study of 100,000 trials of 10 parameters holds one
// 8-byte value a parameter and row, and a few bytes a row besides. A history is owned by one study's sampling strand: it is not
// thread safe and needs not be.

#ifndef PARZEN_SAMPLER_HISTORY_H_
#define PARZEN_SAMPLER_HISTORY_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/space/space.h"

namespace parzen {

enum class Direction : uint8_t { kMinimize, kMaximize };

// What a row is to a sampler. INFEASIBLE is a failed trial whose point itself is bad, FAILED one that crashed: either is evidence
// that runs fail there (sampler/failures.h). Their points count as handed out.
enum class RowState : uint8_t { kWaiting, kRunning, kComplete, kPruned, kInfeasible, kFailed };

struct NamedValue {
  std::string name;
  double value = 0;
  bool operator==(const NamedValue&) const = default;
};

// One parameter's values over all rows.
struct Column {
  std::string name;
  Distribution distribution;   // of the latest row that has the parameter
  std::vector<double> values;  // internal form, kAbsent where a row lacks it; may be shorter than the history
  // Distributions that rows were suggested with, oldest first (an old one that comes back may be listed again);
  // distribution_of[row] indexes it. Empty while all rows agree.
  std::vector<Distribution> distributions;
  std::vector<uint32_t> distribution_of;

  double At(int64_t row) const { return row < static_cast<int64_t>(values.size()) ? values[row] : kAbsent; }
  const Distribution& DistributionOf(int64_t row) const {
    return distributions.empty() ? distribution : distributions[distribution_of[row]];
  }
};

// Whether a row has a value that `declared` has not: it may have been told from elsewhere, or in another order of choices.
bool IsOutside(const Column& column, int64_t row, const Distribution& declared);

// What a trial ended with.
struct Outcome {
  RowState state = RowState::kComplete;
  std::vector<double> values;           // one an objective for kComplete (never NaN); empty otherwise
  int64_t last_step = -1;               // of the last intermediate value; -1 for none. kPruned trials are ranked by it
  double last_value = 0;                // the intermediate value at last_step (NaN allowed)
  std::vector<NamedValue> constraints;  // feasible at <= 0; empty where none were told
};

// No constraint is above 0.
bool IsFeasible(const Outcome& outcome);

class History {
 public:
  explicit History(std::vector<Direction> directions);

  const std::vector<Direction>& directions() const { return directions_; }
  int64_t size() const { return static_cast<int64_t>(states_.size()); }

  // Appends row size() as kWaiting or kRunning.
  void Append(RowState state);
  // Sets one parameter of a row; a column is made at its first value. `distribution` is the one it was suggested with.
  void SetParam(int64_t row, std::string_view name, const Distribution& distribution, double value);
  // kWaiting -> kRunning and back (a retry keeps its parameters).
  void SetState(int64_t row, RowState state);
  // Ends a row. A row ends once.
  void Finish(int64_t row, const Outcome& outcome);
  // The joint parameters as sampled for a running row, inactive ones included (Optuna 5.0's constant liar reads them). Dropped
  // when the row ends.
  void SetRelative(int64_t row, std::vector<NamedValue> relative);

  RowState state(int64_t row) const { return states_[row]; }
  // Values told to a kComplete row, directions().size() of them, as told (not negated).
  std::span<const double> values(int64_t row) const { return {values_.data() + row * directions_.size(), directions_.size()}; }
  // Last intermediate value of a kPruned row: step -1 where it reported none.
  int64_t last_step(int64_t row) const;
  double last_value(int64_t row) const;

  // What an ended row was finished with.
  Outcome OutcomeOf(int64_t row) const;

  const std::vector<Column>& columns() const { return columns_; }
  const Column* FindColumn(std::string_view name) const;

  // Constraints by name, in order of first appearance; kAbsent where a row was told none of that name.
  const std::vector<Column>& constraints() const { return constraints_; }
  bool HasConstraints(int64_t row) const;
  // No constraint of the row is above 0.
  bool IsFeasible(int64_t row) const;

  // Running rows in ascending order, and the joint parameters of one (empty where there are none).
  const std::vector<int64_t>& running() const { return running_; }
  std::span<const NamedValue> Relative(int64_t row) const;

  // Rows that ended, in the order in which they did: a sampler remembers how far it has read and takes up the rest. Note that
  // "observations are ordered by number, never by arrival": sort by row before use.
  const std::vector<int32_t>& finished() const { return finished_; }
  // How many rows had ended when this one was asked for (became kRunning for the first time); -1 while it never did. Optuna's
  // group decomposition depends on it.
  int64_t asked_after(int64_t row) const { return asked_after_[row]; }
  // A history that is loaded, one row after the other, is told once, before anybody samples from it, in which order its rows
  // ended and after how many ends each was asked for. `finished`: the same rows as finished(); `asked_after`: one a row.
  void SetLived(std::vector<int32_t> finished, std::vector<int32_t> asked_after);

 private:
  struct Last {
    int64_t step = -1;
    double value = 0;
  };

  std::vector<Direction> directions_;
  std::vector<RowState> states_;
  std::vector<double> values_;
  std::vector<Column> columns_;
  absl::flat_hash_map<std::string, size_t> column_index_;
  std::vector<Column> constraints_;
  absl::flat_hash_map<int64_t, Last> last_;  // kPruned rows
  std::vector<int64_t> running_;
  absl::flat_hash_map<int64_t, std::vector<NamedValue>> relative_;
  std::vector<int32_t> finished_;
  std::vector<int32_t> asked_after_;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_HISTORY_H_
