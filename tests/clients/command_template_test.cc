#include "clients/cli/worker/command_template.h"

#include "clients/cli/environment.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const SearchSpace kSpace = {
    {"lr", Float{0, 1}}, {"kernel", Categorical{{"rbf", "poly"}}}, {"gamma", Float{0, 1}, Condition{"kernel", {"rbf"}}}};

FrozenTrial Sample() {
  FrozenTrial trial;
  trial.study = "digits";
  trial.handle.number = 17;
  trial.params = {{"lr", 1e-5}, {"kernel", "poly"}};
  return trial;
}

TEST(CommandTemplates, FillPlaces) {
  const absl::StatusOr<CommandTemplate> command =
      CommandTemplate::Create({"train", "--lr={lr}", "{kernel}{kernel}", "{gamma}", "{gamma:-0.5}", "{trial}/{study}",
                               "{params_file}", "{{lr}", "{\"a\": 1}", "{}", "{"},
                              kSpace);
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_THAT(command->Expand(Sample(), "/p.json"),
              ElementsAre("train", "--lr=1e-05", "polypoly", "", "0.5", "17/digits", "/p.json", "{lr}", "{\"a\": 1}", "{}", "{"));
}

TEST(CommandTemplates, RefuseUnknownNames) {
  const auto command = CommandTemplate::Create({"train", "{lrr}"}, kSpace);
  EXPECT_THAT(std::string(command.status().message()),
              HasSubstr("{lrr}: trial, study, params_file, lr, kernel, gamma are accepted"));
  EXPECT_FALSE(CommandTemplate::Create({}, kSpace).ok());
  EXPECT_TRUE(CommandTemplate::Create({"train", "{anything}"}, {}).ok());  // define-by-run
}

TEST(CommandTemplates, AValueIsNeverATemplate) {
  FrozenTrial trial = Sample();
  trial.params[1].value = "{lr}; rm -rf $HOME";
  const auto command = CommandTemplate::Create({"train", "{kernel}"}, kSpace);
  EXPECT_THAT(command->Expand(trial, ""), ElementsAre("train", "{lr}; rm -rf $HOME"));
}

TEST(Environments, NamesAShellTakes) {
  FrozenTrial trial = Sample();
  trial.params.push_back({"a.b-ä", true});
  const auto variables = TrialEnvironment(trial);
  EXPECT_THAT(variables, Contains(Pair("PARZEN_PARAM_lr", "1e-05")));
  EXPECT_THAT(variables, Contains(Pair("PARZEN_TRIAL", "17")));
  EXPECT_THAT(variables, Contains(Pair("PARZEN_PARAM_a_b___", "true")));
}

TEST(Environments, QuotesForAShell) {
  EXPECT_EQ(ShellQuote("a-b.c"), "a-b.c");
  EXPECT_EQ(ShellQuote("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(ShellQuote(""), "''");
}

}  // namespace
}  // namespace parzen::cli
