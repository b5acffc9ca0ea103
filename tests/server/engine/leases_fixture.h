// What tests of leases have in common: a study, and a clock that stands still until they move it.

#ifndef PARZEN_TESTS_SERVER_ENGINE_LEASES_FIXTURE_H_
#define PARZEN_TESTS_SERVER_ENGINE_LEASES_FIXTURE_H_

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/server/engine/harness.h"

namespace parzen::engine {

inline std::string ParamsOf(const Trial& trial) {
  std::string text;
  for (const TrialParam& param : trial.params) text += param.name + "=" + ChoiceToJson(param.value) + " ";
  return text;
}

inline std::vector<HeartbeatReply> Beat(Harness& harness, const std::vector<TrialHandle>& trials) {
  const auto answer = harness.Heartbeat(trials);
  EXPECT_EQ(answer.status(), absl::OkStatus());
  return answer.ok() ? answer->answers : std::vector<HeartbeatReply>();
}

class LeasesTest : public testing::Test {
 protected:
  void MakeStudy(int32_t max_retries = 3, std::optional<int64_t> max_trials = std::nullopt) {
    StudyDefinition definition = Define({Real("x", 0, 1), Whole("n", 1, 8)});
    definition.max_retries = max_retries;
    definition.max_trials = max_trials;
    harness_.MakeStudy("s", definition);
  }
  Trial Get(int64_t number) { return harness_.GetTrial("s", number).value(); }

  Harness harness_{Harness::Kind::kFile};
};

}  // namespace parzen::engine

#endif  // PARZEN_TESTS_SERVER_ENGINE_LEASES_FIXTURE_H_
