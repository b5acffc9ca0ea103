// The generator behind NumPy's legacy RandomState: MT19937, and the ways RandomState turns its words into numbers.
//
// A word is one 32-bit output of the generator. A double takes two. Checked against NumPy word for word: the streams of
// RandomState are frozen (NEP 19), so all versions agree.

#ifndef PARZEN_SAMPLER_NUMPY_RANDOM_H_
#define PARZEN_SAMPLER_NUMPY_RANDOM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parzen {

class NumpyRandom {
 public:
  // RandomState(seed) for seeds below 2^32 (init_genrand). NumPy refuses larger ones; here they seed as the array
  // [seed mod 2^32, seed div 2^32].
  explicit NumpyRandom(uint64_t seed);
  // RandomState([...]): init_by_array. `key` is not empty.
  explicit NumpyRandom(std::span<const uint32_t> key);

  // Words drawn since seeding.
  uint64_t position() const { return position_; }
  // Goes to where `position` words have been drawn. From a smaller one it goes on (about 1 ns a word), from a larger one it
  // begins again.
  void Seek(uint64_t position);

  uint32_t NextWord();
  // random_sample(): [0, 1), 53 bits.
  double RandomSample();
  void RandomSample(std::span<double> out);
  // uniform(low, high): [low, high).
  double Uniform(double low, double high) { return low + (high - low) * RandomSample(); }
  // randint(0, bound) for 1 <= bound <= 2^32: masked rejection; bound 1 draws nothing.
  uint32_t RandInt(uint64_t bound);
  // choice(weights.size(), size=out.size(), p=weights): indices by inverse CDF. The weights are not negative and do not sum to 0.
  void Choice(std::span<const double> weights, std::span<int32_t> out);
  // choice(n, size, replace=False): a permutation's head.
  std::vector<int32_t> ChoiceWithoutReplacement(int32_t n, int32_t size);

 private:
  static constexpr size_t kWords = 624;

  void Seed();
  void InitGenrand(uint32_t seed);
  void InitByArray(std::span<const uint32_t> key);
  void Twist();

  std::vector<uint32_t> key_;  // one word: init_genrand
  bool by_array_ = false;
  std::array<uint32_t, kWords> state_{};
  size_t next_ = kWords;  // of state_; kWords: twist first
  uint64_t position_ = 0;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_NUMPY_RANDOM_H_
