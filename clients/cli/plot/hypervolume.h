// Ranks and subset selection for several objectives, all minimized.

#ifndef PARZEN_CLIENTS_CLI_PLOT_HYPERVOLUME_H_
#define PARZEN_CLIENTS_CLI_PLOT_HYPERVOLUME_H_

#include <cstddef>
#include <vector>

namespace parzen::cli {

using Losses = std::vector<double>;  // one an objective

// a is nowhere worse than b and better somewhere.
bool Dominates(const Losses& a, const Losses& b);

// Indices of the points that no other point dominates, ascending; equal points are all kept.
std::vector<size_t> ParetoFront(const std::vector<Losses>& points);

// The volume between the points and the reference, which no coordinate of a point exceeds. Exact, by the exclusive volumes of the
// points in turn (While, Bradstreet, Barone 2012, "A Fast Way of Calculating Exact Hypervolumes").
double Hypervolume(std::vector<Losses> points, const Losses& reference);

// Indices of the n best points, ascending: whole fronts first, and of the front that does not fit, those that a greedy choice by
// hypervolume takes (Guerreiro, Fonseca, Paquete 2016). The same points as Optuna 5.0's TPE sampler calls "below".
std::vector<size_t> BestByHypervolume(const std::vector<Losses>& points, size_t n);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_PLOT_HYPERVOLUME_H_
