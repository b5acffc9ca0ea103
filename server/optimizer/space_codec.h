// Values, distributions and spaces between the wire (parzen.proto) and the sampler's types.
//
// Decoding refuses what the wire can say and the domain does not have: unset kinds, unknown enum values, counts beyond the
// limits, NaN. Ranges, steps and conditions are the sampler's to check; its complaint is passed on with the field's path.

#ifndef PARZEN_SERVER_OPTIMIZER_SPACE_CODEC_H_
#define PARZEN_SERVER_OPTIMIZER_SPACE_CODEC_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "parzen/v1/parzen.pb.h"
#include "sampler/space/space.h"
#include "server/error/field.h"

namespace parzen::optimizer {

absl::StatusOr<Choice> DecodeValue(const v1::Value& value, const error::Field& field);
void EncodeValue(const Choice& value, v1::Value* out);

absl::StatusOr<Distribution> DecodeDistribution(std::string_view name, const v1::Distribution& distribution,
                                                const error::Field& field);
void EncodeDistribution(const Distribution& distribution, v1::Distribution* out);

absl::StatusOr<Parameter> DecodeParameter(const v1::Parameter& parameter, const error::Field& field);
void EncodeParameter(const Parameter& parameter, v1::Parameter* out);

// A name of a parameter, metric, constraint, worker or attribute: 1 (or `least`) to 256 bytes.
absl::Status CheckName(std::string_view name, const error::Field& field, size_t least = 1);

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_SPACE_CODEC_H_
