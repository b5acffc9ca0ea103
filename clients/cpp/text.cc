// The public types' words as text, and back.

#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "parzen/study.h"

namespace parzen {
inline namespace client {
namespace {

constexpr std::array<std::string_view, 6> kTrialStates = {"", "waiting", "running", "complete", "pruned", "failed"};
constexpr std::array<std::string_view, 4> kFailureKinds = {"", "crashed", "preempted", "infeasible"};

template <typename Enum, size_t n>
std::optional<Enum> FromText(const std::array<std::string_view, n>& words, std::string_view text) {
  for (size_t i = 1; i < n; ++i) {
    if (words[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

const Value* Find(const Params& params, std::string_view name) {
  for (const Param& param : params) {
    if (param.name == name) return &param.value;
  }
  return nullptr;
}

std::string ToText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return error == std::errc() ? std::string(buffer, end) : std::string("nan");
}

std::string ToText(const Value& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return "null";
        } else if constexpr (std::is_same_v<T, bool>) {
          return held ? "true" : "false";
        } else if constexpr (std::is_same_v<T, int64_t>) {
          return std::to_string(held);
        } else if constexpr (std::is_same_v<T, double>) {
          return ToText(held);
        } else {
          return held;
        }
      },
      value);
}

std::string_view ToText(TrialState state) { return kTrialStates[static_cast<size_t>(state) % kTrialStates.size()]; }
std::optional<TrialState> TrialStateFromText(std::string_view text) { return FromText<TrialState>(kTrialStates, text); }
std::string_view ToText(FailureKind kind) { return kFailureKinds[static_cast<size_t>(kind) % kFailureKinds.size()]; }
std::optional<FailureKind> FailureKindFromText(std::string_view text) { return FromText<FailureKind>(kFailureKinds, text); }
std::string_view ToText(Direction direction) { return direction == Direction::kMaximize ? "maximize" : "minimize"; }

std::string_view ToText(StudyState state) {
  switch (state) {
    case StudyState::kPaused:
      return "paused";
    case StudyState::kFinished:
      return "finished";
    case StudyState::kActive:
      break;
  }
  return "active";
}

}  // namespace client
}  // namespace parzen
