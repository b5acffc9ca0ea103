#include "tests/storage/contract.h"

namespace parzen::storage {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST_P(StorageContract, KeepsEveryFieldOfARequest) {
  MakeStudy();
  RequestRecord lasting = SampleRequest(1, 10);
  lasting.trial = 3;
  RequestRecord passing = SampleRequest(2, 11);
  passing.expires_at = 1700000000000000;
  RequestRecord empty;
  empty.locator = 12;
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}, PutRequest{lasting}), absl::OkStatus());
  ASSERT_EQ(Change(PutRequest{passing}, PutRequest{empty}), absl::OkStatus());
  for (const bool reopened : {false, true}) {
    if (reopened && !place_->Keeps()) break;
    if (reopened) Reopen();
    for (const RequestRecord& request : {lasting, passing, empty}) {
      absl::StatusOr<RequestRecord> kept = storage_->ReadRequest(uid_, request.locator);
      ASSERT_TRUE(kept.ok()) << kept.status();
      EXPECT_EQ(Show(*kept), Show(request));
    }
    EXPECT_EQ(storage_->ReadRequest(uid_, 13).status().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(Load().requests, ElementsAre(Pair(lasting.id, 10), Pair(passing.id, 11), Pair(empty.id, 12)));
  }
}

TEST_P(StorageContract, LocatorsGrow) {
  MakeStudy();
  ASSERT_EQ(Change(PutRequest{SampleRequest(1, 10)}), absl::OkStatus());
  EXPECT_EQ(Change(PutRequest{SampleRequest(2, 10)}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Change(PutRequest{SampleRequest(2, 9)}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Change(PutRequest{SampleRequest(2, -9)}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Change(PutRequest{SampleRequest(2, 12)}, PutRequest{SampleRequest(3, 11)}).code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(Change(PutRequest{SampleRequest(2, 12)}), absl::OkStatus());
  // Another study has locators of its own.
  MakeStudy("another", 8);
  ASSERT_EQ(Change(PutRequest{SampleRequest(3, 10)}), absl::OkStatus());
}

TEST_P(StorageContract, KeepsRequestsOutsideStudies) {
  RequestRecord request = SampleRequest(1, 0);
  request.expires_at = 5;
  ASSERT_EQ(PutServerRequest(request), absl::OkStatus());
  absl::StatusOr<std::optional<RequestRecord>> kept = storage_->FindRequest(request.id);
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_TRUE(kept->has_value());
  EXPECT_EQ(Show(**kept), Show(request));
  kept = storage_->FindRequest(SampleRequest(2, 0).id);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_FALSE(kept->has_value());
}

TEST_P(StorageContract, ExpiredRequestsGo) {
  MakeStudy();
  Transaction transaction = Of();
  constexpr int64_t kRequests = 2500;  // more than are removed at a time
  for (int64_t i = 1; i <= kRequests; ++i) {
    RequestRecord request = SampleRequest(static_cast<uint8_t>(i), i);
    request.expires_at = i % 5 == 0 ? 0 : i;
    transaction.changes.emplace_back(PutRequest{request});
  }
  ASSERT_EQ(Commit(std::move(transaction)), absl::OkStatus());
  for (uint8_t i = 0; i < 4; ++i) {
    RequestRecord request = SampleRequest(i, 0);
    request.expires_at = i == 0 ? 0 : 1000 * i;
    ASSERT_EQ(PutServerRequest(request), absl::OkStatus());
  }

  ASSERT_EQ(Expire(2000), absl::OkStatus());
  const Loaded loaded = Load();
  EXPECT_EQ(loaded.requests.size(), 399u + 501u);
  for (const auto& [id, locator] : loaded.requests) EXPECT_TRUE(locator >= 2000 || locator % 5 == 0) << locator;
  const auto is_kept = [&](uint8_t i) {
    absl::StatusOr<std::optional<RequestRecord>> kept = storage_->FindRequest(SampleRequest(i, 0).id);
    EXPECT_TRUE(kept.ok()) << kept.status();
    return kept.ok() && kept->has_value();
  };
  EXPECT_TRUE(is_kept(0)) << "it never expires";
  EXPECT_FALSE(is_kept(1));
  EXPECT_TRUE(is_kept(2)) << "it expires at 2000, not before";
  EXPECT_TRUE(is_kept(3));
  EXPECT_EQ(Change(PutRequest{SampleRequest(1, kRequests + 1)}), absl::OkStatus());
}

TEST_P(StorageContract, TheLatestExpiryIsThatOfAnyRequest) {
  MakeStudy();
  EXPECT_EQ(storage_->LatestRequestExpiry().value(), 0);
  RequestRecord request = SampleRequest(1, 1);
  for (const int64_t expires_at : {0, 2000, 1000}) {
    request = SampleRequest(1, request.locator + 1);
    request.expires_at = expires_at;
    ASSERT_EQ(Change(PutRequest{request}), absl::OkStatus());
  }
  EXPECT_EQ(storage_->LatestRequestExpiry().value(), 2000);
}

TEST_P(StorageContract, FlushWaitsForAnExpiry) {
  MakeStudy();
  Transaction transaction = Of();
  for (int64_t i = 1; i <= 3000; ++i) {
    RequestRecord request = SampleRequest(1, i);
    request.expires_at = 1;
    transaction.changes.emplace_back(PutRequest{request});
  }
  ASSERT_EQ(Commit(std::move(transaction)), absl::OkStatus());
  bool done = false;
  storage_->ExpireRequests(2, [&](absl::Status) { done = true; });
  storage_->Flush();
  EXPECT_TRUE(done);
  EXPECT_TRUE(Load().requests.empty());
}

}  // namespace
}  // namespace parzen::storage
