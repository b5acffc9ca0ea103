// Hypervolume: the volume between a reference point and what loss vectors dominate, and the choice of the subset with the
// largest.
//
// While, Bradstreet and Barone, "A fast way of calculating exact hypervolumes", IEEE TEC 16(1), 2012 (WFG); Guerreiro, Fonseca
// and Paquete, "Greedy hypervolume subset selection in low dimensions", EC 24(3), 2016.

#ifndef PARZEN_SAMPLER_TPE_HYPERVOLUME_H_
#define PARZEN_SAMPLER_TPE_HYPERVOLUME_H_

#include <cstddef>
#include <span>
#include <vector>

#include "sampler/tpe/losses.h"
#include "sampler/tpe/settings.h"

namespace parzen::tpe {

// The reference point Optuna takes: a tenth of its magnitude worse than the worst loss of each objective, 1e-12 where that is 0.
std::vector<double> ReferencePoint(const Losses& losses);

// +inf where a loss or the reference point is infinite. No loss exceeds the reference point.
double Hypervolume(const Losses& losses, std::span<const double> reference);

// Greedily chooses `size` rows (at most losses.size()) with a large joint hypervolume, as Optuna 5.0 does, lazily updated
// contributions included. Indices in order of choice. `ties` orders equal contributions.
std::vector<size_t> SelectByHypervolume(const Losses& losses, size_t size, std::span<const double> reference, Ties ties);

// The same as Optuna 2.9.1 computes them; no limit for infinite values there: they give what IEEE arithmetic gives.
double Hypervolume2_9_1(const Losses& losses, std::span<const double> reference);
std::vector<size_t> SelectByHypervolume2_9_1(const Losses& losses, size_t size, std::span<const double> reference);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_HYPERVOLUME_H_
