// Which points of several objectives are the best, all minimized.

#ifndef PARZEN_CLIENTS_CLI_PLOT_PARETO_FRONT_H_
#define PARZEN_CLIENTS_CLI_PLOT_PARETO_FRONT_H_

#include <cstddef>
#include <vector>

namespace parzen::cli {

using Losses = std::vector<double>;  // one an objective

// Indices of the points that no other point dominates, ascending; equal points are all kept.
std::vector<size_t> ParetoFront(const std::vector<Losses>& points);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_PLOT_PARETO_FRONT_H_
