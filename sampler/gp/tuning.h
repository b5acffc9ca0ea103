// The figures that the quality of suggestions hangs on, in one place. docs/gp.md says what was measured for each; changing one
// changes suggestions and asks for a new algorithm version.

#ifndef PARZEN_SAMPLER_GP_TUNING_H_
#define PARZEN_SAMPLER_GP_TUNING_H_

namespace parzen::gp {

// Initial design: the center of the space, then Sobol points.
inline constexpr int kStartupTrials = 5;

// Priors of the hyperparameters' logarithms for standardized outputs: mode and standard deviation (the mode of the length-scales
// is added to log(D) / 2).
inline constexpr double kLengthScaleCenter = -1.585786437626905;    // sqrt(2) - 3: the mode of LogNormal(sqrt 2, sqrt 3)
inline constexpr double kLengthScaleDeviation = 0.692820323027551;  // 0.4 sqrt(3)
inline constexpr double kNoiseCenter = -8.0;
inline constexpr double kNoiseDeviation = 2.0;
inline constexpr double kAmplitudeDeviation = 1.0;
inline constexpr double kMeanVariance = 1.0;
inline constexpr double kLeastNoise = 1e-6;
inline constexpr double kMainEffectsCenter = 1.0, kMainEffectsDeviation = 1.5;  // log odds of their share

// Output warp: considered from this number of observations on.
inline constexpr int kWarpFrom = 8;

// Fits: evaluations of one L-BFGS run; observations that one fit uses at most; up to how many observations a fit also starts from
// the priors' centers and tries every warp.
inline constexpr int kFitEvaluations = 60;
inline constexpr int kFittedAtMost = 300;
inline constexpr int kThoroughFitsTo = 100;
// The same where there are earlier studies: asking them costs time, too.
inline constexpr int kThoroughToWithEarlier = 64;
// Observations that the posterior is conditioned on at most.
inline constexpr int kConditionedAtMost = 1000;

// Search: candidates over the space and near the best points, ascents and their evaluations, up to kFullSearchTo observations.
inline constexpr int kUniformCandidates = 200;
inline constexpr int kNeighbourCandidates = 200;
inline constexpr int kAscents = 4;
inline constexpr int kAscentEvaluations = 40;
inline constexpr int kAnchors = 5;
inline constexpr int kFullSearchTo = 250;

// Draws of the outcomes of running trials; of objectives where there are several.
inline constexpr int kFantasies = 16;
inline constexpr int kObjectiveDraws = 32;
// Two or three objectives: how far beyond the worst of the front the hypervolume's reference point lies, in ranges of all
// points.
inline constexpr double kReferenceMargin = 0.2;
// How far below the best seen of an objective one trial's gain counts, in the same unit.
inline constexpr double kGainPerTrial = 0.1;
inline constexpr int kHypervolumeFantasies = 8;
// Running trials that the models are conditioned on, the latest; the others repel (pending.h).
inline constexpr int kConditionedRunning = 32;

// Improvement under noise: draws of the noiseless values; from which noise variance on (of outputs of unit variance); up to how
// many observations.
inline constexpr int kTruthDraws = 16;
inline constexpr double kNoisyFrom = 1e-4;
inline constexpr int kNoisyTo = 250;

// Failures: the least probability of success where few trials fail and where many do, and how much what is missing there weighs;
// how many nats of evidence the failure model lacks before it is believed; priors of the process that models the labels where
// they differ from those above.
inline constexpr double kLeastSuccess = 0.5, kLeastSuccessInDoubt = 0.9, kCaution = 1e3;
inline constexpr double kDoubt = 2.0;
inline constexpr double kFailureNoiseCenter = -1.5;
inline constexpr double kFailureNoiseDeviation = 1.0;

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_TUNING_H_
