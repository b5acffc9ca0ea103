// Which of 16 kernels at a time are near a candidate, by their positions in 256ths of each range.

#ifndef PARZEN_SAMPLER_TPE_BYTE_FILTER_H_
#define PARZEN_SAMPLER_TPE_BYTE_FILTER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace parzen::tpe {

// One dimension's test. A kernel with the least bandwidth ("narrow") is near if its position is within `reach` of `x`; any
// other is always near. Arrays: one byte a slot, a multiple of kBlock long; narrow: 255 or 0.
class ByteFilter {
 public:
  static constexpr size_t kBlock = 16;

#ifdef __SSE2__
  ByteFilter(const uint8_t* positions, const uint8_t* narrow, uint8_t x, uint8_t reach)
      : positions_(positions),
        narrow_(narrow),
        x_(_mm_set1_epi8(static_cast<char>(x))),
        reach_(_mm_set1_epi8(static_cast<char>(reach))) {}

  // Nonzero bytes where the block's slots are out.
  __m128i Out(size_t block) const {
    const __m128i at = Load(positions_ + block);
    const __m128i difference = _mm_or_si128(_mm_subs_epu8(at, x_), _mm_subs_epu8(x_, at));
    return _mm_and_si128(_mm_subs_epu8(difference, reach_), Load(narrow_ + block));
  }
  static __m128i Load(const uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
#else
  ByteFilter(const uint8_t* positions, const uint8_t* narrow, uint8_t x, uint8_t reach)
      : positions_(positions), narrow_(narrow), x_(x), reach_(reach) {}

  bool In(size_t slot) const { return std::abs(positions_[slot] - x_) <= reach_ || narrow_[slot] == 0; }
#endif

 private:
  const uint8_t *positions_, *narrow_;
#ifdef __SSE2__
  __m128i x_, reach_;
#else
  int x_, reach_;
#endif
};

// One bit for each of the block's slots that is alive (nonzero there) and near in every dimension.
inline uint32_t NearSlots(const uint8_t* alive, const std::vector<ByteFilter>& filters, size_t block) {
#ifdef __SSE2__
  const __m128i zero = _mm_setzero_si128();
  __m128i out = _mm_cmpeq_epi8(ByteFilter::Load(alive + block), zero);
  uint32_t near = ~static_cast<uint32_t>(_mm_movemask_epi8(out)) & 0xffff;
  // A few dimensions without a look, since after one or two the branch would be taken at random.
  constexpr size_t kUnchecked = 3;
  for (size_t c = 0; c < filters.size() && near != 0;) {
    for (const size_t end = std::min(c + kUnchecked, filters.size()); c < end; ++c)
      out = _mm_or_si128(out, filters[c].Out(block));
    near = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(out, zero)));
  }
  return near;
#else
  uint32_t near = 0;
  for (size_t i = 0; i < ByteFilter::kBlock; ++i) {
    bool in = alive[block + i] != 0;
    for (size_t c = 0; c < filters.size() && in; ++c) in = filters[c].In(block + i);
    near |= static_cast<uint32_t>(in) << i;
  }
  return near;
#endif
}

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_BYTE_FILTER_H_
