// The Pareto front of points that are to be minimized, and the region that it leaves undominated, cut into boxes.

#ifndef PARZEN_SAMPLER_GP_NONDOMINATED_H_
#define PARZEN_SAMPLER_GP_NONDOMINATED_H_

#include <Eigen/Core>
#include <vector>

namespace parzen::gp {

// The columns of `points` (K x n) that no other dominates, ascending; of equal columns the first.
std::vector<Eigen::Index> ParetoFront(const Eigen::MatrixXd& points);

// Disjoint boxes, a column each (K x B). Lower bounds may be -infinity.
struct Boxes {
  Eigen::MatrixXd lower, upper;
};

// Cuts the points that are below `reference` in every coordinate, and dominated by no column of `front` (K x n, mutually
// nondominated), into at most 2 n + 1 boxes; K is 2 or 3. Columns of the front that are not below the reference do not count.
//
// Two coordinates make strips under a staircase. Three are swept in the order of the last one: the strips of what was met so far
// grow upwards until a point cuts them (as in Lacour, Klamroth and Fonseca 2017, "A box decomposition algorithm to compute the
// hypervolume indicator").
Boxes UndominatedBoxes(const Eigen::MatrixXd& front, const Eigen::VectorXd& reference);

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_NONDOMINATED_H_
