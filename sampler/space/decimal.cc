#include "sampler/space/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace parzen {
namespace {

// A natural number: digits to the base of 10^9, lowest first, without leading zeros.
class Natural {
 public:
  static constexpr uint64_t kBase = 1'000'000'000;

  Natural() = default;
  // value * 10^shift
  Natural(uint64_t value, int shift) {
    limbs_.assign(shift / 9, 0);
    for (; value != 0; value /= kBase) limbs_.push_back(value % kBase);
    uint64_t factor = 1;
    for (int i = 0; i < shift % 9; ++i) factor *= 10;
    *this = Times(factor);
  }

  Natural Times(uint64_t factor) const {
    Natural result;
    unsigned __int128 carry = 0;
    for (size_t i = 0; i < limbs_.size() || carry != 0; ++i) {
      if (i < limbs_.size()) carry += static_cast<unsigned __int128>(limbs_[i]) * factor;
      result.limbs_.push_back(static_cast<uint32_t>(carry % kBase));
      carry /= kBase;
    }
    result.Trim();
    return result;
  }

  Natural Plus(const Natural& other) const {
    Natural result;
    uint64_t carry = 0;
    for (size_t i = 0; i < std::max(limbs_.size(), other.limbs_.size()) || carry != 0; ++i) {
      carry += Limb(i) + other.Limb(i);
      result.limbs_.push_back(static_cast<uint32_t>(carry % kBase));
      carry /= kBase;
    }
    return result;
  }

  // *this >= other
  Natural Minus(const Natural& other) const {
    Natural result;
    int64_t borrow = 0;
    for (size_t i = 0; i < limbs_.size(); ++i) {
      int64_t digit = static_cast<int64_t>(Limb(i)) - static_cast<int64_t>(other.Limb(i)) - borrow;
      borrow = digit < 0;
      result.limbs_.push_back(static_cast<uint32_t>(digit + borrow * static_cast<int64_t>(kBase)));
    }
    result.Trim();
    return result;
  }

  bool operator<(const Natural& other) const {
    if (limbs_.size() != other.limbs_.size()) return limbs_.size() < other.limbs_.size();
    return std::lexicographical_compare(limbs_.rbegin(), limbs_.rend(), other.limbs_.rbegin(), other.limbs_.rend());
  }

  std::string ToString() const {
    std::string text;
    for (auto limb = limbs_.rbegin(); limb != limbs_.rend(); ++limb) {
      std::string digits = std::to_string(*limb);
      text += text.empty() ? digits : std::string(9 - digits.size(), '0') + digits;
    }
    return text.empty() ? "0" : text;
  }

 private:
  uint64_t Limb(size_t i) const { return i < limbs_.size() ? limbs_[i] : 0; }
  void Trim() {
    while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  }

  std::vector<uint32_t> limbs_;
};

// digits * 10^exponent with a sign.
struct Decimal {
  bool negative = false;
  uint64_t digits = 0;
  int exponent = 0;
};

Decimal ShortestDecimal(double value) {
  char text[40];
  auto [end, error] = std::to_chars(text, text + sizeof text, std::abs(value), std::chars_format::scientific);
  (void)error;
  Decimal result{.negative = value < 0};
  bool fraction = false;
  for (const char* p = text; p != end; ++p) {
    if (*p == '.') {
      fraction = true;
    } else if (*p == 'e') {
      result.exponent += std::atoi(std::string(p + 1, static_cast<const char*>(end)).c_str());
      break;
    } else {
      result.digits = result.digits * 10 + (*p - '0');
      result.exponent -= fraction;
    }
  }
  if (result.digits == 0) result.exponent = 0;
  return result;
}

// The exponent that all can be written with. Zero has none of its own.
int CommonUnit(std::initializer_list<Decimal> decimals) {
  int unit = std::numeric_limits<int>::max();
  for (const Decimal& d : decimals) {
    if (d.digits != 0) unit = std::min(unit, d.exponent);
  }
  return unit;
}

Natural Scaled(const Decimal& d, int unit) { return d.digits == 0 ? Natural() : Natural(d.digits, d.exponent - unit); }

// low + span, in units of 10^unit.
double Above(bool low_is_negative, const Natural& abs_low, const Natural& span, int unit) {
  bool negative = false;
  Natural magnitude;
  if (!low_is_negative) {
    magnitude = abs_low.Plus(span);
  } else if (span < abs_low) {
    magnitude = abs_low.Minus(span);
    negative = true;
  } else {
    magnitude = span.Minus(abs_low);
  }
  const std::string text = magnitude.ToString() + "e" + std::to_string(unit);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return negative ? -value : value;
}

}  // namespace

double LargestGridValue(double low, double high, double step) {
  const Decimal l = ShortestDecimal(low), h = ShortestDecimal(high), s = ShortestDecimal(step);
  const int unit = CommonUnit({l, h, s});
  const Natural abs_low = Scaled(l, unit), abs_high = Scaled(h, unit), one_step = Scaled(s, unit);
  Natural range;  // high - low in units
  if (l.negative == h.negative) {
    range = l.negative ? abs_low.Minus(abs_high) : abs_high.Minus(abs_low);
  } else {
    range = abs_low.Plus(abs_high);
  }
  // The quotient in floating point is off by a few at most; the exact comparison settles it.
  uint64_t count = static_cast<uint64_t>(std::max(0.0, std::floor((high / 2 - low / 2) / (step / 2))));
  while (count > 0 && range < one_step.Times(count)) --count;
  while (!(range < one_step.Times(count + 1))) ++count;
  return Above(l.negative, abs_low, one_step.Times(count), unit);
}

double DecimalGridValue(double low, double step, uint64_t index) {
  const Decimal l = ShortestDecimal(low), s = ShortestDecimal(step);
  const int unit = CommonUnit({l, s});
  return Above(l.negative, Scaled(l, unit), Scaled(s, unit).Times(index), unit);
}

}  // namespace parzen
