// Requests and answers about trials, between the wire and the engine's types.

#ifndef PARZEN_SERVER_OPTIMIZER_TRIAL_CODEC_H_
#define PARZEN_SERVER_OPTIMIZER_TRIAL_CODEC_H_

#include "absl/status/statusor.h"
#include "parzen/v1/parzen.pb.h"
#include "server/engine/insights.h"
#include "server/engine/types.h"

namespace parzen::optimizer {

absl::StatusOr<engine::AskCommand> Decode(const v1::AskRequest& request);
absl::StatusOr<engine::TellCommand> Decode(const v1::TellRequest& request);
absl::StatusOr<engine::ReportCommand> Decode(const v1::ReportRequest& request);
absl::StatusOr<engine::HeartbeatCommand> Decode(const v1::HeartbeatRequest& request);
absl::StatusOr<engine::StopTrialCommand> Decode(const v1::StopTrialRequest& request);
absl::StatusOr<engine::EnqueueCommand> Decode(const v1::EnqueueRequest& request);
absl::StatusOr<engine::AddTrialsCommand> Decode(const v1::AddTrialsRequest& request);
absl::StatusOr<engine::SuggestCommand> Decode(const v1::SuggestRequest& request);
absl::StatusOr<engine::UpdateTrialCommand> Decode(const v1::UpdateTrialRequest& request);
absl::StatusOr<engine::GetTrialCommand> Decode(const v1::GetTrialRequest& request);
absl::StatusOr<engine::ListTrialsCommand> Decode(const v1::ListTrialsRequest& request);
absl::StatusOr<engine::BestTrialsCommand> Decode(const v1::BestTrialsRequest& request);
absl::StatusOr<engine::RecommendTrialsCommand> Decode(const v1::RecommendTrialsRequest& request);
absl::StatusOr<engine::ExplainTrialCommand> Decode(const v1::ExplainTrialRequest& request);
absl::StatusOr<engine::WatchCommand> Decode(const v1::WatchStudyRequest& request);

// The FULL view has distributions, intermediate values and attributes; the BASIC view has not, whatever the engine gave.
void EncodeTrial(const engine::Trial& trial, bool full, v1::Trial* out);
// A list of trials. Beyond about 3 MiB of them the rest comes without distributions, which are those of the first.
void EncodeTrials(const std::vector<engine::Trial>& trials, bool full, google::protobuf::RepeatedPtrField<v1::Trial>* out);

void Encode(const engine::AskAnswer& answer, v1::AskResponse* out);
void Encode(const engine::TellAnswer& answer, v1::TellResponse* out);
void Encode(const engine::ReportAnswer& answer, v1::ReportResponse* out);
void Encode(const engine::HeartbeatAnswer& answer, v1::HeartbeatResponse* out);
void Encode(const engine::AddTrialsAnswer& answer, v1::AddTrialsResponse* out);
void Encode(const engine::SuggestAnswer& answer, v1::SuggestResponse* out);
void Encode(const engine::RecommendTrialsAnswer& answer, bool full, v1::RecommendTrialsResponse* out);
void Encode(const engine::ExplainTrialAnswer& answer, v1::ExplainTrialResponse* out);

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_TRIAL_CODEC_H_
