// Spaces, values and histories out of a fuzzer's bytes: small, often valid, with the extremes in reach.

#ifndef PARZEN_TESTS_FUZZ_SPACE_MAKER_H_
#define PARZEN_TESTS_FUZZ_SPACE_MAKER_H_

#include <fuzzer/FuzzedDataProvider.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "sampler/space/space.h"

namespace parzen::fuzz {

class SpaceMaker {
 public:
  explicit SpaceMaker(FuzzedDataProvider* data) : data_(data) {}

  double Double() {
    static constexpr double kInteresting[] = {
        0.0,    -0.0,  1.0,    -1.0,    0.1,    0.5,  2.0,  1e-5,
        1e-300, 1e300, -1e300, 1.7e308, 5e-324, 1e15, 1e16, std::numeric_limits<double>::infinity()};
    if (data_->ConsumeIntegralInRange(0, 3) != 0) return data_->PickValueInArray(kInteresting);
    return data_->ConsumeFloatingPoint<double>();
  }

  int64_t Int() {
    static constexpr int64_t kInteresting[] = {0,
                                               1,
                                               -1,
                                               2,
                                               3,
                                               8,
                                               10,
                                               100,
                                               1'000'000,
                                               kMaxInt,
                                               -kMaxInt,
                                               kMaxInt + 1,
                                               std::numeric_limits<int64_t>::max(),
                                               std::numeric_limits<int64_t>::min()};
    if (data_->ConsumeBool()) return data_->PickValueInArray(kInteresting);
    return data_->ConsumeIntegralInRange<int64_t>(-20, 20);
  }

  Choice AnyChoice() {
    switch (data_->ConsumeIntegralInRange(0, 4)) {
      case 0:
        return std::monostate();
      case 1:
        return data_->ConsumeBool();
      case 2:
        return Int();
      case 3:
        return Double();
      default: {
        // What arrives over the wire is UTF-8.
        std::string text = data_->ConsumeRandomLengthString(3);
        for (char& c : text) c = static_cast<char>(c & 0x7f);
        return text;
      }
    }
  }

  Distribution AnyDistribution() {
    switch (data_->ConsumeIntegralInRange(0, 2)) {
      case 0: {
        FloatDistribution real{Double(), Double(), data_->ConsumeBool(), std::nullopt};
        if (data_->ConsumeBool()) real.step = Double();
        return real;
      }
      case 1:
        return IntDistribution{Int(), Int(), data_->ConsumeBool(), data_->ConsumeBool() ? 1 : Int()};
      default: {
        CategoricalDistribution choices;
        const int count = data_->ConsumeIntegralInRange(0, 6);
        for (int i = 0; i < count; ++i) choices.choices.push_back(AnyChoice());
        return choices;
      }
    }
  }

  std::vector<Parameter> Parameters() {
    std::vector<Parameter> parameters;
    const int count = data_->ConsumeIntegralInRange(0, 6);
    for (int i = 0; i < count; ++i) {
      Parameter parameter{std::string(1, static_cast<char>('a' + i)), AnyDistribution(), std::nullopt};
      if (i > 0 && data_->ConsumeBool()) {
        const Parameter& parent = parameters[data_->ConsumeIntegralInRange(0, i - 1)];
        Condition condition{parent.name, {}};
        const int values = data_->ConsumeIntegralInRange(0, 3);
        const auto* choices = std::get_if<CategoricalDistribution>(&parent.distribution);
        for (int v = 0; v < values; ++v) {
          const bool known = choices != nullptr && !choices->choices.empty();
          condition.values.push_back(
              known ? choices->choices[data_->ConsumeIntegralInRange<size_t>(0, choices->choices.size() - 1)] : AnyChoice());
        }
        parameter.condition = condition;
      }
      parameters.push_back(std::move(parameter));
    }
    return parameters;
  }

 private:
  FuzzedDataProvider* const data_;
};

}  // namespace parzen::fuzz

#endif  // PARZEN_TESTS_FUZZ_SPACE_MAKER_H_
