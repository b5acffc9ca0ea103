// The fields of everything that replicas send to one another, in the order in which they are written (encoding.h).
//
// A struct that gets one field more does not compile here until the field is written down, and the number of the layout raised:
// replicas of different layouts do not forward calls to one another (docs/replicas.md, "Upgrades").

#ifndef PARZEN_SERVER_PLACEMENT_LAYOUT_H_
#define PARZEN_SERVER_PLACEMENT_LAYOUT_H_

#include <concepts>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>

#include "server/engine/client_trials.h"
#include "server/engine/service.h"
#include "server/engine/types.h"

namespace parzen::placement {

inline constexpr uint32_t kLayout = 1;

// What the service takes without a struct of its own.
struct NameCommand {
  std::string study;
};

// A piece of a watch: what there is after the revision, or what comes within the time.
struct PollCommand {
  engine::WatchCommand watch;
  int64_t wait_millis = 0;
};

// Loads a study, and does nothing else.
struct TouchCommand {
  uint64_t study_uid = 0;
};

template <typename T, typename U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

// clang-format off
auto Fields(Is<NameCommand> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<TouchCommand> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<PollCommand> auto& v) { auto& [a, b] = v; return std::tie(a, b); }

// Spaces and samplers.
auto Fields(Is<FloatDistribution> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<IntDistribution> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<CategoricalDistribution> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<Condition> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<Parameter> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<NamedDistribution> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<NamedValue> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<TpeOptions> auto& v) { auto& [a, b, c, d, e, f, g, h, i, j, k] = v; return std::tie(a, b, c, d, e, f, g, h, i, j, k); }
auto Fields(Is<GpOptions> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<SamplerConfig> auto& v) { auto& [a, b, c, d, e] = v; return std::tie(a, b, c, d, e); }
auto Fields(Is<StreamPositions> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<JointPart> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<Candidate> auto& v) { auto& [a, b, c, d, e, f] = v; return std::tie(a, b, c, d, e, f); }
auto Fields(Is<ExplainedGroup> auto& v) { auto& [a, b, c, d, e, f, g] = v; return std::tie(a, b, c, d, e, f, g); }
auto Fields(Is<Explanation> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<PercentileOptions> auto& v) { auto& [a, b, c, d, e] = v; return std::tie(a, b, c, d, e); }
auto Fields(Is<SuccessiveHalvingOptions> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<HyperbandOptions> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<ThresholdOptions> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<PatientOptions> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<WilcoxonOptions> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<PrunerConfig> auto& v) { auto& [a, b, c, d, e, f, g, h] = v; return std::tie(a, b, c, d, e, f, g, h); }

// Studies.

auto Fields(Is<engine::RequestKey> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::DeclaredParameter> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<EarlierStudy> auto& v) { auto& [a, b, c, d, e, f, g, h, i, j, k, l] = v; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l); }
auto Fields(Is<WarmStart> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::StudyDefinition> auto& v) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = v; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m); }
auto Fields(Is<engine::TrialCounts> auto& v) { auto& [a, b, c, d, e, f] = v; return std::tie(a, b, c, d, e, f); }
auto Fields(Is<engine::Study> auto& v) { auto& [a, b, c, d, e, f, g, h, i, j, k, l] = v; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l); }
auto Fields(Is<engine::WarmStartFrom> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::CreateStudyCommand> auto& v) { auto& [a, b, c, d, e, f, g, h, i, j] = v; return std::tie(a, b, c, d, e, f, g, h, i, j); }
auto Fields(Is<engine::UpdateStudyCommand> auto& v) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r] = v; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r); }
auto Fields(Is<engine::DeleteStudyCommand> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }

// Trials.
auto Fields(Is<storage::Intermediate> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<engine::TrialHandle> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::Trial> auto& v) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, x, y, z, a1, b1, c1, d1, e1, f1] = v;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, x, y, z, a1, b1, c1, d1, e1, f1);
}
auto Fields(Is<engine::AskCommand> auto& v) { auto& [a, b, c, d, e, f, g, h, i] = v; return std::tie(a, b, c, d, e, f, g, h, i); }
auto Fields(Is<engine::AskAnswer> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<engine::TellOutcome> auto& v) { auto& [a, b, c, d, e, f, g] = v; return std::tie(a, b, c, d, e, f, g); }
auto Fields(Is<engine::TellCommand> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::TellAnswer> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<engine::IntermediateReport> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<engine::ReportCommand> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::Advice> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::ReportAnswer> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<engine::HeartbeatCommand> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::HeartbeatAnswer> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<engine::StopTrialCommand> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::GivenParam> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::EnqueueCommand> auto& v) { auto& [a, b, c, d, e] = v; return std::tie(a, b, c, d, e); }
auto Fields(Is<engine::ImportedTrial> auto& v) {
  auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r] = v;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r);
}
auto Fields(Is<engine::AddTrialsCommand> auto& v) { auto& [a, b, c, d, e] = v; return std::tie(a, b, c, d, e); }
auto Fields(Is<engine::AddTrialsAnswer> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::SuggestCommand> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<engine::SuggestAnswer> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<engine::UpdateTrialCommand> auto& v) { auto& [a, b, c, d, e] = v; return std::tie(a, b, c, d, e); }

// Of clients that choose parameters themselves.
auto Fields(Is<engine::TrialRef> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::ChosenParam> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<engine::TrialTemplate> auto& v) { auto& [a, b, c, d, e, f, g, h, i] = v; return std::tie(a, b, c, d, e, f, g, h, i); }
auto Fields(Is<engine::Sampling> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::BeginTrialCommand> auto& v) { auto& [a, b, c, d, e, f, g, h, i] = v; return std::tie(a, b, c, d, e, f, g, h, i); }
auto Fields(Is<engine::SampledParameter> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::BeginTrialAnswer> auto& v) { auto& [a, b, c, d, e, f] = v; return std::tie(a, b, c, d, e, f); }
auto Fields(Is<engine::SampleCommand> auto& v) { auto& [a, b, c, d, e] = v; return std::tie(a, b, c, d, e); }
auto Fields(Is<engine::SetParameterCommand> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::SetTrialStateCommand> auto& v) { auto& [a, b, c, d, e, f, g] = v; return std::tie(a, b, c, d, e, f, g); }
auto Fields(Is<engine::AmendTrialCommand> auto& v) { auto& [a, b, c, d, e, f] = v; return std::tie(a, b, c, d, e, f); }
auto Fields(Is<engine::AdvanceTrialCommand> auto& v) { auto& [a, b, c, d, e, f] = v; return std::tie(a, b, c, d, e, f); }
auto Fields(Is<engine::AdvanceTrialAnswer> auto& v) { auto& [a] = v; return std::tie(a); }
auto Fields(Is<engine::ReadTrialsCommand> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<engine::ReadTrialsAnswer> auto& v) { auto& [a] = v; return std::tie(a); }

// Reading.
auto Fields(Is<engine::GetTrialCommand> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::ListTrialsCommand> auto& v) { auto& [a, b, c, d, e, f] = v; return std::tie(a, b, c, d, e, f); }
auto Fields(Is<engine::ListTrialsAnswer> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::BestTrialsCommand> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<engine::BestTrialsAnswer> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<gp::RecommendedTrial> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::RecommendTrialsCommand> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<engine::RecommendTrialsAnswer> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<engine::GetImportancesCommand> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::GetImportancesAnswer> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
auto Fields(Is<engine::ExplainTrialCommand> auto& v) { auto& [a, b] = v; return std::tie(a, b); }
auto Fields(Is<engine::ExplainTrialAnswer> auto& v) { auto& [a, b, c] = v; return std::tie(a, b, c); }
auto Fields(Is<engine::WatchCommand> auto& v) { auto& [a, b, c, d, e] = v; return std::tie(a, b, c, d, e); }
auto Fields(Is<engine::WatchBatch> auto& v) { auto& [a, b, c, d] = v; return std::tie(a, b, c, d); }
// clang-format on

// Enums: whether there is such a value.
inline bool IsKnown(Direction v) { return v == Direction::kMinimize || v == Direction::kMaximize; }
inline bool IsKnown(SamplerKind v) { return v >= SamplerKind::kAuto && v <= SamplerKind::kGpEi; }
inline bool IsKnown(Reproduce v) { return v >= Reproduce::kNone && v <= Reproduce::kOptuna50; }
inline bool IsKnown(TieOrder v) { return v >= TieOrder::kDefault && v <= TieOrder::kScalar; }
inline bool IsKnown(PrunerKind v) { return v >= PrunerKind::kNone && v <= PrunerKind::kWilcoxon; }
inline bool IsKnown(storage::StudyState v) { return v >= storage::StudyState::kActive && v <= storage::StudyState::kFinished; }
inline bool IsKnown(storage::TrialState v) { return v >= storage::TrialState::kWaiting && v <= storage::TrialState::kFailed; }
inline bool IsKnown(storage::FailureKind v) { return v <= storage::FailureKind::kInfeasible; }
inline bool IsKnown(storage::View v) { return v == storage::View::kBasic || v == storage::View::kFull; }
inline bool IsKnown(gp::RecommendedBy v) { return v >= gp::RecommendedBy::kSpace && v <= gp::RecommendedBy::kToldValues; }
inline bool IsKnown(engine::HeartbeatReply v) {
  return v >= engine::HeartbeatReply::kContinue && v <= engine::HeartbeatReply::kLeaseLost;
}

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_LAYOUT_H_
