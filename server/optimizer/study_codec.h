// Requests and answers about studies, between the wire and the engine's types.

#ifndef PARZEN_SERVER_OPTIMIZER_STUDY_CODEC_H_
#define PARZEN_SERVER_OPTIMIZER_STUDY_CODEC_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "parzen/v1/parzen.pb.h"
#include "server/engine/types.h"
#include "server/error/field.h"

namespace parzen::optimizer {

struct GetStudyQuery {
  std::string study;
  bool with_warm_start_snapshot = false;
};

absl::StatusOr<engine::CreateStudyCommand> Decode(const v1::CreateStudyRequest& request);
absl::StatusOr<GetStudyQuery> Decode(const v1::GetStudyRequest& request);
absl::StatusOr<engine::ListStudiesCommand> Decode(const v1::ListStudiesRequest& request);
absl::StatusOr<engine::UpdateStudyCommand> Decode(const v1::UpdateStudyRequest& request);
absl::StatusOr<engine::DeleteStudyCommand> Decode(const v1::DeleteStudyRequest& request);

void Encode(const engine::Study& study, v1::Study* out);
// With all that it learned from earlier studies.
void EncodeWithSnapshot(const engine::Study& study, v1::Study* out);
void Encode(const engine::ListStudiesAnswer& answer, v1::ListStudiesResponse* out);

// A refusal of one of a study's fields, which the engine names as "max_trials", with the name that it has in a request:
// "study.max_trials". Everything else stays.
absl::Status UnderStudy(const absl::Status& status);

// Shared with trials.
engine::Attributes DecodeAttributes(const google::protobuf::RepeatedPtrField<v1::Attribute>& attributes);
void EncodeAttributes(const engine::Attributes& attributes, google::protobuf::RepeatedPtrField<v1::Attribute>* out);
// Microseconds since 1970 to a timestamp.
void EncodeTime(int64_t micros, google::protobuf::Timestamp* out);

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_STUDY_CODEC_H_
