// The logarithm of a normal law's mass as Optuna 5.0 computes it, formula by formula, so that scores agree to the last bits and
// candidates that score alike are told apart as there. normal.h has the same with full precision.

#ifndef PARZEN_SAMPLER_TPE_OPTUNA_NORMAL_H_
#define PARZEN_SAMPLER_TPE_OPTUNA_NORMAL_H_

namespace parzen::tpe {

// log P(a < Z < b).
double OptunaLogMass(double a, double b);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_OPTUNA_NORMAL_H_
