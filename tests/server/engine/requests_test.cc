// Exactly once: the same request_id answers the same, also across a restart and for concurrent duplicates.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

class RequestsTest : public testing::Test {
 protected:
  RequestsTest() { study_ = harness_.MakeStudy("s", Define({Real("x", 0, 1), Whole("n", 1, 8)})); }

  AskCommand AskWith(uint64_t id, uint64_t payload = 1) {
    AskCommand command;
    command.request = Key(id, payload);
    command.study = "s";
    command.worker = "w";
    command.count = 2;
    return command;
  }
  TellCommand TellWith(uint64_t id, const Trial& trial, double value) {
    TellCommand command;
    command.request = Key(id);
    command.outcomes.resize(1);
    command.outcomes[0].trial = trial.handle;
    command.outcomes[0].values = {value};
    return command;
  }
  static std::string All(const absl::StatusOr<AskAnswer>& answer) {
    if (!answer.ok()) return answer.status().ToString();
    std::string text;
    for (const Trial& trial : answer->trials) text += Summary(trial) + "\n";
    return text;
  }

  Harness harness_{Harness::Kind::kFile};
  Study study_;
};

TEST_F(RequestsTest, AnAskRepeatedAnswersTheSameTrials) {
  const auto first = harness_.Ask(AskWith(1));
  ASSERT_EQ(first.status(), absl::OkStatus());
  EXPECT_EQ(All(harness_.Ask(AskWith(1))), All(first));
  EXPECT_EQ(Reason(harness_.Ask(AskWith(1, 2)).status()), "REQUEST_REUSED");
  // Whatever becomes of the trial, the answer stays as it was handed out.
  ASSERT_EQ(harness_.Report({{}, {{first->trials[0].handle, 1, 0.5}}}).status(), absl::OkStatus());
  ASSERT_EQ(harness_.Tell(first->trials[0], {0.5}).status(), absl::OkStatus());
  EXPECT_EQ(All(harness_.Ask(AskWith(1))), All(first));
  harness_.Restart();
  EXPECT_EQ(All(harness_.Ask(AskWith(1))), All(first));
  EXPECT_EQ(Reason(harness_.Ask(AskWith(1, 2)).status()), "REQUEST_REUSED");
  EXPECT_EQ(harness_.GetStudy("s")->counts.total(), 2);
  EXPECT_EQ(harness_.Ask(AskWith(2))->trials[0].handle.number, 2);
}

TEST_F(RequestsTest, EveryMutatingCallIsDoneOnce) {
  const Trial trial = harness_.AskOne("s");
  const TellCommand tell = TellWith(10, trial, 0.25);
  const EnqueueCommand enqueue{Key(11), "s", {{"n", int64_t{3}, std::nullopt}}, {{"why", "\"manual\""}}};
  ImportedTrial imported;
  imported.params = {{"x", 0.5, std::nullopt}, {"n", int64_t{1}, std::nullopt}};
  imported.values = {2};
  const AddTrialsCommand add{.request = Key(12), .study = "s", .trials = {imported, imported}};
  const Trial running = harness_.AskOne("s");
  const ReportCommand report{Key(13), {{running.handle, 1, 0.5}}};
  UpdateTrialCommand update_trial;
  update_trial.request = Key(14);
  update_trial.trial = running.handle;
  update_trial.user_attrs = {{"a", "1"}};
  UpdateStudyCommand update_study;
  update_study.request = Key(15);
  update_study.study = "s";
  update_study.user_attrs = {{"k", "[1, 2]"}};

  const auto told = harness_.Tell(tell);
  ASSERT_EQ(told.status(), absl::OkStatus());
  const auto enqueued = harness_.Enqueue(enqueue);
  ASSERT_EQ(enqueued.status(), absl::OkStatus());
  const auto added = harness_.AddTrials(add);
  ASSERT_EQ(added.status(), absl::OkStatus());
  ASSERT_EQ(harness_.Report(report).status(), absl::OkStatus());
  ASSERT_EQ(harness_.UpdateTrial(update_trial).status(), absl::OkStatus());
  const auto updated = harness_.UpdateStudy(update_study);
  ASSERT_EQ(updated.status(), absl::OkStatus());

  for (const bool restarted : {false, true}) {
    if (restarted) harness_.Restart();
    const int64_t revision = harness_.GetStudy("s")->revision;
    EXPECT_EQ(Summary(harness_.Tell(tell)->trials[0]), Summary(told->trials[0]));
    const auto enqueued_again = harness_.Enqueue(enqueue);
    ASSERT_EQ(enqueued_again.status(), absl::OkStatus());
    EXPECT_EQ(Summary(*enqueued_again), Summary(*enqueued));
    EXPECT_EQ(enqueued_again->fixed_params, enqueued->fixed_params);
    EXPECT_EQ(enqueued_again->user_attrs, enqueued->user_attrs);
    EXPECT_EQ(harness_.AddTrials(add)->first_number, added->first_number);
    EXPECT_EQ(harness_.Report(report)->advice.size(), 1u);
    EXPECT_EQ(harness_.UpdateTrial(update_trial)->user_attrs, update_trial.user_attrs);
    const auto updated_again = harness_.UpdateStudy(update_study);
    ASSERT_EQ(updated_again.status(), absl::OkStatus());
    EXPECT_EQ(updated_again->revision, updated->revision);
    EXPECT_EQ(updated_again->counts, updated->counts);
    EXPECT_EQ(updated_again->user_attrs, updated->user_attrs);
    EXPECT_EQ(harness_.GetStudy("s")->revision, revision) << "a repeat changed something";
  }
  // After the enqueued trial was asked for, its Enqueue still answers it as it was.
  EXPECT_EQ(harness_.AskOne("s").handle.number, enqueued->handle.number);
  EXPECT_EQ(Summary(*harness_.Enqueue(enqueue)), Summary(*enqueued));
}

TEST_F(RequestsTest, AnIdUsedWithAnotherMethodIsRefused) {
  ASSERT_EQ(harness_.Ask(AskWith(1, PayloadHash("Ask", "same bytes"))).status(), absl::OkStatus());
  TellCommand tell = TellWith(1, harness_.AskOne("s"), 1);
  tell.request = Key(1, PayloadHash("Tell", "same bytes"));
  EXPECT_EQ(Reason(harness_.Tell(tell).status()), "REQUEST_REUSED");
}

TEST_F(RequestsTest, StudiesAreMadeAndDeletedOnce) {
  CreateStudyCommand create;
  create.request = Key(20);
  create.name = "t";
  create.definition = Define({Real("x", 0, 1)});
  create.user_attrs = {{"owner", "\"me\""}};
  const auto made = harness_.CreateStudy(create);
  ASSERT_EQ(made.status(), absl::OkStatus());
  for (const bool restarted : {false, true}) {
    if (restarted) harness_.Restart();
    const auto again = harness_.CreateStudy(create);
    ASSERT_EQ(again.status(), absl::OkStatus());
    EXPECT_EQ(again->uid, made->uid);
    EXPECT_EQ(again->definition->sampler.seed, made->definition->sampler.seed);
    EXPECT_EQ(again->user_attrs, create.user_attrs);
    EXPECT_EQ(again->created_at, made->created_at);
  }
  CreateStudyCommand other = create;
  other.request.payload_hash = 2;
  EXPECT_EQ(Reason(harness_.CreateStudy(other).status()), "REQUEST_REUSED");
  other.request = Key(21);
  EXPECT_EQ(Reason(harness_.CreateStudy(other).status()), "STUDY_EXISTS");

  const DeleteStudyCommand remove{Key(22), "t", 0};
  ASSERT_EQ(harness_.DeleteStudy(remove), absl::OkStatus());
  EXPECT_EQ(Reason(harness_.GetStudy("t").status()), "NO_SUCH_STUDY");
  EXPECT_EQ(harness_.DeleteStudy(remove), absl::OkStatus());
  harness_.Restart();
  EXPECT_EQ(harness_.DeleteStudy(remove), absl::OkStatus());
  EXPECT_EQ(Reason(harness_.DeleteStudy({Key(23), "t", 0})), "NO_SUCH_STUDY");
}

TEST_F(RequestsTest, ConcurrentDuplicatesAreOneCall) {
  constexpr int kThreads = 16;
  std::vector<std::string> answers(kThreads);
  for (uint64_t id = 100; id < 120; ++id) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] { answers[i] = All(harness_.Ask(AskWith(id))); });
    }
    for (std::thread& thread : threads) thread.join();
    for (int i = 1; i < kThreads; ++i) EXPECT_EQ(answers[i], answers[0]);
  }
  EXPECT_EQ(harness_.GetStudy("s")->counts.total(), 40);
}

TEST_F(RequestsTest, ARefusedCallMayBeTriedAgain) {
  UpdateStudyCommand pause;
  pause.study = "s";
  pause.state = StudyState::kPaused;
  ASSERT_EQ(harness_.UpdateStudy(pause).status(), absl::OkStatus());
  EXPECT_EQ(Reason(harness_.Ask(AskWith(1)).status()), "STUDY_PAUSED");
  pause.state = StudyState::kActive;
  ASSERT_EQ(harness_.UpdateStudy(pause).status(), absl::OkStatus());
  EXPECT_EQ(harness_.Ask(AskWith(1)).status(), absl::OkStatus());
}

TEST_F(RequestsTest, AnExpiredRequestIsNewAgain) {
  const Trial trial = harness_.AskOne("s");
  const ReportCommand report{Key(1), {{trial.handle, 1, 0.5}}};
  ASSERT_EQ(harness_.Report(report).status(), absl::OkStatus());
  const int64_t revision = harness_.GetStudy("s")->revision;
  ASSERT_EQ(harness_.Report(report).status(), absl::OkStatus());
  EXPECT_EQ(harness_.GetStudy("s")->revision, revision);
  const int64_t later = harness_.now() += int64_t{25} * 3600 * 1'000'000;
  ASSERT_EQ(Wait<int>([&](auto done) {
              harness_.storage().ExpireRequests(later, [done](const absl::Status& status) {
                if (!status.ok()) return done(status);
                done(0);
              });
            }).status(),
            absl::OkStatus());
  ASSERT_EQ(harness_.Report(report).status(), absl::OkStatus());
  EXPECT_EQ(harness_.GetStudy("s")->revision, revision + 1);
}

// A wall clock that is set forward, before or after a restart, makes no answered request new; a day of the servers' running does.
TEST_F(RequestsTest, TheWallClockForgetsNothing) {
  const Trial trial = harness_.AskOne("s");
  const ReportCommand report{Key(1), {{trial.handle, 1, 0.5}}};
  ASSERT_EQ(harness_.Report(report).status(), absl::OkStatus());
  const int64_t revision = harness_.GetStudy("s")->revision;
  const auto repeat = [&] {
    ASSERT_EQ(harness_.Report(report).status(), absl::OkStatus());
    EXPECT_EQ(harness_.GetStudy("s")->revision, revision);
  };
  for (int i = 0; i < 3; ++i) {
    harness_.now() += int64_t{400} * 86'400 * 1'000'000;
    harness_.Pass(3600);  // housekeeping is due
    repeat();
    harness_.storage().Flush();
    repeat();
    harness_.Restart();
  }
  ASSERT_EQ(harness_.GetStudy("s").status(), absl::OkStatus());  // housekeeping counts from the first call
  harness_.Pass(24 * 3600 + 1);
  while (harness_.GetStudy("s")->revision == revision) {  // until it has been forgotten
    ASSERT_EQ(harness_.Report(report).status(), absl::OkStatus());
  }
  EXPECT_EQ(harness_.GetStudy("s")->revision, revision + 1);
}

TEST(PayloadHashTest, NeverChanges) {
  // Kept in files: these are what every version of the server must compute.
  EXPECT_EQ(PayloadHash("Ask", ""), PayloadHash("Ask", ""));
  EXPECT_NE(PayloadHash("Ask", "x"), PayloadHash("As", "kx"));
  EXPECT_NE(PayloadHash("Ask", std::string("x\0", 2)), PayloadHash("Ask", "x"));
  EXPECT_NE(PayloadHash("Ask", "12345678"), PayloadHash("Ask", "12345679"));
}

}  // namespace
}  // namespace parzen::engine
