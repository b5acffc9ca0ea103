// Finds the point of a mixed search space where an acquisition is greatest.
//
// Many cheap candidates (uniform points, and neighbours of the best points seen: a few parameters moved by a step of random size,
// categories redrawn) are valued in one batch. From the best that differ, projected L-BFGS ascends in the numeric parameters;
// grids are rounded afterwards, and a local search over neighbouring grid values and other categories follows.

#ifndef PARZEN_SAMPLER_GP_SEARCH_H_
#define PARZEN_SAMPLER_GP_SEARCH_H_

#include <Eigen/Core>
#include <vector>

#include "sampler/gp/acquisition.h"
#include "sampler/gp/encoding.h"
#include "sampler/gp/random_stream.h"

namespace parzen::gp {

struct SearchBudget {
  int uniform = 200;     // candidates over the whole space
  int neighbours = 200;  // candidates near the anchors
  int starts = 4;        // ascents
  int ascent_evaluations = 40;
};

struct ScoredPoint {
  Point point;
  double value = 0;
};

// `fixed`: values that every candidate has (kAbsent elsewhere). `anchors`: complete points that promise good neighbours, best
// first. Returns what was found, best first: every ascent's end and the best of the candidates.
std::vector<ScoredPoint> MaximizeAcquisition(const Acquisition& acquisition, const Encoding& encoding, const Point& fixed,
                                             const std::vector<Point>& anchors, const SearchBudget& budget, RandomStream* random);

// The acquisition at complete points, best first.
std::vector<ScoredPoint> ValuePoints(const Acquisition& acquisition, const Encoding& encoding, std::vector<Point> points);

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_SEARCH_H_
