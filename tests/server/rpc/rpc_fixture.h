// A real server and a real channel to it, for tests of the RPCs of parzen.v1.Optimizer.

#ifndef PARZEN_TESTS_SERVER_RPC_RPC_FIXTURE_H_
#define PARZEN_TESTS_SERVER_RPC_RPC_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/server/rpc/live_server.h"

namespace parzen {

using Stub = v1::Optimizer::Stub;

class RpcTest : public ::testing::Test {
 protected:
  // A study with one parameter of each kind, and a child.
  static constexpr std::string_view kSpace = R"(
    space {
      parameters { name: "lr" distribution { float { low: 1e-5 high: 0.1 log: true } } }
      parameters { name: "depth" distribution { int { low: 1 high: 8 } } }
      parameters { name: "kernel" distribution { categorical { choices { string_value: "rbf" } choices { string_value: "poly" } } } }
      parameters { name: "gamma" distribution { float { low: 0 high: 1 } } when { parent: "kernel" values { string_value: "rbf" } } }
    })";

  v1::Study Create(const std::string& name, const std::string& more = "sampler { random {} seed: 1 }") {
    return Must(stub(), &Stub::CreateStudy, absl::StrCat("study { name: '", name, "' ", std::string(kSpace), " ", more, " }"));
  }
  v1::Trial Ask(const std::string& study) {
    const auto asked = Must(stub(), &Stub::Ask, absl::StrCat("study: '", study, "' worker: 'w'"));
    EXPECT_EQ(asked.trials_size(), 1);
    return asked.trials(0);
  }
  v1::Trial Tell(const v1::Trial& trial, const std::string& outcome) {
    const auto told = Must(stub(), &Stub::Tell, absl::StrCat("outcomes { trial {", TextOf(trial.handle()), "} ", outcome, "}"));
    EXPECT_EQ(told.trials_size(), 1);
    return told.trials(0);
  }
  Stub* stub() { return stub_.get(); }
  LiveServer& live() { return live_; }

 private:
  TestDirectory directory_;
  LiveServer live_{directory_.File("studies.db")};
  std::unique_ptr<Stub> stub_ = v1::Optimizer::NewStub(live_.Connect());
};

}  // namespace parzen

#endif  // PARZEN_TESTS_SERVER_RPC_RPC_FIXTURE_H_
