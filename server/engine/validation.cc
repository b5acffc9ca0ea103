#include "server/engine/validation.h"

#include <set>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/attributes.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

absl::Status CheckName(std::string_view field, const std::string& name) {
  if (!name.empty() && name.size() <= kMaxNameBytes) return absl::OkStatus();
  return error::BadField(field, absl::StrCat("has ", name.size(), " bytes; 1 to ", kMaxNameBytes, " are accepted"));
}

absl::Status CheckRange(std::string_view field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return error::BadField(field, absl::StrCat("is ", value, "; ", low, " to ", high, " is accepted"));
}

absl::Status CheckMany(std::string_view field, size_t count, size_t high) {
  if (count >= 1 && count <= high) return absl::OkStatus();
  return error::BadField(field, absl::StrCat("has ", count, " entries; 1 to ", high, " are accepted"));
}

absl::Status CheckBytes(std::string_view field, const std::string& text, size_t high) {
  if (text.size() <= high) return absl::OkStatus();
  return error::BadField(field, absl::StrCat("has ", text.size(), " bytes; at most ", high, " are accepted"));
}

absl::Status CheckNamed(std::string_view field, const NamedDoubles& values) {
  if (values.size() > kMaxNamedDoubles) {
    return error::BadField(field, absl::StrCat("has ", values.size(), " entries; at most ", kMaxNamedDoubles, " are accepted"));
  }
  std::set<std::string_view> names;
  for (const auto& [name, value] : values) {
    if (absl::Status status = CheckName(std::string(field) + ".name", name); !status.ok()) return status;
    if (!names.insert(name).second)
      return error::BadField(std::string(field) + ".name", "\"" + name + "\" is there twice; names must differ");
  }
  return absl::OkStatus();
}

absl::Status CheckHandle(std::string_view field, const TrialHandle& trial, uint64_t uid) {
  if (trial.study_uid != uid)
    return error::BadField(std::string(field) + ".study_uid", "differs within the call; one study is accepted");
  if (trial.attempt < 0)
    return error::BadField(std::string(field) + ".attempt", absl::StrCat("is ", trial.attempt, "; 0 or more is accepted"));
  return absl::OkStatus();
}

absl::Status CheckLease(const std::optional<int64_t>& micros) {
  if (!micros || (*micros >= kMinLeaseMicros && *micros <= kMaxLeaseMicros)) return absl::OkStatus();
  return error::BadField("lease_seconds",
                         absl::StrCat("is ", static_cast<double>(*micros) / 1e6, "; 1 to 86,400 seconds are accepted"));
}

// What came out of a trial: told or imported. `unfinished`: it need not have ended.
template <typename Told>
absl::Status CheckOutcome(const std::string& field, const Told& told, bool unfinished = false) {
  const bool ended = told.state >= TrialState::kComplete;
  if (!ended && !unfinished) return error::BadField(field + ".state", "COMPLETE, PRUNED or FAILED is accepted");
  if (!ended || told.state == TrialState::kFailed) {
    if (!told.values.empty())
      return error::BadField(field + ".values", ended ? "a FAILED trial has none" : "an unfinished trial has none");
  }
  // Of an import it may be why the trial should have been pruned.
  const bool has_reason = std::is_same_v<Told, TellOutcome> && !told.reason.empty();
  if (told.state != TrialState::kFailed && (told.failure != FailureKind::kNone || has_reason)) {
    return error::BadField(field + ".failure", "only a FAILED trial has one");
  }
  absl::Status status = CheckBytes(field + ".failure.reason", told.reason, kMaxReasonBytes);
  if (status.ok()) status = CheckNamed(field + ".constraints", told.constraints);
  if (status.ok()) status = CheckNamed(field + ".metrics", told.metrics);
  return status;
}

// Parameters that are to be sampled.
absl::Status CheckSpace(const std::vector<NamedDistribution>& space) {
  if (space.size() > kMaxParameters) {
    return error::OverLimit("LIMIT_PARAMETERS", absl::StrCat("a space has at most ", kMaxParameters, " parameters"));
  }
  for (const NamedDistribution& parameter : space) {
    const absl::Status status = ValidateDistribution(parameter.name, parameter.distribution);
    if (!status.ok()) return error::AsBadField(status, "distribution");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckReportedValues(size_t steps, size_t objectives) {
  if (steps <= kMaxReportedValues / objectives) return absl::OkStatus();
  return error::OverLimit("LIMIT_REPORTS",
                          absl::StrCat("the trial would have intermediate values at ", steps, " steps; at most ",
                                       kMaxReportedValues / objectives, " are accepted: report every tenth step, say"));
}

namespace {

absl::Status CheckWarmStart(const CreateStudyCommand& command) {
  constexpr std::string_view kField = "warm_start_from";
  const WarmStartFrom& from = command.warm_start_from;
  if (from.empty()) return absl::OkStatus();
  if (command.definition.warm_start != nullptr) {
    return error::BadField(kField, "is set beside study.warm_start_snapshot; one of the two is accepted");
  }
  if (from.automatic && !from.studies.empty()) {
    return error::BadField(kField, "names studies, and warm_start_auto is set; one of the two is accepted");
  }
  if (from.studies.size() > kMaxEarlierStudies) {
    return error::BadField(
        kField, absl::StrCat("names ", from.studies.size(), " studies; at most ", kMaxEarlierStudies, " are accepted"));
  }
  if (command.definition.space.empty()) {
    return error::BadField(kField, "is set, but the study declares no space; a study with a declared space is accepted");
  }
  std::set<std::string_view> names;
  for (const std::string& name : from.studies) {
    PARZEN_RETURN_IF_ERROR(CheckName(kField, name));
    if (name == command.name) return error::BadField(kField, "names the study itself; earlier studies are accepted");
    if (!names.insert(name).second) {
      return error::BadField(kField, "names \"" + name + "\" twice; different studies are accepted");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const CreateStudyCommand& command) {
  absl::Status status = command.any_name ? absl::OkStatus() : CheckName("study.name", command.name);
  if (status.ok()) status = ValidateDefinition(command.definition);
  if (status.ok()) status = CheckWarmStart(command);
  if (status.ok()) status = CheckAttributes("study.user_attrs", command.user_attrs, false);
  if (status.ok()) status = CheckAttributes("study.system_attrs", command.system_attrs, false);
  if (status.ok()) status = CheckAttributeCount("study.user_attrs", {}, command.user_attrs);
  if (status.ok()) status = CheckAttributeCount("study.system_attrs", {}, command.system_attrs);
  return status;
}

absl::Status Validate(const ListStudiesCommand& command) { return CheckRange("page_size", command.page_size, 1, 1000); }

absl::Status Validate(const UpdateStudyCommand& command) {
  if (command.python_attrs) {
    PARZEN_RETURN_IF_ERROR(CheckPythonAttributes(command.user_attrs));
    return CheckPythonAttributes(command.system_attrs);
  }
  absl::Status status = CheckAttributes("study.user_attrs", command.user_attrs, true);
  if (status.ok()) status = CheckAttributes("study.system_attrs", command.system_attrs, true);
  return status;
}

absl::Status Validate(const AskCommand& command) {
  absl::Status status = CheckRange("count", command.count, 1, kMaxPerCall);
  if (status.ok()) status = CheckBytes("worker", command.worker, kMaxWorkerBytes);
  if (status.ok() && command.resume && command.worker.empty())
    status = error::BadField("worker", "is empty; resume needs the worker's name");
  return status.ok() ? CheckLease(command.lease_micros) : status;
}

absl::Status Validate(const TellCommand& command) {
  if (absl::Status status = CheckMany("outcomes", command.outcomes.size(), kMaxPerCall); !status.ok()) return status;
  for (const TellOutcome& outcome : command.outcomes) {
    absl::Status status = CheckHandle("outcomes.trial", outcome.trial, command.outcomes.front().trial.study_uid);
    if (status.ok()) status = CheckOutcome("outcomes", outcome);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Validate(const ReportCommand& command) {
  if (absl::Status status = CheckMany("reports", command.reports.size(), kMaxPerCall); !status.ok()) return status;
  for (const IntermediateReport& report : command.reports) {
    if (absl::Status status = CheckHandle("reports.trial", report.trial, command.reports.front().trial.study_uid); !status.ok()) {
      return status;
    }
    if (report.step < 0) return error::BadField("reports.step", absl::StrCat("is ", report.step, "; 0 or more is accepted"));
  }
  return absl::OkStatus();
}

absl::Status Validate(const HeartbeatCommand& command) {
  absl::Status status = CheckBytes("worker", command.worker, kMaxWorkerBytes);
  if (status.ok()) status = CheckMany("trials", command.trials.size(), kMaxPerCall);
  for (const TrialHandle& trial : command.trials) {
    if (status.ok()) status = CheckHandle("trials", trial, trial.study_uid);
  }
  return status;
}

absl::Status Validate(const StopTrialCommand& command) { return CheckHandle("trial", command.trial, command.trial.study_uid); }

absl::Status Validate(const EnqueueCommand& command) {
  if (command.params.size() > kMaxParameters) {
    return error::BadField("params",
                           absl::StrCat("has ", command.params.size(), " entries; at most ", kMaxParameters, " are accepted"));
  }
  absl::Status status = CheckAttributes("user_attrs", command.user_attrs, false);
  if (status.ok()) status = CheckAttributeCount("user_attrs", {}, command.user_attrs);
  return status;
}

absl::Status Validate(const AddTrialsCommand& command) {
  if (absl::Status status = CheckMany("trials", command.trials.size(), kMaxImported); !status.ok()) return status;
  for (const ImportedTrial& trial : command.trials) {
    absl::Status status = CheckOutcome("trials", trial, command.restore);
    if (status.ok() && trial.attempt < 0) {
      status = error::BadField("trials.handle.attempt", absl::StrCat("is ", trial.attempt, "; 0 or more is accepted"));
    }
    if (status.ok() && trial.fixed_params.size() > kMaxParameters) {
      status = error::BadField("trials.fixed_params", absl::StrCat("has ", trial.fixed_params.size(), " entries; at most ",
                                                                   kMaxParameters, " are accepted"));
    }
    if (status.ok()) status = CheckBytes("trials.worker", trial.worker, kMaxWorkerBytes);
    if (status.ok()) status = CheckAttributes("trials.user_attrs", trial.user_attrs, false);
    if (status.ok()) status = CheckAttributes("trials.system_attrs", trial.system_attrs, false);
    if (status.ok()) status = CheckAttributeCount("trials.user_attrs", {}, trial.user_attrs);
    if (status.ok()) status = CheckAttributeCount("trials.system_attrs", {}, trial.system_attrs);
    if (status.ok() && trial.params.size() > kMaxParameters) {
      status = error::BadField("trials.params",
                               absl::StrCat("has ", trial.params.size(), " entries; at most ", kMaxParameters, " are accepted"));
    }
    for (const storage::Intermediate& value : trial.intermediates) {
      if (status.ok() && value.step < 0)
        status = error::BadField("trials.intermediate_values.step", absl::StrCat("is ", value.step, "; 0 or more is accepted"));
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Validate(const SuggestCommand& command) {
  absl::Status status = CheckName("name", command.name);
  if (status.ok()) status = CheckHandle("trial", command.trial, command.trial.study_uid);
  return status;
}

absl::Status Validate(const UpdateTrialCommand& command) {
  absl::Status status = CheckHandle("trial", command.trial, command.trial.study_uid);
  if (status.ok()) status = CheckAttributes("user_attrs", command.user_attrs, true);
  if (status.ok()) status = CheckAttributes("system_attrs", command.system_attrs, true);
  if (status.ok()) status = CheckNamed("constraints", command.constraints);
  return status;
}

absl::Status Validate(const BeginTrialCommand& command) {
  PARZEN_RETURN_IF_ERROR(CheckBytes("worker", command.worker, kMaxWorkerBytes));
  PARZEN_RETURN_IF_ERROR(CheckLease(command.lease_micros));
  PARZEN_RETURN_IF_ERROR(CheckSpace(command.expected));
  if (!command.copy_of) return absl::OkStatus();
  PARZEN_RETURN_IF_ERROR(CheckPythonAttributes(command.copy_of->user_attrs));
  return CheckPythonAttributes(command.copy_of->system_attrs);
}

absl::Status Validate(const SetTrialStateCommand& command) {
  PARZEN_RETURN_IF_ERROR(CheckBytes("worker", command.worker, kMaxWorkerBytes));
  return CheckLease(command.lease_micros);
}

absl::Status Validate(const AmendTrialCommand& command) {
  PARZEN_RETURN_IF_ERROR(CheckPythonAttributes(command.user_attrs));
  return CheckPythonAttributes(command.system_attrs);
}

absl::Status Validate(const AdvanceTrialCommand& command) { return Validate(command.amend); }

absl::Status Validate(const SampleCommand& command) {
  if (command.parameter) PARZEN_RETURN_IF_ERROR(CheckSpace({*command.parameter}));
  return command.space ? CheckSpace(*command.space) : absl::OkStatus();
}

absl::Status Validate(const ListTrialsCommand& command) {
  absl::Status status = CheckRange("page_size", command.page_size, 1, 10'000);
  if (status.ok() && command.changed_after && *command.changed_after < 0) {
    status = error::BadField("changed_after", absl::StrCat("is ", *command.changed_after, "; 0 or more is accepted"));
  }
  return status;
}

absl::Status Validate(const BestTrialsCommand& command) { return CheckRange("page_size", command.page_size, 1, 1000); }

absl::Status Validate(const RecommendTrialsCommand& command) { return CheckRange("page_size", command.page_size, 1, 1000); }

absl::Status Validate(const WatchCommand& command) {
  if (command.after_revision >= 0) return absl::OkStatus();
  return error::BadField("after_revision", absl::StrCat("is ", command.after_revision, "; 0 or more is accepted"));
}

}  // namespace parzen::engine
