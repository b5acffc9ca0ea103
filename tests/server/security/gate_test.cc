#include "server/security/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/error/error.h"

namespace parzen::security {
namespace {

constexpr Method kGetServerInfo{"/a.Service/GetServerInfo", "GetServerInfo", Role::kReader};
constexpr Method kGetStudy{"/a.Service/GetStudy", "GetStudy", Role::kReader};
constexpr Method kWatchStudy{"/a.Service/WatchStudy", "WatchStudy", Role::kReader, true};
constexpr Method kAsk{"/a.Service/Ask", "Ask", Role::kWorker};
constexpr Method kTell{"/a.Service/Tell", "Tell", Role::kWorker};
constexpr Method kDeleteStudy{"/a.Service/DeleteStudy", "DeleteStudy", Role::kAdmin};

std::unique_ptr<TokenFile> Tokens() {
  const std::string path = ::testing::TempDir() + "gate-tokens";
  std::ofstream(path) << "reader-token-0123456789 rita reader\nworker-token-0123456789 willi worker team/\n"
                         "admin-token-0123456789a ada admin\n";
  chmod(path.c_str(), 0600);
  auto file = TokenFile::Open(path);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

std::string Outcome(const absl::StatusOr<Caller>& caller) {
  if (caller.ok()) return std::string(caller->name());
  return error::GetErrorDetail(caller.status())->reason;
}

TEST(Gate, WithoutAuthenticationEverybodyMayDoEverything) {
  Gate gate(nullptr, false, {});
  EXPECT_FALSE(gate.authenticates());
  const auto caller = gate.Admit(kDeleteStudy, {.peer = "ipv4:127.0.0.1:1"});
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->name(), "");
  EXPECT_TRUE(caller->CheckStudy("anything").ok());
  EXPECT_EQ(caller->VisiblePrefix("x"), "x");
}

TEST(Gate, WithTokensEveryCallNeedsOneOfTheRightRole) {
  Gate gate(Tokens(), false, {});
  EXPECT_TRUE(gate.authenticates());
  EXPECT_EQ(Outcome(gate.Admit(kGetServerInfo, {})), "TOKEN_MISSING");
  EXPECT_EQ(Outcome(gate.Admit(kGetStudy, {.authorization = "Bearer reader-token-0123456789"})), "rita");
  EXPECT_EQ(Outcome(gate.Admit(kTell, {.authorization = "Bearer reader-token-0123456789"})), "ROLE_TOO_LOW");
  EXPECT_EQ(Outcome(gate.Admit(kTell, {.authorization = "Bearer worker-token-0123456789"})), "willi");
  EXPECT_EQ(Outcome(gate.Admit(kDeleteStudy, {.authorization = "Bearer worker-token-0123456789"})), "ROLE_TOO_LOW");
  EXPECT_EQ(Outcome(gate.Admit(kDeleteStudy, {.authorization = "Bearer admin-token-0123456789a"})), "ada");
}

TEST(Gate, MethodsOfTwoServicesMayShareTheirLastName) {
  constexpr Method kOther{"/b.Service/DeleteStudy", "b.DeleteStudy", Role::kWorker};
  Gate gate(Tokens(), false, {});
  const Origin worker{.authorization = "Bearer worker-token-0123456789"};
  EXPECT_EQ(Outcome(gate.Admit(kDeleteStudy, worker)), "ROLE_TOO_LOW");
  EXPECT_EQ(Outcome(gate.Admit(kOther, worker)), "willi");
}

TEST(Gate, ACertificateDoesNotReplaceAToken) {
  Gate gate(Tokens(), true, {});
  EXPECT_EQ(Outcome(gate.Admit(kGetStudy, {.certificate_name = "node-7"})), "TOKEN_MISSING");
}

TEST(Gate, WithMutualTlsAloneACertificateIsAnAdmin) {
  Gate gate(nullptr, true, {});
  EXPECT_TRUE(gate.authenticates());
  EXPECT_EQ(Outcome(gate.Admit(kDeleteStudy, {.certificate_name = "node-7"})), "node-7");
}

TEST(Gate, ACallerKeepsToItsPrefix) {
  Gate gate(Tokens(), false, {});
  const auto caller = gate.Admit(kAsk, {.authorization = "Bearer worker-token-0123456789"});
  ASSERT_TRUE(caller.ok());
  EXPECT_TRUE(caller->CheckStudy("team/a").ok());
  EXPECT_EQ(caller->CheckStudy("other").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(caller->VisiblePrefix(""), "team/");
}

TEST(Gate, BoundsRequestsInFlightOfAHost) {
  Gate gate(nullptr, false, {.watches_per_peer = 1, .requests_per_peer = 2});
  auto first = gate.Admit(kAsk, {.peer = "ipv4:10.0.0.1:1"});
  auto second = gate.Admit(kAsk, {.peer = "ipv4:10.0.0.1:2"});
  EXPECT_TRUE(first.ok() && second.ok());
  const auto third = gate.Admit(kAsk, {.peer = "ipv4:10.0.0.1:3"});
  EXPECT_EQ(third.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Outcome(third), "LIMIT_REQUESTS");
  EXPECT_TRUE(gate.Admit(kAsk, {.peer = "ipv4:10.0.0.2:1"}).ok()) << "another host has room of its own";
  const auto watch = gate.Admit(kWatchStudy, {.peer = "ipv4:10.0.0.1:1"});
  EXPECT_TRUE(watch.ok()) << "watches are counted for themselves";
  EXPECT_EQ(Outcome(gate.Admit(kWatchStudy, {.peer = "ipv4:10.0.0.1:1"})), "LIMIT_WATCHES");
  first = absl::CancelledError();
  EXPECT_TRUE(gate.Admit(kAsk, {.peer = "ipv4:10.0.0.1:3"}).ok()) << "an answered call has left its place";
}

TEST(Gate, CountsAPrincipalWhereverItCallsFrom) {
  Gate gate(Tokens(), false, {.requests_per_peer = 1});
  const auto first = gate.Admit(kAsk, {.authorization = "Bearer worker-token-0123456789", .peer = "ipv4:10.0.0.1:1"});
  EXPECT_TRUE(first.ok());
  EXPECT_EQ(Outcome(gate.Admit(kAsk, {.authorization = "Bearer worker-token-0123456789", .peer = "ipv4:10.0.0.2:1"})),
            "LIMIT_REQUESTS");
  EXPECT_EQ(Outcome(gate.Admit(kAsk, {.authorization = "Bearer admin-token-0123456789a", .peer = "ipv4:10.0.0.1:1"})), "ada");
}

TEST(InFlight, ForgetsNothingUnderManyThreads) {
  InFlight in_flight;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&in_flight] {
      for (int i = 0; i < 2'000; ++i) {
        auto slot = in_flight.Enter("peer", 5);
        EXPECT_LE(in_flight.Count("peer"), 5);
        if (slot) {
          InFlight::Slot moved = *std::move(slot);
          slot = std::move(moved);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(in_flight.Count("peer"), 0);
}

TEST(InFlight, TheHostOfAPeer) {
  EXPECT_EQ(HostOfPeer("ipv4:10.0.0.7:4711"), "ipv4:10.0.0.7");
  EXPECT_EQ(HostOfPeer("ipv6:%5B::1%5D:4711"), "ipv6:%5B::1%5D");
  EXPECT_EQ(HostOfPeer("unix:/run/parzen.sock"), "unix:/run/parzen.sock");
  EXPECT_EQ(HostOfPeer(""), "");
}

}  // namespace
}  // namespace parzen::security
