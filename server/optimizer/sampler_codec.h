// Sampler configurations between the wire (parzen.proto) and the sampler's types.
//
// Decoding refuses what the wire can say and no sampler has: unknown enum values and options out of their range. What options
// allow together is for the sampler to check.

#ifndef PARZEN_SERVER_OPTIMIZER_SAMPLER_CODEC_H_
#define PARZEN_SERVER_OPTIMIZER_SAMPLER_CODEC_H_

#include "absl/status/statusor.h"
#include "parzen/v1/parzen.pb.h"
#include "sampler/make_sampler.h"
#include "server/error/field.h"

namespace parzen::optimizer {

// An unset seed decodes as 0.
absl::StatusOr<SamplerConfig> DecodeSampler(const v1::SamplerConfig& config, const error::Field& field);
void EncodeSampler(const SamplerConfig& config, v1::SamplerConfig* out);

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_SAMPLER_CODEC_H_
