// The RPCs about studies and the server, through a real server and a real channel: good input, and bad input with the code,
// reason and field of its error.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/rpc/rpc_fixture.h"

namespace parzen {
namespace {

using ::testing::HasSubstr;

TEST_F(RpcTest, CreateStudyAnswersTheStudy) {
  const v1::Study study = Create("digits", R"(
    directions: MAXIMIZE metric_names: "accuracy" sampler { tpe { n_startup_trials: 5 } seed: 7 } max_trials: 100
    user_attrs { key: "owner" json: "{ \"name\" : \"Ann\" }" })");
  EXPECT_EQ(study.name(), "digits");
  EXPECT_NE(study.uid(), 0);
  EXPECT_EQ(study.state(), v1::Study::ACTIVE);
  EXPECT_EQ(study.directions(0), v1::MAXIMIZE);
  EXPECT_EQ(study.metric_names(0), "accuracy");
  EXPECT_EQ(study.space().parameters_size(), 4);
  EXPECT_EQ(study.space().parameters(3).when().parent(), "kernel");
  EXPECT_EQ(study.sampler().tpe().n_startup_trials(), 5);
  EXPECT_EQ(study.sampler().seed(), 7);
  EXPECT_EQ(study.max_trials(), 100);
  EXPECT_EQ(study.max_retries(), 3);
  EXPECT_FALSE(study.allow_repeats());
  EXPECT_EQ(study.user_attrs(0).json(), "{ \"name\" : \"Ann\" }");  // byte for byte
  EXPECT_GT(study.create_time().seconds(), 1'700'000'000);
  EXPECT_FALSE(study.has_space_size());
  EXPECT_GE(study.algorithm_version(), 1);
}

TEST_F(RpcTest, CreateStudyDrawsASeed) {
  const v1::Study a = Create("a", ""), b = Create("b", "");
  EXPECT_TRUE(a.sampler().has_seed());
  EXPECT_NE(a.sampler().seed(), b.sampler().seed());
}

TEST_F(RpcTest, CreateStudyOnceUnlessExistOk) {
  const v1::Study first = Create("a");
  const std::string same = absl::StrCat("study { name: 'a' ", std::string(kSpace), " sampler { random {} } } exist_ok: true");
  EXPECT_EQ(Must(stub(), &Stub::CreateStudy, same).uid(), first.uid());  // an unset seed matches any
  EXPECT_EQ(Try(stub(), &Stub::CreateStudy, "study { name: 'a' }"), "ALREADY_EXISTS STUDY_EXISTS");
  v1::Study answer;
  const auto other = Proto<v1::CreateStudyRequest>("study { name: 'a' directions: MAXIMIZE } exist_ok: true");
  const grpc::Status status = Call(stub(), &Stub::CreateStudy, other, &answer);
  EXPECT_EQ(Spell(status), "ALREADY_EXISTS STUDY_EXISTS");
  EXPECT_THAT(InfoOf(status).metadata().at("difference"), HasSubstr("directions"));
}

TEST_F(RpcTest, CreateStudyRefuses) {
  const auto refused = [this](const std::string& study) {
    return Try(stub(), &Stub::CreateStudy, absl::StrCat("study { ", study, " }"));
  };
  EXPECT_EQ(refused(""), "INVALID_ARGUMENT BAD_FIELD study.name");
  EXPECT_EQ(refused(absl::StrCat("name: '", std::string(257, 'x'), "'")), "INVALID_ARGUMENT BAD_FIELD study.name");
  EXPECT_EQ(refused("name: 'a' uid: 1"), "INVALID_ARGUMENT BAD_FIELD study.uid");
  EXPECT_THAT(refused("name: 'a' metric_names: 'x' metric_names: 'y'"),
              HasSubstr("INVALID_ARGUMENT BAD_FIELD study.metric_names"));
  EXPECT_THAT(refused("name: 'a' max_trials: 0"), HasSubstr("INVALID_ARGUMENT BAD_FIELD study.max_trials"));
  EXPECT_THAT(refused("name: 'a' max_retries: -1"), HasSubstr("INVALID_ARGUMENT BAD_FIELD study.max_retries"));
  EXPECT_THAT(refused("name: 'a' user_attrs { key: 'k' json: '{' }"), HasSubstr("INVALID_ARGUMENT BAD_FIELD study.user_attrs"));
  EXPECT_THAT(refused("name: 'a' user_attrs { key: '' json: '1' }"), HasSubstr("INVALID_ARGUMENT BAD_FIELD study.user_attrs"));
  EXPECT_THAT(refused("name: 'a' space { parameters { name: 'x' distribution { float { low: 1 high: 0 } } } }"),
              HasSubstr("INVALID_ARGUMENT BAD_FIELD study.space.parameters[0].distribution"));
  EXPECT_THAT(
      refused(
          R"(name: 'a' space { parameters { name: 'x' distribution { int {} } } parameters { name: 'x' distribution { int {} } } })"),
      HasSubstr("INVALID_ARGUMENT BAD_FIELD study.space"));
  EXPECT_THAT(
      refused(
          R"(name: 'a' space { parameters { name: 'x' distribution { int {} } when { parent: 'y' values { int_value: 1 } } } })"),
      HasSubstr("INVALID_ARGUMENT BAD_FIELD study.space"));
  EXPECT_EQ(Try(stub(), &Stub::GetStudy, "study: 'a'"), "NOT_FOUND NO_SUCH_STUDY");  // nothing was left behind
}

TEST_F(RpcTest, TheMessageNamesFieldValueAndWhatIsAccepted) {
  v1::Study answer;
  const auto request = Proto<v1::CreateStudyRequest>(
      "study { name: 'a' space { parameters { name: 'x' distribution { float { low: 0 high: 1 step: 0.3 } } } } }");
  const grpc::Status status = Call(stub(), &Stub::CreateStudy, request, &answer);
  EXPECT_THAT(status.error_message(), HasSubstr("parameter \"x\": high is 1"));
  EXPECT_THAT(status.error_message(), HasSubstr("the nearest is 0.9"));
}

TEST_F(RpcTest, GetAndListStudies) {
  for (const char* name : {"b", "a", "ab", "c"}) Create(name);
  EXPECT_EQ(Must(stub(), &Stub::GetStudy, "study: 'ab'").name(), "ab");
  EXPECT_EQ(Try(stub(), &Stub::GetStudy, "study: 'zz'"), "NOT_FOUND NO_SUCH_STUDY");
  EXPECT_EQ(Try(stub(), &Stub::GetStudy, ""), "INVALID_ARGUMENT BAD_FIELD study");
  const auto first = Must(stub(), &Stub::ListStudies, "page_size: 3");
  ASSERT_EQ(first.studies_size(), 3);
  EXPECT_EQ(first.studies(0).name(), "a");
  EXPECT_EQ(first.studies(2).name(), "b");
  const auto second = Must(stub(), &Stub::ListStudies, absl::StrCat("page_size: 3 page_token: '", first.next_page_token(), "'"));
  ASSERT_EQ(second.studies_size(), 1);
  EXPECT_EQ(second.studies(0).name(), "c");
  EXPECT_EQ(second.next_page_token(), "");
  EXPECT_EQ(Must(stub(), &Stub::ListStudies, "name_prefix: 'a'").studies_size(), 2);
  EXPECT_EQ(Try(stub(), &Stub::ListStudies, "page_size: 1001"), "INVALID_ARGUMENT BAD_FIELD page_size");
  EXPECT_EQ(Try(stub(), &Stub::ListStudies, "page_size: -1"), "INVALID_ARGUMENT BAD_FIELD page_size");
  EXPECT_EQ(Try(stub(), &Stub::ListStudies, "page_token: 'made up'"), "INVALID_ARGUMENT BAD_FIELD page_token");
}

TEST_F(RpcTest, UpdateStudyPausesAndResumes) {
  Create("a");
  const v1::Study paused = Must(stub(), &Stub::UpdateStudy, "study { name: 'a' state: PAUSED } update_mask { paths: 'state' }");
  EXPECT_EQ(paused.state(), v1::Study::PAUSED);
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a'"), "FAILED_PRECONDITION STUDY_PAUSED");
  EXPECT_EQ(
      Try(stub(), &Stub::UpdateStudy,
          absl::StrCat("study { name: 'a' state: ACTIVE } update_mask { paths: 'state' } if_revision: ", paused.revision() + 1)),
      "FAILED_PRECONDITION REVISION_MOVED");
  EXPECT_EQ(
      Must(stub(), &Stub::UpdateStudy,
           absl::StrCat("study { name: 'a' state: ACTIVE } update_mask { paths: 'state' } if_revision: ", paused.revision()))
          .state(),
      v1::Study::ACTIVE);
  Ask("a");
  Must(stub(), &Stub::UpdateStudy, "study { name: 'a' state: FINISHED } update_mask { paths: 'state' }");
  EXPECT_EQ(Try(stub(), &Stub::Ask, "study: 'a'"), "FAILED_PRECONDITION STUDY_FINISHED");
}

TEST_F(RpcTest, UpdateStudyGrowsTheSpaceAndSetsAttributes) {
  Create("a");
  Ask("a");
  std::string grown(kSpace);
  grown.replace(grown.find("high: 8"), 7, "high: 9");
  grown.insert(grown.rfind('}'),
               "parameters { name: 'new' distribution { int { low: 0 high: 3 } } default_value { int_value: 1 } }");
  const v1::Study study = Must(stub(), &Stub::UpdateStudy,
                               absl::StrCat("study { name: 'a' ", grown, " user_attrs { key: 'k' json: '[1]' } max_trials: 9 } ",
                                            "update_mask { paths: 'space' paths: 'user_attrs' paths: 'max_trials' }"));
  EXPECT_EQ(study.space().parameters_size(), 5);
  EXPECT_EQ(study.space().parameters(1).distribution().int_().high(), 9);
  EXPECT_EQ(study.space().parameters(4).default_value().int_value(), 1);
  EXPECT_EQ(study.definition_version(), 2);
  EXPECT_EQ(study.max_trials(), 9);
  EXPECT_EQ(study.user_attrs_size(), 1);
  const v1::Trial trial = Ask("a");
  EXPECT_EQ(trial.params(trial.params_size() - 1).name(), "new");
  EXPECT_THAT(Try(stub(), &Stub::UpdateStudy,
                  absl::StrCat("study { name: 'a' ", std::string(kSpace), " } update_mask { paths: 'space' }")),
              HasSubstr("INVALID_ARGUMENT BAD_FIELD"));  // may not shrink
  EXPECT_EQ(Must(stub(), &Stub::UpdateStudy, "study { name: 'a' user_attrs { key: 'k' } } update_mask { paths: 'user_attrs' }")
                .user_attrs_size(),
            0);
  EXPECT_EQ(Try(stub(), &Stub::UpdateStudy, "study { name: 'zz' state: PAUSED } update_mask { paths: 'state' }"),
            "NOT_FOUND NO_SUCH_STUDY");
}

TEST_F(RpcTest, DeleteStudy) {
  const v1::Study study = Create("a");
  EXPECT_EQ(Try(stub(), &Stub::DeleteStudy, absl::StrCat("study: 'a' study_uid: ", study.uid() + 1)), "NOT_FOUND NO_SUCH_STUDY");
  const v1::Trial trial = Ask("a");
  Must(stub(), &Stub::DeleteStudy, absl::StrCat("study: 'a' study_uid: ", study.uid()));
  EXPECT_EQ(Try(stub(), &Stub::GetStudy, "study: 'a'"), "NOT_FOUND NO_SUCH_STUDY");
  EXPECT_EQ(Try(stub(), &Stub::Tell, absl::StrCat("outcomes { trial {", TextOf(trial.handle()), "} values: 1 }")),
            "NOT_FOUND NO_SUCH_STUDY");
  EXPECT_EQ(Try(stub(), &Stub::DeleteStudy, "study: 'a'"), "NOT_FOUND NO_SUCH_STUDY");
  EXPECT_NE(Create("a").uid(), study.uid());
}

TEST_F(RpcTest, AnotherStudyOfTheNameIsNotTouched) {
  const auto with_uid = [](uint64_t uid, const std::string& more) {
    return absl::StrCat("study: 'a' study_uid: ", uid, " ", more);
  };
  const uint64_t uid = Create("a").uid();
  const std::string ask = with_uid(uid, absl::StrCat("request_id: '", NewUuid(), "'"));
  Must(stub(), &Stub::Ask, ask);
  Must(stub(), &Stub::DeleteStudy, "study: 'a'");
  const v1::Study other = Create("a");
  const std::string imported = R"(trials {
    params { name: "lr" value { double_value: 0.01 } } params { name: "depth" value { int_value: 3 } }
    params { name: "kernel" value { string_value: "poly" } } values: 1 })";
  const auto update = [](uint64_t of) {
    return absl::StrCat("study { name: 'a' uid: ", of, " max_trials: 5 } update_mask { paths: 'max_trials' }");
  };
  EXPECT_EQ(Try(stub(), &Stub::Ask, ask), "NOT_FOUND NO_SUCH_STUDY") << "sent again: its answer was lost";
  EXPECT_EQ(Try(stub(), &Stub::Enqueue, with_uid(uid, "")), "NOT_FOUND NO_SUCH_STUDY");
  EXPECT_EQ(Try(stub(), &Stub::AddTrials, with_uid(uid, imported)), "NOT_FOUND NO_SUCH_STUDY");
  EXPECT_EQ(Try(stub(), &Stub::UpdateStudy, update(uid)), "NOT_FOUND NO_SUCH_STUDY");
  EXPECT_EQ(Must(stub(), &Stub::GetStudy, "study: 'a'").revision(), other.revision());
  Must(stub(), &Stub::Ask, with_uid(other.uid(), ""));
  Must(stub(), &Stub::Enqueue, with_uid(other.uid(), ""));
  Must(stub(), &Stub::AddTrials, with_uid(other.uid(), imported));
  EXPECT_EQ(Must(stub(), &Stub::UpdateStudy, update(other.uid())).max_trials(), 5);
}

TEST_F(RpcTest, ServerInfo) {
  Create("a");
  const auto info = Must(stub(), &Stub::GetServerInfo, "");
  EXPECT_EQ(info.version(), PARZEN_VERSION);
  EXPECT_EQ(info.api_version(), "v1");
  EXPECT_FALSE(info.storage_id().empty());
  EXPECT_GE(info.live_studies(), 0);
  EXPECT_EQ(info.role(), "admin") << "where no token is asked for, everybody may do everything";
  EXPECT_EQ(info.study_prefix(), "");
  EXPECT_GT(info.start_time().seconds(), 1'700'000'000);
}

}  // namespace
}  // namespace parzen
