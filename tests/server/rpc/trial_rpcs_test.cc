// The RPCs about trials, through a real server and a real channel: good input, and bad input with the code, reason and field of
// its error.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/rpc/rpc_fixture.h"

namespace parzen {
namespace {

using ::testing::HasSubstr;

TEST_F(RpcTest, AskAnswersTrialsInTheFullView) {
  const v1::Study study = Create("a");
  const auto asked = Must(stub(), &Stub::Ask, "study: 'a' worker: 'w' count: 3");
  ASSERT_EQ(asked.trials_size(), 3);
  for (int i = 0; i < 3; ++i) {
    const v1::Trial& trial = asked.trials(i);
    EXPECT_EQ(trial.handle().study_uid(), study.uid());
    EXPECT_EQ(trial.handle().number(), i);
    EXPECT_EQ(trial.state(), v1::Trial::RUNNING);
    EXPECT_EQ(trial.worker(), "w");
    EXPECT_EQ(trial.study(), "a");
    EXPECT_TRUE(trial.has_start_time());
    ASSERT_GE(trial.params_size(), 3);
    EXPECT_EQ(trial.params(0).name(), "lr");
    EXPECT_TRUE(trial.params(0).value().has_double_value());
    EXPECT_TRUE(trial.params(1).value().has_int_value());
    EXPECT_TRUE(trial.params(2).distribution().has_categorical());
    EXPECT_EQ(trial.params_size(), trial.params(2).value().string_value() == "rbf" ? 4 : 3);
  }
}

TEST_F(RpcTest, AskRefuses) {
  Create("a");
  EXPECT_EQ(Try(stub(), &Stub::Ask, ""), "INVALID_ARGUMENT BAD_FIELD study");
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'zz'"), "NOT_FOUND NO_SUCH_STUDY");
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a' count: 0"), "INVALID_ARGUMENT BAD_FIELD count");
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a' count: 1000000"), "INVALID_ARGUMENT BAD_FIELD count");
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a' count: -5"), "INVALID_ARGUMENT BAD_FIELD count");
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a' lease_seconds: nan"), "INVALID_ARGUMENT BAD_FIELD lease_seconds");
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a' resume: true"), "INVALID_ARGUMENT BAD_FIELD worker");
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a' request_id: 'seven'"), "INVALID_ARGUMENT BAD_FIELD request_id");
  EXPECT_EQ(Ask("a").handle().number(), 0);  // nothing of it counted
}

TEST_F(RpcTest, ResumeGivesAWorkerItsOwnTrial) {
  Create("a");
  const v1::Trial mine = Ask("a");
  const auto other = Must(stub(), &Stub::Ask, "study: 'a' worker: 'other' resume: true");
  EXPECT_EQ(other.trials(0).handle().number(), 1);
  const auto again = Must(stub(), &Stub::Ask, "study: 'a' worker: 'w' resume: true");
  EXPECT_EQ(again.trials(0).handle().number(), 0);
  EXPECT_EQ(again.trials(0).params(0).value().double_value(), mine.params(0).value().double_value());
}

TEST_F(RpcTest, MaxTrialsEndsTheStudy) {
  Create("a", "max_trials: 2 sampler { random {} }");
  EXPECT_EQ(Must(stub(), &Stub::Ask, "study: 'a' count: 5").trials_size(), 2);  // as many as are left
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a'"), "FAILED_PRECONDITION ALL_HANDED_OUT");
  EXPECT_EQ(Try(stub(), &Stub::Enqueue, "study: 'a'"), "FAILED_PRECONDITION ALL_HANDED_OUT");
  const v1::Study study = Must(stub(), &Stub::GetStudy, "study: 'a'");
  for (int number : {0, 1}) {
    Must(stub(), &Stub::Tell, absl::StrCat("outcomes { trial { study_uid: ", study.uid(), " number: ", number, " } values: 1 }"));
  }
  EXPECT_EQ(Must(stub(), &Stub::GetStudy, "study: 'a'").state(), v1::Study::FINISHED);
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a'"), "FAILED_PRECONDITION STUDY_FINISHED");
}

TEST_F(RpcTest, RaisingMaxTrialsGoesOnWithWhatTheyHadFinished) {
  Create("a", "max_trials: 1 sampler { random {} }");
  Tell(Ask("a"), "values: 1");
  const auto update = [&](const std::string& fields, const std::string& paths) {
    return Must(stub(), &Stub::UpdateStudy, absl::StrCat("study { name: 'a' ", fields, " } update_mask { ", paths, " }"));
  };
  EXPECT_EQ(update("max_trials: 1", "paths: 'max_trials'").state(), v1::Study::FINISHED);
  EXPECT_EQ(update("max_trials: 2", "paths: 'max_trials'").state(), v1::Study::ACTIVE);
  Tell(Ask("a"), "values: 1");
  // A state that is set with it is what counts.
  EXPECT_EQ(update("max_trials: 3 state: FINISHED", "paths: 'max_trials' paths: 'state'").state(), v1::Study::FINISHED);
  // Finished by that call, not by max_trials.
  EXPECT_EQ(update("max_trials: 4", "paths: 'max_trials'").state(), v1::Study::FINISHED);
  EXPECT_EQ(update("state: ACTIVE", "paths: 'state'").state(), v1::Study::ACTIVE);
  Tell(Ask("a"), "values: 1");
  Tell(Ask("a"), "values: 1");
  EXPECT_EQ(Must(stub(), &Stub::GetStudy, "study: 'a'").state(), v1::Study::FINISHED);
  EXPECT_EQ(update("", "paths: 'max_trials'").state(), v1::Study::ACTIVE);  // no bound
  EXPECT_EQ(Ask("a").handle().number(), 4);
}

TEST_F(RpcTest, AFiniteSpaceIsHandedOutOnceEach) {
  const v1::Study study = Must(
      stub(), &Stub::CreateStudy,
      "study { name: 'f' space { parameters { name: 'x' distribution { int { low: 1 high: 5 } } } } sampler { random {} } }");
  EXPECT_EQ(study.space_size(), 5);
  std::set<int64_t> seen;
  const auto asked = Must(stub(), &Stub::Ask, "study: 'f' count: 9");
  for (const v1::Trial& trial : asked.trials()) seen.insert(trial.params(0).value().int_value());
  EXPECT_EQ(seen.size(), 5);
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'f'"), "FAILED_PRECONDITION SPACE_EXHAUSTED");
  v1::AskRequest request;
  request.set_study("f");
  v1::AskResponse response;
  EXPECT_EQ(Call(stub(), &Stub::Ask, request, &response).error_message(),
            "study \"f\" has handed out all 5 points of its space; allow_repeats or a wider space (UpdateStudy) lets it go on");
  Must(stub(), &Stub::UpdateStudy, "study { name: 'f' allow_repeats: true } update_mask { paths: 'allow_repeats' }");
  EXPECT_EQ(Must(stub(), &Stub::Ask, "study: 'f' count: 9").trials_size(), 9);
}

TEST_F(RpcTest, TellRecordsAnOutcome) {
  Create("a");
  const v1::Trial told = Tell(Ask("a"), "values: 0.25 constraints { name: 'mem' value: -1 } metrics { name: 'acc' value: nan }");
  EXPECT_EQ(told.state(), v1::Trial::COMPLETE);
  EXPECT_EQ(told.values(0), 0.25);
  EXPECT_EQ(told.constraints(0).value(), -1);
  EXPECT_TRUE(std::isnan(told.metrics(0).value()));
  EXPECT_TRUE(told.has_finish_time());
  EXPECT_GT(told.told_at_revision(), 0);
  EXPECT_EQ(Tell(Ask("a"), "values: -inf").values(0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(Tell(Ask("a"), "state: PRUNED").state(), v1::Trial::PRUNED);
  const v1::Trial nan = Tell(Ask("a"), "values: nan");
  EXPECT_EQ(nan.state(), v1::Trial::FAILED);
  EXPECT_THAT(nan.failure().reason(), HasSubstr("NaN"));
  const v1::Trial bad = Tell(Ask("a"), "state: FAILED failure { kind: INFEASIBLE reason: 'too big' }");
  EXPECT_EQ(bad.failure().kind(), v1::Failure::INFEASIBLE);
  EXPECT_EQ(bad.failure().reason(), "too big");
  const auto counts = Must(stub(), &Stub::GetStudy, "study: 'a'").counts();
  EXPECT_EQ(counts.complete(), 2);
  EXPECT_EQ(counts.pruned(), 1);
  EXPECT_EQ(counts.failed(), 2);
}

TEST_F(RpcTest, TellRefuses) {
  const v1::Study study = Create("a");
  const std::string handle = TextOf(Ask("a").handle());
  const auto refused = [&](const std::string& outcome) {
    return Try(stub(), &Stub::Tell, absl::StrCat("outcomes { trial {", handle, "} ", outcome, "}"));
  };
  EXPECT_EQ(Try(stub(), &Stub::Tell, ""), "INVALID_ARGUMENT BAD_FIELD outcomes");
  EXPECT_THAT(refused(""), HasSubstr("INVALID_ARGUMENT BAD_FIELD outcomes.values"));
  EXPECT_THAT(refused("values: 1 values: 2"), HasSubstr("INVALID_ARGUMENT BAD_FIELD outcomes.values"));
  EXPECT_EQ(refused("values: 1 state: WAITING"), "INVALID_ARGUMENT BAD_FIELD outcomes[0].state");
  EXPECT_THAT(refused("values: 1 constraints { name: 'c' value: nan }"),
              HasSubstr("INVALID_ARGUMENT BAD_FIELD outcomes[0].constraints[0].value"));
  EXPECT_EQ(Try(stub(), &Stub::Tell, absl::StrCat("outcomes { trial { study_uid: ", study.uid(), " number: 7 } values: 1 }")),
            "NOT_FOUND NO_SUCH_TRIAL");
  EXPECT_EQ(Try(stub(), &Stub::Tell, absl::StrCat("outcomes { trial { study_uid: ", study.uid() + 1, " } values: 1 }")),
            "NOT_FOUND NO_SUCH_STUDY");
  // All of a call's outcomes or none.
  EXPECT_EQ(Try(stub(), &Stub::Tell,
                absl::StrCat("outcomes { trial {", handle, "} values: 1 } outcomes { trial { study_uid: ", study.uid(),
                             " number: 7 } values: 1 }")),
            "NOT_FOUND NO_SUCH_TRIAL");
  EXPECT_EQ(Must(stub(), &Stub::GetTrial, "study: 'a'").state(), v1::Trial::RUNNING);
}

TEST_F(RpcTest, TellTwice) {
  Create("a");
  const v1::Trial trial = Ask("a");
  Tell(trial, "values: 1");
  EXPECT_EQ(Tell(trial, "values: 1").values(0), 1);  // the same outcome is fine
  v1::TellResponse answer;
  const auto other = Proto<v1::TellRequest>(absl::StrCat("outcomes { trial {", TextOf(trial.handle()), "} values: 2 }"));
  const grpc::Status status = Call(stub(), &Stub::Tell, other, &answer);
  EXPECT_EQ(Spell(status), "FAILED_PRECONDITION OUTCOME_DIFFERS");
  EXPECT_THAT(status.error_message(), HasSubstr("1"));  // what is recorded
}

TEST_F(RpcTest, Report) {
  Create("a");
  const v1::Trial trial = Ask("a");
  const std::string handle = absl::StrCat("trial {", TextOf(trial.handle()), "}");
  const auto answer = Must(stub(), &Stub::Report,
                           absl::StrCat("reports {", handle, " step: 0 value: 3 } reports {", handle, " step: 2 value: nan }"));
  ASSERT_EQ(answer.advice_size(), 2);
  EXPECT_FALSE(answer.advice(0).should_prune());
  Must(stub(), &Stub::Report, absl::StrCat("reports {", handle, " step: 0 value: 2 }"));  // replaces
  const v1::Trial read = Must(stub(), &Stub::GetTrial, "study: 'a'");
  ASSERT_EQ(read.intermediate_values_size(), 2);
  EXPECT_EQ(read.intermediate_values(0).value(), 2);
  EXPECT_TRUE(std::isnan(read.intermediate_values(1).value()));
  EXPECT_TRUE(read.intermediate_values(1).has_report_time());
  EXPECT_EQ(Try(stub(), &Stub::Report, ""), "INVALID_ARGUMENT BAD_FIELD reports");
  EXPECT_EQ(Try(stub(), &Stub::Report, "reports { step: 1 }"), "INVALID_ARGUMENT BAD_FIELD reports[0].trial");
  EXPECT_EQ(Try(stub(), &Stub::Report, absl::StrCat("reports {", handle, " step: -1 }")),
            "INVALID_ARGUMENT BAD_FIELD reports.step");
  Tell(trial, "values: 1");
  EXPECT_EQ(Try(stub(), &Stub::Report, absl::StrCat("reports {", handle, " step: 5 }")), "FAILED_PRECONDITION TRIAL_FINISHED");
}

TEST_F(RpcTest, EnqueueFixesParameters) {
  Create("a");
  const auto queued = Must(stub(), &Stub::Enqueue,
                           "study: 'a' params { name: 'depth' value { int_value: 5 } } user_attrs { key: 'why' json: '\"x\"' }");
  EXPECT_EQ(queued.trial().state(), v1::Trial::WAITING);
  EXPECT_EQ(queued.trial().handle().number(), 0);
  const v1::Trial asked = Ask("a");
  EXPECT_EQ(asked.handle().number(), 0);
  EXPECT_TRUE(asked.enqueued());
  EXPECT_EQ(asked.params(1).value().int_value(), 5);
  EXPECT_THAT(asked.fixed_params(), ::testing::ElementsAre("depth"));
  EXPECT_THAT(Try(stub(), &Stub::Enqueue, "study: 'a' params { name: 'depth' value { int_value: 99 } }"),
              HasSubstr("INVALID_ARGUMENT BAD_FIELD params"));
  EXPECT_THAT(Try(stub(), &Stub::Enqueue, "study: 'a' params { name: 'zz' value { int_value: 1 } }"),
              HasSubstr("INVALID_ARGUMENT BAD_FIELD params"));
  EXPECT_EQ(Try(stub(), &Stub::Enqueue, "study: 'a' params { name: 'depth' }"), "INVALID_ARGUMENT BAD_FIELD params[0].value");
  EXPECT_EQ(Try(stub(), &Stub::Enqueue, "study: 'zz'"), "NOT_FOUND NO_SUCH_STUDY");
}

TEST_F(RpcTest, AddTrialsImportsFinishedOnes) {
  Create("a");
  Ask("a");
  constexpr std::string_view kParams = R"(
    params { name: 'lr' value { double_value: 0.01 } } params { name: 'depth' value { int_value: 3 } }
    params { name: 'kernel' value { string_value: 'poly' } })";
  const auto added = Must(stub(), &Stub::AddTrials,
                          absl::StrCat("study: 'a' trials {", std::string(kParams),
                                       " values: 0.5 start_time { seconds: 1700000000 } worker: 'old' } trials {",
                                       std::string(kParams), " state: PRUNED intermediate_values { step: 3 value: 9 } }"));
  EXPECT_EQ(added.first_number(), 1);
  EXPECT_EQ(added.count(), 2);
  const v1::Trial read = Must(stub(), &Stub::GetTrial, "study: 'a' number: 1");
  EXPECT_EQ(read.state(), v1::Trial::COMPLETE);
  EXPECT_TRUE(read.imported());
  EXPECT_EQ(read.start_time().seconds(), 1700000000);
  EXPECT_EQ(read.worker(), "old");
  EXPECT_EQ(Must(stub(), &Stub::GetTrial, "study: 'a' number: 2").intermediate_values(0).value(), 9);
  EXPECT_EQ(Try(stub(), &Stub::AddTrials, "study: 'a'"), "INVALID_ARGUMENT BAD_FIELD trials");
  EXPECT_EQ(Try(stub(), &Stub::AddTrials, "study: 'a' trials { state: RUNNING }"), "INVALID_ARGUMENT BAD_FIELD trials[0].state");
  EXPECT_THAT(Try(stub(), &Stub::AddTrials, absl::StrCat("study: 'a' trials {", std::string(kParams), "}")),
              HasSubstr("INVALID_ARGUMENT BAD_FIELD trials.values"));
  EXPECT_EQ(Must(stub(), &Stub::GetStudy, "study: 'a'").counts().imported(), 2);
}

TEST_F(RpcTest, SuggestDefinesByRun) {
  Must(stub(), &Stub::CreateStudy, "study { name: 'd' sampler { random {} } }");
  const v1::Trial trial = Ask("d");
  EXPECT_EQ(trial.params_size(), 0);
  const std::string request =
      absl::StrCat("trial {", TextOf(trial.handle()), "} name: 'x' distribution { float { low: 0 high: 1 } }");
  const auto value = Must(stub(), &Stub::Suggest, request);
  EXPECT_GE(value.value().double_value(), 0);
  EXPECT_EQ(Must(stub(), &Stub::Suggest, request).value().double_value(),
            value.value().double_value());  // the same name, the same value
  EXPECT_EQ(Must(stub(), &Stub::GetTrial, "study: 'd'").params(0).value().double_value(), value.value().double_value());
  const std::string handle = absl::StrCat("trial {", TextOf(trial.handle()), "}");
  EXPECT_EQ(Try(stub(), &Stub::Suggest, "name: 'x'"), "INVALID_ARGUMENT BAD_FIELD trial");
  EXPECT_EQ(Try(stub(), &Stub::Suggest, absl::StrCat(handle, " distribution { int {} }")), "INVALID_ARGUMENT BAD_FIELD name");
  EXPECT_EQ(Try(stub(), &Stub::Suggest, absl::StrCat(handle, " name: 'y'")), "INVALID_ARGUMENT BAD_FIELD distribution");
  EXPECT_THAT(Try(stub(), &Stub::Suggest, absl::StrCat(handle, " name: 'y' distribution { float { low: 1 high: 0 } }")),
              HasSubstr("INVALID_ARGUMENT BAD_FIELD distribution"));
}

TEST_F(RpcTest, UpdateTrialSetsAttributesAndConstraints) {
  Create("a");
  const v1::Trial trial = Ask("a");
  const std::string handle = absl::StrCat("trial {", TextOf(trial.handle()), "}");
  const v1::Trial updated = Must(stub(), &Stub::UpdateTrial,
                                 absl::StrCat(handle,
                                              " user_attrs { key: 'k' json: '1.50' } system_attrs { key: 's' json: 'null' } "
                                              "constraints { name: 'c' value: 2 }"));
  EXPECT_EQ(updated.user_attrs(0).json(), "1.50");
  EXPECT_EQ(updated.system_attrs(0).key(), "s");
  EXPECT_EQ(updated.constraints(0).value(), 2);
  EXPECT_EQ(Must(stub(), &Stub::UpdateTrial, absl::StrCat(handle, " user_attrs { key: 'k' }")).user_attrs_size(), 0);
  EXPECT_EQ(Try(stub(), &Stub::UpdateTrial, "user_attrs { key: 'k' json: '1' }"), "INVALID_ARGUMENT BAD_FIELD trial");
  EXPECT_THAT(Try(stub(), &Stub::UpdateTrial, absl::StrCat(handle, " user_attrs { key: 'k' json: 'NaN' }")),
              HasSubstr("INVALID_ARGUMENT BAD_FIELD user_attrs"));
}

TEST_F(RpcTest, GetAndListTrials) {
  Create("a");
  for (int i = 0; i < 5; ++i) Tell(Ask("a"), absl::StrCat("values: ", i));
  Ask("a");
  EXPECT_EQ(Must(stub(), &Stub::GetTrial, "study: 'a' number: 3").values(0), 3);
  EXPECT_TRUE(Must(stub(), &Stub::GetTrial, "study: 'a' number: 3").params(0).has_distribution());
  EXPECT_FALSE(Must(stub(), &Stub::GetTrial, "study: 'a' number: 3 view: BASIC").params(0).has_distribution());
  EXPECT_EQ(Try(stub(), &Stub::GetTrial, "study: 'a' number: 6"), "NOT_FOUND NO_SUCH_TRIAL");
  EXPECT_EQ(Try(stub(), &Stub::GetTrial, "study: 'a' number: -1"), "INVALID_ARGUMENT BAD_FIELD number");
  EXPECT_EQ(Try(stub(), &Stub::GetTrial, "study: 'zz'"), "NOT_FOUND NO_SUCH_STUDY");
  const auto first = Must(stub(), &Stub::ListTrials, "study: 'a' page_size: 4");
  ASSERT_EQ(first.trials_size(), 4);
  const auto second =
      Must(stub(), &Stub::ListTrials, absl::StrCat("study: 'a' page_size: 4 page_token: '", first.next_page_token(), "'"));
  ASSERT_EQ(second.trials_size(), 2);
  EXPECT_EQ(second.trials(1).handle().number(), 5);
  EXPECT_EQ(second.next_page_token(), "");
  EXPECT_EQ(Must(stub(), &Stub::ListTrials, "study: 'a' states: RUNNING").trials_size(), 1);
  const auto all = Must(stub(), &Stub::ListTrials, "study: 'a'");
  const auto later = Must(stub(), &Stub::ListTrials, absl::StrCat("study: 'a' changed_after: ", all.revision() - 1));
  ASSERT_EQ(later.trials_size(), 1);
  EXPECT_EQ(later.trials(0).handle().number(), 5);
  EXPECT_EQ(Try(stub(), &Stub::ListTrials, "study: 'a' page_size: 10001"), "INVALID_ARGUMENT BAD_FIELD page_size");
  EXPECT_EQ(Try(stub(), &Stub::ListTrials, "study: 'a' page_token: 'xx'"), "INVALID_ARGUMENT BAD_FIELD page_token");
}

TEST_F(RpcTest, BestTrials) {
  Create("a");
  EXPECT_EQ(Must(stub(), &Stub::BestTrials, "study: 'a'").trials_size(), 0);
  for (int i : {3, 1, 2, 1}) Tell(Ask("a"), absl::StrCat("values: ", i));
  Tell(Ask("a"), "values: 0 constraints { name: 'c' value: 1 }");  // infeasible
  const auto best = Must(stub(), &Stub::BestTrials, "study: 'a'");
  ASSERT_EQ(best.trials_size(), 1);
  EXPECT_EQ(best.trials(0).handle().number(), 1);  // of equals the lowest number
  Create("m", "directions: MINIMIZE directions: MAXIMIZE sampler { random {} }");
  for (const char* values : {"values: 1 values: 1", "values: 2 values: 2", "values: 2 values: 1"}) Tell(Ask("m"), values);
  const auto front = Must(stub(), &Stub::BestTrials, "study: 'm'");
  ASSERT_EQ(front.trials_size(), 2);
  EXPECT_EQ(front.trials(1).handle().number(), 1);
  EXPECT_EQ(Try(stub(), &Stub::BestTrials, "study: 'zz'"), "NOT_FOUND NO_SUCH_STUDY");
}

}  // namespace
}  // namespace parzen
