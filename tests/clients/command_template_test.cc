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

TEST(CommandTemplates, DeclaredNamesAreFoundWhateverTheirCharacters) {
  const SearchSpace space = {{"model/encoder:dim", Int{1, 9}},
                             {"learning rate", Float{0, 1}},
                             {"x", Float{0, 1}},
                             {"x:-1", Float{0, 1}},
                             {"größe", Int{1, 9}}};
  FrozenTrial trial = Sample();
  trial.params = {{"model/encoder:dim", int64_t{4}}, {"learning rate", 0.5}, {"x", 0.25}, {"x:-1", 0.75}, {"größe", int64_t{3}}};
  const auto command = CommandTemplate::Create(
      {"{model/encoder:dim}", "{learning rate}", "{x}{x:-1}{x:-2}", "{größe:-1}", "{print $1}", "{1, 2}"}, space);
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_THAT(command->Expand(trial, ""), ElementsAre("4", "0.5", "0.250.750.25", "3", "{print $1}", "{1, 2}"));
  EXPECT_FALSE(CommandTemplate::Create({"{model/encoder:dimm}"}, space).ok());
  EXPECT_FALSE(CommandTemplate::Create({"{grösse}"}, space).ok());
}

TEST(CommandTemplates, WhatCannotBeToldApartIsRefused) {
  const auto refused = [](const std::string& argument, const SearchSpace& space) {
    return std::string(CommandTemplate::Create({"train", argument}, space).status().message());
  };
  EXPECT_THAT(refused("{trial}", {{"trial", Int{1, 9}}}), HasSubstr("PARZEN_PARAM_trial and the other from PARZEN_TRIAL"));
  EXPECT_THAT(refused("{params_file}", {{"params_file", Int{1, 9}}}), HasSubstr("PARZEN_PARAMS_FILE"));
  EXPECT_EQ(refused("{x}", {{"trial", Int{1, 9}}, {"x", Int{1, 9}}}), "");
  const SearchSpace alike = {{"lr.decay", Float{0, 1}}, {"lr-decay", Float{0, 1}}};
  EXPECT_THAT(refused("x", alike), HasSubstr("'lr.decay', 'lr-decay' would all be PARZEN_PARAM_lr_decay"));
  EXPECT_NE(refused("{lr.decay}", alike), "");
  EXPECT_EQ(refused("{lr.decay}{lr-decay}", alike), "");
  EXPECT_EQ(refused("{params_file}", alike), "");
  EXPECT_EQ(refused("x", {{"lr.decay", Float{0, 1}}, {"lr_decay", Float{0, 1}}}), "");  // one is called so to the letter
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
  const auto variables = TrialEnvironment(trial, {});
  EXPECT_THAT(variables, Contains(Pair("PARZEN_PARAM_lr", "1e-05")));
  EXPECT_THAT(variables, Contains(Pair("PARZEN_TRIAL", "17")));
  EXPECT_THAT(variables, Contains(Pair("PARZEN_PARAM_a_b___", "true")));
}

TEST(Environments, ANameToTheLetterHasTheVariable) {
  FrozenTrial trial = Sample();
  trial.params = {{"lr_decay", 0.5}, {"lr.decay", 0.25}, {"a.b", 1.5}, {"a-b", 2.5}};
  auto variables = TrialEnvironment(trial, {});
  EXPECT_THAT(variables,
              ElementsAre(Pair("PARZEN_STUDY", "digits"), Pair("PARZEN_TRIAL", "17"), Pair("PARZEN_PARAM_lr_decay", "0.5")));
  // Also in a trial that does not have it.
  trial.params = {{"lr.decay", 0.25}};
  EXPECT_EQ(TrialEnvironment(trial, {{"lr_decay", Float{0, 1}}, {"lr.decay", Float{0, 1}}}).size(), 2U);
}

TEST(Environments, QuotesForAShell) {
  EXPECT_EQ(ShellQuote("a-b.c"), "a-b.c");
  EXPECT_EQ(ShellQuote("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(ShellQuote(""), "''");
}

}  // namespace
}  // namespace parzen::cli
