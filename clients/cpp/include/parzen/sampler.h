// How a study chooses the next point. An option that is unset has the server's default; docs/samplers.md explains each.

#ifndef PARZEN_SAMPLER_H_
#define PARZEN_SAMPLER_H_

#include <cstdint>
#include <optional>
#include <variant>

namespace parzen {
inline namespace client {

// The server chooses by the space and the number of trials.
struct Auto {};
// Uniform.
struct Random {};
// A scrambled Sobol sequence.
struct Qmc {};

// The tree-structured Parzen estimator; options under the names of Optuna's TPESampler.
struct Tpe {
  enum class Reproduce { kNone = 0, kOptuna291 = 1, kOptuna50 = 2 };
  enum class TieOrder { kDefault = 0, kSimd = 1, kScalar = 2 };
  Reproduce reproduce = Reproduce::kNone;
  TieOrder tie_order = TieOrder::kDefault;
  std::optional<int64_t> n_startup_trials = std::nullopt;
  std::optional<int64_t> n_ei_candidates = std::nullopt;
  std::optional<bool> multivariate = std::nullopt;
  std::optional<bool> group = std::nullopt;
  std::optional<bool> constant_liar = std::nullopt;
  std::optional<bool> consider_endpoints = std::nullopt;
  std::optional<bool> consider_magic_clip = std::nullopt;
  std::optional<bool> consider_prior = std::nullopt;  // with kOptuna291 only: else without effect
  std::optional<double> prior_weight = std::nullopt;
};

// A Gaussian process with expected improvement.
struct GpEi {
  std::optional<int64_t> n_startup_trials = std::nullopt;
};

using Sampler = std::variant<Auto, Random, Qmc, Tpe, GpEi>;

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_SAMPLER_H_
