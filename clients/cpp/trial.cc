#include "parzen/trial.h"

#include <utility>

#include "base/status_macros.h"
#include "clients/cpp/connection.h"
#include "clients/cpp/convert.h"

namespace parzen {
inline namespace client {
namespace {

absl::Status NoSuchParameter(const FrozenTrial& trial, std::string_view name) {
  return absl::NotFoundError("trial " + std::to_string(trial.number()) + " has no parameter '" + std::string(name) + "'");
}

absl::Status WrongType(std::string_view name, const Value& value, std::string_view wanted) {
  return absl::InvalidArgumentError("parameter '" + std::string(name) + "' is " + ToText(value) + ", not " + std::string(wanted));
}

template <typename T>
absl::StatusOr<T> Get(const FrozenTrial& trial, std::string_view name, std::string_view wanted) {
  const Value* value = Find(trial.params, name);
  if (value == nullptr) return NoSuchParameter(trial, name);
  if (const T* held = std::get_if<T>(value)) return *held;
  return WrongType(name, *value, wanted);
}

}  // namespace

Trial::Trial(std::shared_ptr<Connection> connection, FrozenTrial trial)
    : connection_(std::move(connection)), trial_(std::move(trial)) {
  if (trial_.state != TrialState::kRunning || trial_.lease.value_or(0) <= 0) return;
  lease_ = std::make_shared<HeldLease>(trial_.handle, *trial_.lease);
  connection_->leases().Hold(lease_);
}

bool Trial::stop_requested() const { return stop_requested_ || (lease_ != nullptr && lease_->stop_requested()); }
bool Trial::lease_lost() const { return lease_ != nullptr && lease_->lost(); }

void Trial::OnLease(std::function<void(LeaseEvent)> callback) const {
  if (lease_ != nullptr) lease_->SetCallback(std::move(callback));
}

absl::StatusOr<double> Trial::Float(std::string_view name) const {
  const Value* value = Find(trial_.params, name);
  if (value != nullptr && std::holds_alternative<int64_t>(*value)) return static_cast<double>(std::get<int64_t>(*value));
  return Get<double>(trial_, name, "a number");
}

absl::StatusOr<int64_t> Trial::Int(std::string_view name) const { return Get<int64_t>(trial_, name, "a whole number"); }
absl::StatusOr<bool> Trial::Bool(std::string_view name) const { return Get<bool>(trial_, name, "true or false"); }
absl::StatusOr<std::string> Trial::String(std::string_view name) const { return Get<std::string>(trial_, name, "a text"); }

absl::StatusOr<Value> Trial::Suggest(std::string_view name, const Distribution& distribution) {
  v1::SuggestRequest request;
  request.set_request_id(NewRequestId());
  *request.mutable_trial() = ToProto(trial_.handle);
  request.set_name(std::string(name));
  *request.mutable_distribution() = ToProto(distribution);
  v1::SuggestResponse response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  Value value = FromProto(response.value());
  if (Find(trial_.params, name) == nullptr) trial_.params.push_back({std::string(name), value, distribution});
  return value;
}

absl::StatusOr<double> Trial::SuggestFloat(std::string_view name, double low, double high, bool log, std::optional<double> step) {
  PARZEN_ASSIGN_OR_RETURN(const Value value, Suggest(name, parzen::Float{low, high, log, step}));
  if (const double* held = std::get_if<double>(&value)) return *held;
  return WrongType(name, value, "a number");
}

absl::StatusOr<int64_t> Trial::SuggestInt(std::string_view name, int64_t low, int64_t high, bool log, int64_t step) {
  PARZEN_ASSIGN_OR_RETURN(const Value value, Suggest(name, parzen::Int{low, high, log, step}));
  if (const int64_t* held = std::get_if<int64_t>(&value)) return *held;
  return WrongType(name, value, "a whole number");
}

absl::StatusOr<Value> Trial::SuggestCategorical(std::string_view name, std::vector<Value> choices) {
  return Suggest(name, Categorical{std::move(choices)});
}

absl::Status Trial::Report(double value, int64_t step) { return Report({IntermediateValue{step, value}}); }

absl::Status Trial::Report(const std::vector<double>& values, int64_t step) {
  if (values.empty()) return absl::InvalidArgumentError("values is empty: one value an objective is accepted");
  return Report({IntermediateValue{step, values[0], std::nullopt, {values.begin() + 1, values.end()}}});
}

absl::Status Trial::Report(const std::vector<IntermediateValue>& values) {
  v1::ReportRequest request;
  request.set_request_id(NewRequestId());
  for (const IntermediateValue& value : values) {
    v1::IntermediateReport* report = request.add_reports();
    *report->mutable_trial() = ToProto(trial_.handle);
    report->set_step(value.step);
    report->set_value(value.value);
    if (!value.more.empty()) {
      report->add_values(value.value);
      for (const double other : value.more) report->add_values(other);
    }
  }
  v1::ReportResponse response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) return status;
  if (response.advice_size() != request.reports_size())
    return absl::InternalError("the server's advice does not match the reports");
  should_prune_ = stop_requested_ = false;
  for (const v1::ReportResponse::Advice& advice : response.advice()) {
    // Whoever reports several at once would have been told to end at the first of them.
    if (advice.should_prune() && !should_prune_) trial_.prune_reason = advice.reason();
    should_prune_ = should_prune_ || advice.should_prune();
    stop_requested_ = stop_requested_ || advice.stop_requested();
  }
  return absl::OkStatus();
}

absl::StatusOr<FrozenTrial> Trial::Tell(const Outcome& outcome) {
  // Whoever takes a failed call for a failed trial must not bury its result.
  if (const std::optional<v1::Outcome> pending = connection_->tells().Pending(ToProto(trial_.handle));
      pending.has_value() && outcome.state == TrialState::kFailed && pending->state() != v1::Trial::FAILED) {
    return absl::UnavailableError("trial " + std::to_string(number()) + " has a result, which is still being told");
  }
  v1::TellRequest request;
  request.set_request_id(NewRequestId());
  *request.add_outcomes() = ToProto(trial_.handle, outcome);
  v1::TellResponse response;
  if (const absl::Status status = connection_->Call(request, &response); !status.ok()) {
    if (IsTransportError(status)) connection_->tells().Keep(std::move(request), lease_);
    return status;
  }
  if (lease_ != nullptr) connection_->leases().Release(lease_.get());
  if (response.trials_size() != 1) return absl::InternalError("the server answered one outcome with other than one trial");
  return FromProto(response.trials(0));
}

absl::Status Trial::Tell(double value, const TellOptions& options) { return Tell(std::vector<double>{value}, options); }

absl::Status Trial::Tell(std::vector<double> values, const TellOptions& options) {
  return Tell(Outcome{TrialState::kComplete, std::move(values), options.constraints, options.metrics, FailureKind::kNone, {}})
      .status();
}

absl::Status Trial::Prune(const TellOptions& options) {
  return Tell(Outcome{TrialState::kPruned, {}, options.constraints, options.metrics, FailureKind::kNone, {}}).status();
}

absl::Status Trial::Fail(std::string_view reason, FailureKind kind) {
  return Tell(Outcome{TrialState::kFailed, {}, {}, {}, kind, std::string(reason)}).status();
}

absl::Status Trial::SetUserAttr(std::string_view key, std::string_view json) {
  v1::UpdateTrialRequest request;
  request.set_request_id(NewRequestId());
  *request.mutable_trial() = ToProto(trial_.handle);
  v1::Attribute* attribute = request.add_user_attrs();
  attribute->set_key(std::string(key));
  attribute->set_json(std::string(json));
  v1::Trial response;
  return connection_->Call(request, &response);
}

}  // namespace client
}  // namespace parzen
