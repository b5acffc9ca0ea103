// Distributions, choices and whole spaces: the JSON parsers on arbitrary text, and on what they wrote themselves; the numbering
// of a finite space's points.

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <string>

#include "sampler/space/space.h"
#include "server/engine/definition/definition.h"
#include "tests/fuzz/invariant.h"
#include "tests/fuzz/space_maker.h"

namespace parzen::fuzz {
namespace {

void ParseText(const std::string& text) {
  if (const auto distribution = engine::DistributionFromJson(text); distribution.ok()) {
    const std::string json = engine::DistributionToJson(*distribution);
    const auto back = engine::DistributionFromJson(json);
    Require(back.ok() && *back == *distribution, "a distribution's text reads back: " + json);
  }
  if (const auto choice = engine::ChoiceFromJson(text); choice.ok()) {
    const std::string json = engine::ChoiceToJson(*choice);
    const auto back = engine::ChoiceFromJson(json);
    Require(back.ok() && engine::ChoiceToJson(*back) == json && back->index() == choice->index(),
            "a choice's text reads back: " + json);
  }
  if (const auto definition = engine::DefinitionFromJson(text); definition.ok()) {
    const std::string json = engine::DefinitionToJson(*definition);
    const auto back = engine::DefinitionFromJson(json);
    Require(back.ok() && engine::DefinitionToJson(*back) == json, "a definition's text reads back: " + json);
  }
}

void MakeSpace(FuzzedDataProvider* data) {
  auto space = SearchSpace::Create(SpaceMaker(data).Parameters());
  if (!space.ok()) {
    Require(space.status().code() == absl::StatusCode::kInvalidArgument && !space.status().message().empty(),
            "a refusal says why");
    return;
  }
  for (const Parameter& parameter : space->parameters()) {
    Require(ValidateDistribution(parameter.name, parameter.distribution).ok(), "an accepted space's distributions are valid");
    const std::string json = engine::DistributionToJson(parameter.distribution);
    const auto back = engine::DistributionFromJson(json);
    Require(back.ok() && *back == parameter.distribution, "a distribution's text reads back: " + json);
  }
  Require(space->CheckGrowth(*space).ok(), "a space may stay as it is");
  const auto size = space->FiniteSize();
  if (!size) return;
  for (int i = 0; i < 8; ++i) {
    const auto index = data->ConsumeIntegralInRange<uint64_t>(0, *size - 1);
    Require(space->IndexOf(space->PointAt(index)) == index, "a point's number reads back");
  }
}

}  // namespace
}  // namespace parzen::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  if (bytes[0] % 2 == 0) {
    parzen::fuzz::ParseText(std::string(reinterpret_cast<const char*>(bytes + 1), size - 1));
  } else {
    FuzzedDataProvider data(bytes + 1, size - 1);
    parzen::fuzz::MakeSpace(&data);
  }
  return 0;
}
