#include "sampler/sobol.h"

#include <algorithm>
#include <bit>

#include "sampler/trial_stream.h"

namespace parzen {
namespace {

// Remainder of a product of two polynomials over GF(2), bit i the coefficient of x^i, by a polynomial of degree `degree`.
uint64_t MultiplyModulo(uint64_t a, uint64_t b, uint64_t modulus, int degree) {
  uint64_t product = 0;
  for (; b != 0; b >>= 1) {
    if (b & 1) product ^= a;
    a <<= 1;
    if (a >> degree & 1) a ^= modulus;
  }
  return product;
}

uint64_t PowerOfX(uint64_t exponent, uint64_t modulus, int degree) {
  uint64_t result = 1, square = degree == 1 ? (2 ^ modulus) : 2;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = MultiplyModulo(result, square, modulus, degree);
    square = MultiplyModulo(square, square, modulus, degree);
  }
  return result;
}

// Whether x generates all 2^degree - 1 nonzero residues.
bool IsPrimitive(uint64_t polynomial, int degree) {
  const uint64_t order = (uint64_t{1} << degree) - 1;
  if (PowerOfX(order, polynomial, degree) != 1) return false;
  uint64_t rest = order;
  for (uint64_t prime = 2; prime * prime <= rest; ++prime) {
    if (rest % prime != 0) continue;
    if (PowerOfX(order / prime, polynomial, degree) == 1) return false;
    while (rest % prime == 0) rest /= prime;
  }
  return rest == 1 || rest == order || PowerOfX(order / rest, polynomial, degree) != 1;
}

// The first `count` primitive polynomials.
std::vector<uint32_t> PrimitivePolynomials(size_t count) {
  std::vector<uint32_t> found;
  for (int degree = 1; found.size() < count; ++degree) {
    const uint32_t leading = uint32_t{1} << degree;
    for (uint32_t polynomial = leading + 1; polynomial < 2 * leading && found.size() < count; polynomial += 2) {
      if (IsPrimitive(polynomial, degree)) found.push_back(polynomial);
    }
  }
  return found;
}

uint32_t Polynomial(size_t dimension) {
  static const std::vector<uint32_t> polynomials = PrimitivePolynomials(ScrambledSobol::kMaxDimensions - 1);
  return polynomials[dimension - 1];
}

// Unscrambled direction numbers as binary fractions, the top bit 1/2.
std::array<uint64_t, ScrambledSobol::kIndexBits> DirectionNumbers(size_t dimension) {
  std::array<uint64_t, ScrambledSobol::kIndexBits> v{};
  if (dimension == 0) {
    for (int i = 0; i < ScrambledSobol::kIndexBits; ++i) v[i] = uint64_t{1} << (63 - i);
    return v;
  }
  const uint32_t polynomial = Polynomial(dimension);
  const int degree = std::bit_width(polynomial) - 1;
  // Initial numbers: odd m_i < 2^(i+1).
  TrialStream initial(0, static_cast<int64_t>(dimension), "sobol initial direction numbers");
  for (int i = 0; i < degree; ++i) v[i] = ((initial.Next() >> (63 - i)) | 1) << (63 - i);
  for (int i = degree; i < ScrambledSobol::kIndexBits; ++i) {
    v[i] = v[i - degree] ^ (v[i - degree] >> degree);
    for (int k = 1; k < degree; ++k) {
      if (polynomial >> (degree - k) & 1) v[i] ^= v[i - k];
    }
  }
  return v;
}

}  // namespace

void ScrambledSobol::Prepare(size_t dimension) {
  TrialStream stream(seed_, static_cast<int64_t>(dimension), "sobol scrambling");
  Dimension prepared;
  prepared.shift = stream.Next();
  const std::array<uint64_t, kIndexBits> plain = DirectionNumbers(dimension);
  for (int row = 0; row < 64; ++row) {
    // Ones on the diagonal, random bits left of it: output digit `row` depends on input digits 0..row.
    const uint64_t diagonal = uint64_t{1} << (63 - row);
    const uint64_t left = row == 0 ? 0 : stream.Next() & ~(~uint64_t{0} >> row);
    for (int i = 0; i < kIndexBits; ++i) {
      if (std::popcount(plain[i] & (diagonal | left)) & 1) prepared.directions[i] |= diagonal;
    }
  }
  dimensions_.push_back(prepared);
}

double ScrambledSobol::Coordinate(uint64_t index, size_t dimension) {
  while (dimensions_.size() <= dimension) Prepare(dimensions_.size());
  const Dimension& d = dimensions_[dimension];
  uint64_t bits = d.shift;
  for (int i = 0; index != 0 && i < kIndexBits; ++i, index >>= 1) {
    if (index & 1) bits ^= d.directions[i];
  }
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}  // namespace parzen
