// InferredSpace: what a define-by-run study searches, read from its complete trials.
//
// Nothing declares such a space: a program asks for parameters as it goes. What all complete trials have is unconditional. What
// some lack is taken to exist under a condition, where one of those parameters that more trials have, a categorical or an int
// one, tells which: each value seen of it goes always or never with the parameter. So `if kind == "svc"` and `for i in
// range(layers)` come out as the conditions that a declaration would give. Of several such parents it is the one with the fewest
// values seen, then the first by name. What no parent explains is no part of the space.
//
// Ranges that move between trials are united; steps that differ are dropped, for a suggestion is brought to the grid of whoever
// asks for it. A parameter whose kind, scale (log) or choices change is no part of the space.
//
// All of this is counted, so that neither the order in which trials ended matters nor what is told afterwards of older ones has
// to be read again: a trial costs the product of its parameters and its possible parents, once.

#ifndef PARZEN_SAMPLER_GP_INFERRED_SPACE_H_
#define PARZEN_SAMPLER_GP_INFERRED_SPACE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sampler/history.h"
#include "sampler/space/space.h"

namespace parzen::gp {

class InferredSpace {
 public:
  // A parameter of which more values were seen is no parent; in a study with more parameters there are none.
  static constexpr size_t kMostValues = 32, kMostParameters = 200;

  // Takes up the trials that have completed since the last call; `history` is the same one, growing.
  void Update(const History& history);

  // Unconditional parameters by name, each followed by what hangs from it. Empty where the trials have nothing in common.
  const SearchSpace& space() const { return space_; }

 private:
  // The trials that had one value of a possible parent.
  struct Together {
    int64_t trials = 0;
    std::vector<int32_t> with;  // how many of them had a parameter, by column
  };
  // A column of the history.
  struct Seen {
    std::string name;
    int64_t trials = 0;
    std::optional<Distribution> united;  // nullopt where its distributions do not go together
    bool may_be_parent = true;
    std::map<double, Together> values;  // where it may be a parent
  };

  void Add(const History& history, int64_t row);
  void Infer();
  // Whether the values of `parent` tell which trials have `child`.
  static bool Tells(const Seen& parent, size_t child, int64_t trials);
  // The parameter under its condition on `parent`.
  Parameter Under(size_t parent, size_t child) const;

  size_t read_ = 0;     // of history.finished()
  int64_t trials_ = 0;  // complete ones
  size_t known_ = 0;    // columns that they have
  std::vector<Seen> seen_;
  SearchSpace space_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_INFERRED_SPACE_H_
