// What must hold whatever comes in: where it does not, the fuzzer has found something.

#ifndef PARZEN_TESTS_FUZZ_INVARIANT_H_
#define PARZEN_TESTS_FUZZ_INVARIANT_H_

#include <cstdio>
#include <cstdlib>
#include <string>

namespace parzen::fuzz {

inline void Require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what.c_str());
  std::abort();
}

}  // namespace parzen::fuzz

#endif  // PARZEN_TESTS_FUZZ_INVARIANT_H_
