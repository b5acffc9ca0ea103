#include <set>

#include "tests/storage/contract.h"

namespace parzen::storage {
namespace {

using testing::ElementsAre;

std::vector<std::string> Names(const absl::StatusOr<std::vector<StudyRecord>>& studies) {
  EXPECT_TRUE(studies.ok()) << studies.status();
  std::vector<std::string> names;
  if (studies.ok()) {
    for (const StudyRecord& study : *studies) names.push_back(study.name);
  }
  return names;
}

TEST_P(StorageContract, KeepsEveryFieldOfAStudy) {
  StudyRecord study = SampleStudy(AwkwardText(), 0xfedcba9876543210u);
  ASSERT_EQ(Create(study), absl::OkStatus());
  for (const bool reopened : {false, true}) {
    if (reopened && !place_->Keeps()) break;
    if (reopened) Reopen();
    absl::StatusOr<StudyRecord> by_name = storage_->GetStudy(AwkwardText());
    ASSERT_TRUE(by_name.ok()) << by_name.status();
    EXPECT_EQ(Show(*by_name), Show(study));
    EXPECT_GT(by_name->id, 0);
    absl::StatusOr<StudyRecord> by_uid = storage_->GetStudyByUid(study.uid);
    ASSERT_TRUE(by_uid.ok()) << by_uid.status();
    EXPECT_EQ(Show(*by_uid), Show(study));
    EXPECT_EQ(by_uid->id, by_name->id);
    absl::StatusOr<StudyRecord> by_id = storage_->GetStudyById(by_name->id);
    ASSERT_TRUE(by_id.ok()) << by_id.status();
    EXPECT_EQ(Show(*by_id), Show(study));
  }
}

TEST_P(StorageContract, StudiesThatAreNotThere) {
  EXPECT_EQ(storage_->GetStudy("nothing").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage_->GetStudyByUid(1).status().code(), absl::StatusCode::kNotFound);
  for (const int64_t id : {int64_t{-1}, int64_t{0}, int64_t{1}, INT64_MAX}) {
    EXPECT_EQ(storage_->GetStudyById(id).status().code(), absl::StatusCode::kNotFound) << id;
  }
  EXPECT_EQ(storage_->AcquireStudy(1).status().code(), absl::StatusCode::kNotFound);
  Loaded loaded;
  EXPECT_EQ(storage_->Load(1, &loaded).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage_->ReadTrials(1, std::vector<int64_t>{0}, View::kBasic).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage_->ReadRequest(1, 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Commit({.study_uid = 1, .epoch = 1, .changes = {InsertTrial{PlainTrial(0)}}}).code(), absl::StatusCode::kNotFound);
}

TEST_P(StorageContract, NamesAndUidsAreUnique) {
  ASSERT_EQ(Create(SampleStudy("a", 1)), absl::OkStatus());
  EXPECT_EQ(Create(SampleStudy("a", 2), SampleRequest(1, 0)).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Create(SampleStudy("b", 1)).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Create(SampleStudy("b", 0)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Names(storage_->ListStudies("", "", 10)), ElementsAre("a"));
  // Nothing of a refused study is kept.
  absl::StatusOr<std::optional<RequestRecord>> request = storage_->FindRequest(SampleRequest(1, 0).id);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_FALSE(request->has_value());
  // Names differ by case and by trailing blanks.
  EXPECT_EQ(Create(SampleStudy("A", 3)), absl::OkStatus());
  EXPECT_EQ(Create(SampleStudy("a ", 4)), absl::OkStatus());
}

TEST_P(StorageContract, CreatesAStudyTogetherWithItsRequest) {
  RequestRecord request = SampleRequest(9, 0);
  request.expires_at = 123;
  ASSERT_EQ(Create(SampleStudy("a", 1), request), absl::OkStatus());
  absl::StatusOr<std::optional<RequestRecord>> kept = storage_->FindRequest(request.id);
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_TRUE(kept->has_value());
  EXPECT_EQ(Show(**kept), Show(request));
}

TEST_P(StorageContract, ListsStudiesInNameOrder) {
  uint64_t uid = 1;
  for (const char* name : {"b", "team/b", "team/a", "a", "team", "teams", "\xc3\xa4"}) {
    ASSERT_EQ(Create(SampleStudy(name, uid++)), absl::OkStatus());
  }
  EXPECT_THAT(Names(storage_->ListStudies("", "", 100)), ElementsAre("a", "b", "team", "team/a", "team/b", "teams", "\xc3\xa4"));
  EXPECT_THAT(Names(storage_->ListStudies("", "", 2)), ElementsAre("a", "b"));
  EXPECT_THAT(Names(storage_->ListStudies("b", "", 2)), ElementsAre("team", "team/a"));
  EXPECT_THAT(Names(storage_->ListStudies("", "team/", 100)), ElementsAre("team/a", "team/b"));
  EXPECT_THAT(Names(storage_->ListStudies("team/a", "team/", 100)), ElementsAre("team/b"));
  EXPECT_THAT(Names(storage_->ListStudies("team/b", "team/", 100)), ElementsAre());
  EXPECT_THAT(Names(storage_->ListStudies("", "x", 100)), ElementsAre());
  EXPECT_THAT(Names(storage_->ListStudies("", "", 0)), ElementsAre());
  EXPECT_EQ(*storage_->CountStudies(), 7);
}

TEST_P(StorageContract, TalliesAStudysTrials) {
  MakeStudy("a", 5);
  EXPECT_EQ(storage_->TallyTrials(6).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage_->TallyTrials(5)->revision, 0);
  TrialTally expected;
  for (int64_t number = 0; number < 12; ++number) {
    TrialRecord trial = SampleTrial(number);
    trial.revision = 100 - number;
    trial.imported = number % 3 == 0;
    ++expected.by_state[static_cast<size_t>(trial.state)];
    expected.imported += trial.imported ? 1 : 0;
    ASSERT_EQ(Change(InsertTrial{trial}), absl::OkStatus());
  }
  const absl::StatusOr<TrialTally> tally = storage_->TallyTrials(5);
  ASSERT_TRUE(tally.ok()) << tally.status();
  EXPECT_EQ(tally->by_state, expected.by_state);
  EXPECT_EQ(tally->imported, 4);
  EXPECT_EQ(tally->revision, 100);
}

TEST_P(StorageContract, UpdatesOfAStudySetWhatIsSet) {
  MakeStudy("a", 5);
  StudyRecord study = SampleStudy("a", 5);
  UpdateStudy nothing;
  ASSERT_EQ(Change(nothing), absl::OkStatus());
  EXPECT_EQ(Show(*storage_->GetStudy("a")), Show(study));

  UpdateStudy update;
  update.state = study.state = StudyState::kFinished;
  update.revision = study.revision = 99;
  update.user_attrs = {{"a", std::nullopt}, {"b", "[1]"}, {"unknown", std::nullopt}};
  update.system_attrs = {{"a", "2"}};
  study.user_attrs.pop_back();
  study.user_attrs.emplace_back("b", "[1]");
  study.system_attrs = {{"a", "2"}};
  ASSERT_EQ(Change(update), absl::OkStatus());
  absl::StatusOr<StudyRecord> kept = storage_->GetStudy("a");
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(Show(*kept), Show(study));

  UpdateStudy definition;
  definition.definition = study.definition = "{\"other\": true}";
  definition.definition_version = study.definition_version = 4;
  definition.sampler_state = study.sampler_state = "";
  ASSERT_EQ(Change(definition), absl::OkStatus());
  kept = storage_->GetStudyByUid(5);
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(Show(*kept), Show(study));
}

TEST_P(StorageContract, ADeletedStudyIsGoneWithEverything) {
  MakeStudy("a", 5);
  const int64_t old_id = storage_->GetStudy("a")->id;
  ASSERT_EQ(Change(InsertTrial{SampleTrial(0)}, InsertTrial{SampleTrial(1)}, PutRequest{SampleRequest(1, 1)}), absl::OkStatus());
  ASSERT_EQ(Create(SampleStudy("other", 6)), absl::OkStatus());
  ASSERT_EQ(Change(DeleteStudy{}), absl::OkStatus());

  EXPECT_EQ(storage_->GetStudy("a").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage_->GetStudyByUid(5).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage_->GetStudyById(old_id).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage_->ReadTrials(5, std::vector<int64_t>{0}, View::kFull).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage_->ReadRequest(5, 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(storage_->AcquireStudy(5).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Change(InsertTrial{PlainTrial(2)}).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Change(DeleteStudy{}).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Names(storage_->ListStudies("", "", 10)), ElementsAre("other"));

  // The name is free, ids are not used again, and the new study is empty.
  MakeStudy("a", 8);
  EXPECT_GT(storage_->GetStudy("a")->id, old_id);
  const Loaded loaded = Load();
  EXPECT_TRUE(loaded.rows.empty());
  EXPECT_TRUE(loaded.requests.empty());
  EXPECT_TRUE(loaded.distributions.empty());
  ASSERT_EQ(Change(InsertTrial{PlainTrial(0)}), absl::OkStatus());
}

TEST_P(StorageContract, TheLatestStudysIdIsNotUsedAgainAfterAReopening) {
  MakeStudy("a", 5);
  const int64_t old_id = storage_->GetStudy("a")->id;
  ASSERT_EQ(Change(DeleteStudy{}), absl::OkStatus());
  if (place_->Keeps()) Reopen();
  ASSERT_EQ(Create(SampleStudy("a", 6)), absl::OkStatus());
  EXPECT_GT(storage_->GetStudy("a")->id, old_id);
}

TEST_P(StorageContract, NothingFollowsADeleteInItsTransaction) {
  MakeStudy();
  EXPECT_EQ(Change(DeleteStudy{}, InsertTrial{PlainTrial(0)}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Change(InsertTrial{PlainTrial(0)}), absl::OkStatus());
}

TEST_P(StorageContract, ARequestOutsideTheStudySurvivesItsDeletion) {
  MakeStudy();
  ASSERT_EQ(Change(PutRequest{SampleRequest(4, 0)}, DeleteStudy{}), absl::OkStatus());
  absl::StatusOr<std::optional<RequestRecord>> kept = storage_->FindRequest(SampleRequest(4, 0).id);
  ASSERT_TRUE(kept.ok() && kept->has_value());
  EXPECT_EQ(Show(**kept), Show(SampleRequest(4, 0)));
}

TEST_P(StorageContract, AStorageHasAnIdAndFigures) {
  EXPECT_FALSE(storage_->StorageId().empty());
  std::set<std::string> names;
  for (const Figure& figure : storage_->Figures()) {
    EXPECT_TRUE(names.insert(figure.name).second) << figure.name << " is there twice";
    EXPECT_THAT(figure.name, testing::MatchesRegex("[a-z_]+"));
    EXPECT_FALSE(figure.help.empty());
    EXPECT_GE(figure.value, 0);
  }
  EXPECT_TRUE(names.contains("database_bytes"));
  const std::string id = storage_->StorageId();
  if (!place_->Keeps()) return;
  Reopen();
  EXPECT_EQ(storage_->StorageId(), id);
}

}  // namespace
}  // namespace parzen::storage
