// CreateStudy, UpdateStudy, ListStudies, DeleteStudy, growth of a space.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

CreateStudyCommand Create(const std::string& name, StudyDefinition definition, bool exist_ok = false) {
  CreateStudyCommand command;
  command.name = name;
  command.definition = std::move(definition);
  command.exist_ok = exist_ok;
  return command;
}

TEST(CreateStudyTest, ExistOkReturnsTheSameDefinition) {
  Harness harness;
  CreateStudyCommand command = Create("s", Define({Real("x", 0, 1)}), true);
  const auto made = harness.CreateStudy(command);
  ASSERT_EQ(made.status(), absl::OkStatus());
  EXPECT_NE(made->uid, 0u);
  EXPECT_EQ(made->state, StudyState::kActive);
  EXPECT_EQ(harness.CreateStudy(command)->uid, made->uid);
  command.seed = made->definition->sampler.seed;
  EXPECT_EQ(harness.CreateStudy(command)->uid, made->uid);
  command.seed = made->definition->sampler.seed + 1;
  EXPECT_EQ(Reason(harness.CreateStudy(command).status()), "STUDY_EXISTS");
  command = Create("s", Define({Real("x", 0, 2)}), true);
  const absl::Status status = harness.CreateStudy(command).status();
  EXPECT_EQ(Reason(status), "STUDY_EXISTS");
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("\"x\""));
  EXPECT_EQ(error::GetErrorDetail(status)->metadata.back().first, "difference");
}

TEST(CreateStudyTest, WhoMayMakeNoneIsAnsweredOneThatIsThere) {
  Harness harness;
  CreateStudyCommand command = Create("s", Define({Real("x", 0, 1)}), true);
  command.may_make = absl::PermissionDeniedError("may not");
  EXPECT_EQ(harness.CreateStudy(command).status(), command.may_make);
  EXPECT_EQ(Reason(harness.GetStudy("s").status()), "NO_SUCH_STUDY");
  const Study made = harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  EXPECT_EQ(harness.CreateStudy(command)->uid, made.uid);
  command = Create("s", Define({Real("x", 0, 2)}), true);
  command.may_make = absl::PermissionDeniedError("may not");
  EXPECT_EQ(Reason(harness.CreateStudy(command).status()), "STUDY_EXISTS");
}

TEST(CreateStudyTest, RefusesBadDefinitions) {
  Harness harness;
  EXPECT_EQ(Reason(harness.CreateStudy(Create("", Define({}))).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(harness.CreateStudy(Create(std::string(257, 'a'), Define({}))).status()), "BAD_FIELD");
  StudyDefinition definition = Define({Real("x", 0, 1)});
  definition.max_trials = 0;
  EXPECT_EQ(Reason(harness.CreateStudy(Create("s", definition)).status()), "BAD_FIELD");
  definition = Define({Real("x", 0, 1)});
  definition.directions.clear();
  EXPECT_EQ(Reason(harness.CreateStudy(Create("s", definition)).status()), "BAD_FIELD");
  definition.directions.assign(17, Direction::kMinimize);
  EXPECT_EQ(Reason(harness.CreateStudy(Create("s", definition)).status()), "BAD_FIELD");
  CreateStudyCommand command = Create("s", Define({}));
  command.user_attrs = {{"a", "{"}};
  EXPECT_EQ(Reason(harness.CreateStudy(command).status()), "BAD_FIELD");
  command.user_attrs = {{"a", std::string(65, '[') + std::string(65, ']')}};
  EXPECT_EQ(Reason(harness.CreateStudy(command).status()), "BAD_FIELD");
  command.user_attrs = {{"a", std::string(64, '[') + std::string(64, ']')}};
  EXPECT_EQ(harness.CreateStudy(command).status(), absl::OkStatus());
}

TEST(UpdateStudyTest, PausesResumesAndFinishes) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskOne("s");
  UpdateStudyCommand command;
  command.study = "s";
  command.state = StudyState::kPaused;
  EXPECT_EQ(harness.UpdateStudy(command)->state, StudyState::kPaused);
  EXPECT_EQ(Reason(harness.Ask("s").status()), "STUDY_PAUSED");
  EXPECT_EQ(harness.Tell(trial, {1}).status(), absl::OkStatus());
  command.state = StudyState::kFinished;
  command.if_revision = harness.GetStudy("s")->revision - 1;
  EXPECT_EQ(Reason(harness.UpdateStudy(command).status()), "REVISION_MOVED");
  command.if_revision = harness.GetStudy("s")->revision;
  EXPECT_EQ(harness.UpdateStudy(command)->state, StudyState::kFinished);
  EXPECT_EQ(Reason(harness.Ask("s").status()), "STUDY_FINISHED");
  EXPECT_EQ(Reason(harness.Enqueue({{}, "s", {}, {}}).status()), "STUDY_FINISHED");
  command.state = StudyState::kActive;
  command.if_revision.reset();
  EXPECT_EQ(harness.UpdateStudy(command)->state, StudyState::kActive);
  EXPECT_EQ(harness.AskOne("s").handle.number, 1);
}

TEST(UpdateStudyTest, AttributesAreSetAndRemoved) {
  Harness harness(Harness::Kind::kFile);
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  UpdateStudyCommand command;
  command.study = "s";
  command.user_attrs = {{"a", "1"}, {"b", " {\"k\" : 1.0} "}};
  command.system_attrs = {{"z", "null"}};
  ASSERT_EQ(harness.UpdateStudy(command).status(), absl::OkStatus());
  command.user_attrs = {{"a", ""}, {"c", "true"}};
  command.system_attrs.clear();
  ASSERT_EQ(harness.UpdateStudy(command).status(), absl::OkStatus());
  for (const bool restarted : {false, true}) {
    if (restarted) harness.Restart();
    const auto study = harness.GetStudy("s");
    EXPECT_THAT(study->user_attrs,
                testing::UnorderedElementsAre(testing::Pair("b", " {\"k\" : 1.0} "), testing::Pair("c", "true")));
    EXPECT_THAT(study->system_attrs, testing::ElementsAre(testing::Pair("z", "null")));
  }
}

TEST(UpdateStudyTest, AFiniteSpaceGrows) {
  Harness harness(Harness::Kind::kFile);
  harness.MakeStudy("s", Define({Choices("c", {std::string("a"), std::string("b")})}));
  const auto first = harness.Ask("s", 2);
  ASSERT_EQ(harness.Tell(first->trials[0], {1}).status(), absl::OkStatus());
  EXPECT_EQ(Reason(harness.Ask("s").status()), "SPACE_EXHAUSTED");
  DeclaredParameter added = Whole("n", 1, 2);
  added.default_value = int64_t{2};
  UpdateStudyCommand command;
  command.study = "s";
  command.space = {Choices("c", {std::string("a"), std::string("b"), std::string("d")}), added};
  const auto grown = harness.UpdateStudy(command);
  ASSERT_EQ(grown.status(), absl::OkStatus());
  EXPECT_EQ(grown->definition_version, 2);
  // (a, 2) and (b, 2) are what the old trials are taken to have been: (a, 1), (b, 1), (d, 1), (d, 2) are left.
  harness.Restart();
  std::set<std::string> points;
  const auto rest = harness.Ask("s", 10);
  ASSERT_EQ(rest.status(), absl::OkStatus());
  for (const Trial& trial : rest->trials) {
    EXPECT_EQ(trial.definition_version, 2);
    points.insert(ChoiceToJson(trial.params[0].value) + ChoiceToJson(trial.params[1].value));
  }
  EXPECT_THAT(points, testing::ElementsAre("\"a\"1", "\"b\"1", "\"d\"1", "\"d\"2"));
  EXPECT_EQ(Reason(harness.Ask("s").status()), "SPACE_EXHAUSTED");
  // It may only grow.
  command.space = {Choices("c", {std::string("a")}), added};
  EXPECT_EQ(Reason(harness.UpdateStudy(command).status()), "BAD_FIELD");
  command.space = std::vector<DeclaredParameter>();
  EXPECT_EQ(Reason(harness.UpdateStudy(command).status()), "BAD_FIELD");
}

TEST(UpdateStudyTest, ChangesSamplerAndLimits) {
  Harness harness;
  const Study study = harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  UpdateStudyCommand command;
  command.study = "s";
  command.sampler = SamplerConfig{SamplerKind::kQmc, {}, {}, 0, 0};
  const auto changed = harness.UpdateStudy(command);
  ASSERT_EQ(changed.status(), absl::OkStatus());
  EXPECT_EQ(changed->definition->sampler.kind, SamplerKind::kQmc);
  EXPECT_EQ(changed->definition->sampler.seed, study.definition->sampler.seed);
  EXPECT_EQ(changed->definition->sampler.algorithm_version, NewestAlgorithmVersion(SamplerKind::kQmc));
  EXPECT_EQ(changed->definition_version, 2);
  ASSERT_EQ(harness.Ask("s", 3).status(), absl::OkStatus());
  UpdateStudyCommand limits;
  limits.study = "s";
  limits.max_trials = std::optional<int64_t>(2);
  EXPECT_EQ(Reason(harness.UpdateStudy(limits).status()), "BAD_FIELD");
  limits.max_trials = std::optional<int64_t>(3);
  const auto limited = harness.UpdateStudy(limits);
  ASSERT_EQ(limited.status(), absl::OkStatus());
  EXPECT_EQ(limited->definition_version, 2);
  EXPECT_EQ(Reason(harness.Ask("s").status()), "ALL_HANDED_OUT");
  limits.max_trials = std::optional<int64_t>();
  ASSERT_EQ(harness.UpdateStudy(limits).status(), absl::OkStatus());
  EXPECT_EQ(harness.AskOne("s").handle.number, 3);
}

TEST(ListStudiesTest, PagesInNameOrder) {
  Harness harness;
  for (const char* name : {"b", "a", "pre-1", "pre-2", "pre-3"}) harness.MakeStudy(name, Define({Real("x", 0, 1)}));
  harness.AskOne("pre-2");
  const auto list = [&](ListStudiesCommand command) {
    return Wait<ListStudiesAnswer>([&](auto done) { harness.service().ListStudies(std::move(command), std::move(done)); });
  };
  ListStudiesCommand command;
  command.page_size = 2;
  command.name_prefix = "pre-";
  const auto first = list(command);
  ASSERT_EQ(first.status(), absl::OkStatus());
  ASSERT_EQ(first->studies.size(), 2u);
  EXPECT_EQ(first->studies[0].name, "pre-1");
  EXPECT_EQ(first->studies[1].counts.running, 1);
  command.page_token = first->next_page_token;
  const auto second = list(command);
  ASSERT_EQ(second.status(), absl::OkStatus());
  ASSERT_EQ(second->studies.size(), 1u);
  EXPECT_EQ(second->studies[0].name, "pre-3");
  EXPECT_EQ(second->next_page_token, "");
  command.name_prefix = "";
  EXPECT_EQ(Reason(list(command).status()), "BAD_FIELD");
  command.page_token = "nonsense";
  EXPECT_EQ(Reason(list(command).status()), "BAD_FIELD");
}

TEST(DeleteStudyTest, RemovesAStudyForGood) {
  Harness harness;
  const Study study = harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskOne("s");
  EXPECT_EQ(Reason(harness.DeleteStudy({{}, "s", study.uid + 1})), "NO_SUCH_STUDY");
  ASSERT_EQ(harness.DeleteStudy({{}, "s", study.uid}), absl::OkStatus());
  EXPECT_EQ(Reason(harness.Ask("s").status()), "NO_SUCH_STUDY");
  EXPECT_EQ(Reason(harness.Tell(trial, {1}).status()), "NO_SUCH_STUDY");
  const Study again = harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  EXPECT_NE(again.uid, study.uid);
  EXPECT_EQ(Reason(harness.Tell(trial, {1}).status()), "NO_SUCH_STUDY");
  EXPECT_EQ(harness.GetStudy("s")->counts.total(), 0);
}

TEST(EvictionTest, IdleStudiesComeBackAsTheyWere) {
  ServiceOptions options;
  options.memory_bound = 1;  // nothing idle stays
  Harness harness(Harness::Kind::kMemory, options);
  std::vector<Trial> trials;
  for (const char* name : {"a", "b", "c"}) {
    harness.MakeStudy(name, Define({Real("x", 0, 1)}));
    trials.push_back(harness.AskOne(name));
  }
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 0; i < trials.size(); ++i) {
      const std::string name(1, static_cast<char>('a' + i));
      ASSERT_EQ(harness.Tell(trials[i], {1.0 * round}).status(), absl::OkStatus());
      trials[i] = harness.AskOne(name);
      EXPECT_EQ(trials[i].handle.number, round + 1);
      EXPECT_EQ(harness.GetStudy(name)->counts.complete, round + 1);
    }
  }
  // A study whose last answer is just being let go of counts as in use; housekeeping, once a minute, looks again.
  for (int minute = 0; minute < 1000 && harness.service().LiveStudies() == 3; ++minute) {
    harness.Pass(61);
    ASSERT_EQ(harness.GetStudy("a").status(), absl::OkStatus());
  }
  EXPECT_LT(harness.service().LiveStudies(), 3);
}

TEST(EvictionTest, RequestsThatExpiredInTheMeantimeAreNoObstacle) {
  ServiceOptions options;
  options.memory_bound = 1;
  Harness harness(Harness::Kind::kMemory, options);
  harness.MakeStudy("a", Define({Real("x", 0, 1)}));
  harness.MakeStudy("b", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskOne("a");
  for (uint64_t id = 1; id < 5; ++id) {
    ASSERT_EQ(harness.Report({Key(id), {{trial.handle, 1, 0.5}}}).status(), absl::OkStatus());
  }
  const int64_t later = harness.now() += int64_t{25} * 3600 * 1'000'000;
  ASSERT_EQ(Wait<int>([&](auto done) {
              harness.storage().ExpireRequests(later, [done](const absl::Status& status) {
                if (!status.ok()) return done(status);
                done(0);
              });
            }).status(),
            absl::OkStatus());
  for (uint64_t id = 1; id < 5; ++id) {
    ASSERT_EQ(harness.GetStudy("b").status(), absl::OkStatus());  // evicts the other
    EXPECT_EQ(harness.Report({Key(id), {{trial.handle, 1, 0.25}}}).status(), absl::OkStatus());
  }
}

}  // namespace
}  // namespace parzen::engine
