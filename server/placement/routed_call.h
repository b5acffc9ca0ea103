// One call on its way: here, or to another replica, and perhaps first to one and then to the other. It keeps its command until it
// is answered.

#ifndef PARZEN_SERVER_PLACEMENT_ROUTED_CALL_H_
#define PARZEN_SERVER_PLACEMENT_ROUTED_CALL_H_

#include <sys/random.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call_context.h"
#include "server/engine/service.h"
#include "server/placement/encoding.h"
#include "server/placement/later.h"

namespace parzen::placement {

// Where calls run.
struct Here {
  engine::Service* service;
  Later* later;
};

// What a call of the service is to those who carry it.
template <typename CommandType, typename AnswerType>
struct Operation {
  using Command = CommandType;
  using Answer = AnswerType;
  std::string_view name;
  void (*run)(const Here& here, Command command, engine::Done<Answer> done);
  bool reads = false;    // changes nothing: an answer from before a pause is to be had anew
  bool lingers = false;  // waits for what others do, and is in nobody's way meanwhile
};

// The study that a call is for: by uid, or where that is 0 by name.
struct Target {
  uint64_t uid = 0;
  std::string name;
};

class RoutedCall {
 public:
  virtual ~RoutedCall() = default;

  virtual std::string_view name() const = 0;
  virtual bool reads() const = 0;
  virtual bool lingers() const = 0;
  virtual bool ends_study() const = 0;
  // Runs it here. The answer is kept, and `ended` called with its status, once.
  virtual void Run(const Here& here, std::function<void(const absl::Status&)> ended) = 0;
  // For another replica; what changes something gets a request_id if it has none, so that it can be sent again.
  virtual std::string EncodeCommand() = 0;
  // Keeps another replica's answer. False where the bytes are none.
  virtual bool DecodeAnswer(std::string_view bytes) = 0;
  // Answers the caller, once: with what was kept, or with what went wrong.
  virtual void Deliver(const absl::Status& status) = 0;

  // Of the router; one thread at a time has the call.
  std::shared_ptr<CallContext> context = std::make_shared<CallContext>();  // of whoever called
  Target target;
  bool from_peer = false;  // forwarded once, and never again
  bool resolved = false;   // its study's owner has just been looked up
  int failures = 0;
  std::chrono::steady_clock::time_point give_up;  // set by the first failure
};

template <typename Command>
Target TargetOf(const Command& command) {
  Target target;
  const auto take_first = [&target](const auto& trials) {
    if (!trials.empty()) target.uid = trials.front().trial.study_uid;
  };
  if constexpr (requires { command.study_uid; }) target.uid = command.study_uid;
  if constexpr (requires { command.trial.study_uid; }) target.uid = command.trial.study_uid;
  if constexpr (requires { command.outcomes; }) take_first(command.outcomes);
  if constexpr (requires { command.reports; }) take_first(command.reports);
  if constexpr (requires { command.watch; }) target.name = command.watch.study;
  if constexpr (requires { command.study; }) target.name = command.study;
  if constexpr (requires {
                  command.name;
                  command.definition;
                })
    target.name = command.name;
  if constexpr (requires { command.trials.front().study_uid; }) {
    if (!command.trials.empty()) target.uid = command.trials.front().study_uid;
  }
  return target;
}

template <typename Command, typename Answer>
class TypedCall final : public RoutedCall, public std::enable_shared_from_this<TypedCall<Command, Answer>> {
 public:
  // The operation outlives the call.
  TypedCall(const Operation<Command, Answer>* operation, Command command, engine::Done<Answer> done)
      : operation_(*operation), command_(std::move(command)), done_(std::move(done)) {
    target = TargetOf(command_);
  }

  std::string_view name() const override { return operation_.name; }
  bool reads() const override { return operation_.reads; }
  bool lingers() const override { return operation_.lingers; }
  bool ends_study() const override { return std::is_same_v<Command, engine::DeleteStudyCommand>; }

  void Run(const Here& here, std::function<void(const absl::Status&)> ended) override {
    operation_.run(here, command_, [self = this->shared_from_this(), ended = std::move(ended)](absl::StatusOr<Answer> answer) {
      const absl::Status status = answer.status();
      self->answer_ = std::move(answer);
      ended(status);
    });
  }

  std::string EncodeCommand() override {
    if constexpr (requires { command_.request.id; }) {
      if (!command_.request.id) {
        storage::RequestId id{};
        if (getentropy(id.data(), id.size()) == 0) command_.request = {id, 0};
      }
    }
    return Encode(command_);
  }

  bool DecodeAnswer(std::string_view bytes) override {
    Answer answer{};
    if (!Decode(bytes, &answer)) return false;
    answer_ = std::move(answer);
    return true;
  }

  void Deliver(const absl::Status& status) override {
    const engine::Done<Answer> done = std::exchange(done_, nullptr);
    if (!status.ok()) return done(status);
    done(std::move(answer_));
  }

 private:
  const Operation<Command, Answer>& operation_;
  Command command_;
  engine::Done<Answer> done_;
  absl::StatusOr<Answer> answer_ = absl::UnknownError("");
};

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_ROUTED_CALL_H_
