// What a history teaches a Gaussian process: rows of encoded points with a number for every objective and constraint.
//
// Taught are, by trial number: COMPLETE trials (their values, negated where the objective is maximized, so that less is better);
// PRUNED trials of a study with one objective
// (the median of the complete ones, or their last intermediate value where it is worse: a pruned trial has shown that it is no
// better than that, but its last value is not a final one). Running trials are listed apart.
//
// A loss beyond all others by a gap a hundred times as wide as their range, or an infinite one, says that the run diverged: the
// trial counts as failed, and the loss, which would drown the differences between the others, is left out (not in algorithm
// version 1). A gap as wide to most of the first losses is none: those are what a search that has converged began with.
//
// Failures, FAILED and INFEASIBLE alike, have no loss that could be modelled; whether a trial failed is a series of its own. In
// algorithm version 1 INFEASIBLE trials were worst losses instead (+infinity, which the output transform places at the worst) and
// FAILED ones taught nothing.

#ifndef PARZEN_SAMPLER_GP_OBSERVATIONS_H_
#define PARZEN_SAMPLER_GP_OBSERVATIONS_H_

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "sampler/gp/encoding.h"
#include "sampler/history.h"

namespace parzen::gp {

// One modelled quantity: the observations that have it.
struct Series {
  std::vector<Eigen::Index> index;  // rows of Observations::points
  std::vector<double> values;
};

struct Observations {
  std::vector<int64_t> trials;  // numbers, ascending
  std::vector<Point> raw;       // in the order of the space
  Eigen::MatrixXd points;       // n x D
  std::vector<double> signs;    // of the objectives: 1 minimized, -1 maximized
  std::vector<Series> objectives;
  std::vector<Series> constraints;  // by name; feasible at <= 0
  Series failure;                   // of every row where at least one failed: 1 where it did, -1 where not; else empty
  std::vector<char> feasible;       // 1 where COMPLETE and every constraint told is met

  std::vector<Point> running_raw;
  Eigen::MatrixXd running;  // r x D

  Eigen::Index size() const { return points.rows(); }
};

// Whether any observation meets its constraints.
bool AnyFeasible(const Observations& observations);

// Where an encoding's space comes from. A value outside a declaration was told from elsewhere, and its trial is left out
// (except in algorithm version 1); what a define-by-run study suggested before its ranges moved teaches nevertheless. With
// kCompleteTrials (inferred_space.h), running trials are where their joint parts say, whatever they have asked for by now: a
// replay does not know when they did.
enum class SpaceOf { kDeclaration, kLatestTrials, kCompleteTrials };

// Reads the rows that have every active parameter, but not row `number` itself, the trial that is asked for. Running are those
// with lower numbers: a trial that was enqueued long ago may be asked for while later ones run, and its replay has them not.
Observations ReadHistory(const History& history, const Encoding& encoding, int64_t number, int32_t algorithm_version,
                         SpaceOf origin = SpaceOf::kDeclaration);

// The parameters that every complete trial of a define-by-run study has, by name, with their latest distributions.
std::vector<Parameter> CommonParameters(const History& history);

// How many rows of `history` teach anything about the objectives, runs that diverged among them.
int64_t CountTaught(const History& history, int32_t algorithm_version);

// From algorithm version 4 on: how many rows teach anything about the objectives, runs that diverged not among them, and how many
// of those with numbers below `number` have ended without.
struct Lessons {
  int64_t taught = 0, lost = 0;
};
Lessons CountLessons(const History& history, int64_t number);

// Whether CountLessons finds that at least two rows teach. With one objective the first rows decide that, since the least three
// losses never count as diverged.
bool TeachesTwo(const History& history);

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_OBSERVATIONS_H_
