// Every sampler there is, and how one is made from a configuration.
//
// This is the one place that knows all samplers. A sampler is added by a folder (or a file) of its own, an entry in SamplerKind,
// a descriptor in make_sampler.cc, and a codec for the wire (server/optimizer/sampler_codec.h); what stores, compares, lists or
// prepares samplers goes by the descriptor.

#ifndef PARZEN_SAMPLER_MAKE_SAMPLER_H_
#define PARZEN_SAMPLER_MAKE_SAMPLER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sampler/gp/options.h"
#include "sampler/option.h"
#include "sampler/sampler.h"
#include "sampler/tpe/options.h"
#include "sampler/warm_start.h"

namespace parzen {

enum class SamplerKind { kAuto, kRandom, kQmc, kTpe, kGpEi };

// A study's sampler. Options of samplers other than `kind` are kept and have no effect.
struct SamplerConfig {
  SamplerKind kind = SamplerKind::kAuto;
  TpeOptions tpe;
  GpOptions gp;
  uint64_t seed = 0;
  int32_t algorithm_version = 0;  // 0: the newest; a study keeps the one it was made with
  bool operator==(const SamplerConfig&) const = default;
};

struct SamplerDescriptor {
  SamplerKind kind;
  std::string_view name;         // as users write it
  std::string_view options_key;  // what its options are stored under; empty where it has none of its own
  std::span<const OptionDescriptor> options;
  int32_t newest_version;  // algorithm versions 1 to this one can be made
  bool prepares;           // Prepare does work that a later Suggest is spared
  bool saves_state;        // SaveState gives something
  // From this version on ExplainDefineByRun tells something, if only of some trials; 0: never.
  int32_t explains_programs_from;
  // Makes one of a checked configuration whose version is not 0; MakeSampler checks.
  std::unique_ptr<Sampler> (*make)(const SamplerConfig& config, size_t objectives);
};

// All samplers, in the order of SamplerKind.
std::span<const SamplerDescriptor> Samplers();
const SamplerDescriptor& DescriptorOf(SamplerKind kind);
// nullptr where no sampler has the name.
const SamplerDescriptor* FindSampler(std::string_view name);

// Whether two configurations have the same options, of all samplers; kind, seed and version are not looked at.
bool SameOptions(const SamplerConfig& a, const SamplerConfig& b);

// Whether the sampler hands out points of a finite space again by its nature: one that reproduces another program's suggestions.
bool RepeatsPoints(const SamplerConfig& config);

// Whether the sampler draws from the study's two serial streams (StreamPositions), whose positions then live with the study.
bool HasSerialStreams(const SamplerConfig& config);

// The newest algorithm version of a kind; written into a study when it is made.
int32_t NewestAlgorithmVersion(SamplerKind kind);

// Checks the options against each other and makes the sampler. INVALID_ARGUMENT names the option; UNIMPLEMENTED names an
// algorithm version that this build does not know. With `warm_start` any sampler begins with its first points, and those that
// model the losses learn from it.
absl::StatusOr<std::unique_ptr<Sampler>> MakeSampler(const SamplerConfig& config, const std::vector<Direction>& directions,
                                                     std::shared_ptr<const WarmStart> warm_start = nullptr);

}  // namespace parzen

#endif  // PARZEN_SAMPLER_MAKE_SAMPLER_H_
