// What goes on between replicas ends in good order, whatever is under way.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/placement/later.h"
#include "server/placement/peers.h"

namespace parzen::placement {
namespace {

// A port that takes connections and says nothing.
class SilentPort {
 public:
  SilentPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 64), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  }
  ~SilentPort() { close(socket_); }

  const std::string& address() const { return address_; }

 private:
  const int socket_;
  std::string address_;
};

storage::Replica ReplicaAt(int64_t id, const std::string& address) {
  storage::Replica replica;
  replica.id = id;
  replica.address = address;
  replica.secret = "secret";
  return replica;
}

// gRPC's callback threads end with the last channel of the process: that must not be let go on one of them.
TEST(PeersTest, CallsUnderWayAreBrokenOffWithTheLastChannel) {
  const SilentPort port;
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> ended{0};
    {
      Peers peers(grpc::InsecureChannelCredentials());
      for (int64_t id = 1; id <= 3; ++id) {
        peers.Forward(ReplicaAt(id, port.address()), {}, {}, [&ended](const absl::Status& status, const v1::ForwardAnswer&) {
          EXPECT_FALSE(status.ok());
          ++ended;
        });
      }
      peers.Stop();
      EXPECT_EQ(ended, 3);
    }
  }
}

TEST(PeersTest, CallsToAReplicaThatHasGoneAreBrokenOff) {
  const SilentPort port;
  Peers peers(grpc::InsecureChannelCredentials());
  std::atomic<int> ended{0};
  const auto count = [&ended](const absl::Status&, const v1::ForwardAnswer&) { ++ended; };
  peers.Forward(ReplicaAt(1, port.address()), {}, {}, count);
  peers.Forward(ReplicaAt(2, port.address()), {}, {}, count);
  peers.Keep(std::make_shared<const std::vector<storage::Replica>>(1, ReplicaAt(2, port.address())));
  while (ended < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(peers.forwarded(), 2);
  peers.Stop();
  EXPECT_EQ(ended, 2);
}

TEST(PeersTest, NothingBeginsAfterTheEnd) {
  Peers peers(grpc::InsecureChannelCredentials());
  peers.Stop();
  absl::Status answered;
  peers.Forward(ReplicaAt(1, "127.0.0.1:1"), {}, {},
                [&answered](const absl::Status& status, const v1::ForwardAnswer&) { answered = status; });
  EXPECT_TRUE(absl::IsUnavailable(answered));
  EXPECT_EQ(peers.forwarded(), 0);
}

TEST(LaterTest, WhatIsPostedRunsBeforeTheEndAndAfterIt) {
  Later later(2);
  std::atomic<int> run{0};
  later.PostAfter(std::chrono::hours(1), [&] {
    ++run;
    later.PostAfter(std::chrono::hours(1), [&] { ++run; });
  });
  later.Stop();
  EXPECT_EQ(run, 2);
  later.PostAfter(std::chrono::hours(1), [&] { ++run; });
  EXPECT_EQ(run, 3);
}

TEST(LaterTest, NothingWaitsForItsTimeInAHurry) {
  Later later(1);
  std::atomic<int> run{0};
  later.PostAfter(std::chrono::hours(1), [&] { ++run; });
  later.Hurry();
  while (run < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  later.PostAfter(std::chrono::hours(1), [&] { ++run; });
  while (run < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace
}  // namespace parzen::placement
