#include "clients/cli/worker/output.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const OutputRules> Rules(size_t objectives, const std::string& pattern = "",
                                         const std::vector<std::string>& metric_names = {}) {
  const auto rules = OutputRules::Create(objectives, pattern, metric_names);
  EXPECT_TRUE(rules.ok()) << rules.status();
  return *rules;
}

TEST(Outputs, LossOfALine) {
  const auto one = Rules(1);
  EXPECT_THAT(*one->Losses("0.5"), ElementsAre(0.5));
  EXPECT_THAT(*one->Losses("  loss: -1e-3 \n"), ElementsAre(-1e-3));
  EXPECT_THAT(*one->Losses("loss=0.5"), ElementsAre(0.5));
  EXPECT_TRUE(std::isnan((*one->Losses("nan"))[0]));
  EXPECT_FALSE(one->Losses("Epoch 10").ok());  // no sign that it is the loss
  EXPECT_FALSE(one->Losses("0.5 0.6").ok());
  EXPECT_FALSE(one->Losses("done").ok());
  EXPECT_FALSE(one->Losses("loss:").ok());
  EXPECT_THAT(*one->Losses("loss = 0.5"), ElementsAre(0.5));
  EXPECT_FALSE(one->Losses("at 12:30").ok());
  EXPECT_THAT(*Rules(2)->Losses("0.5, 3"), ElementsAre(0.5, 3));
  EXPECT_THAT(*Rules(2)->Losses("loss=0.5 time: 3"), ElementsAre(0.5, 3));
}

TEST(Outputs, NamedValuesAreFoundByName) {
  const auto rules = Rules(2, "", {"loss", "acc"});
  EXPECT_THAT(*rules->Losses("acc=0.9, loss=0.3"), ElementsAre(0.3, 0.9));
  EXPECT_THAT(*rules->Losses("acc: 0.9 loss: 0.3"), ElementsAre(0.3, 0.9));
  EXPECT_THAT(*rules->Losses("0.3 0.9"), ElementsAre(0.3, 0.9));
  const auto refused = [&rules](std::string_view text) { return std::string(rules->Losses(text).status().message()); };
  EXPECT_THAT(refused("accuracy=0.9, loss=0.3"), HasSubstr("'accuracy' is no objective: the study's are loss, acc"));
  EXPECT_THAT(refused("loss=0.3, epoch=7, acc=0.9"), HasSubstr("'epoch'"));
  EXPECT_THAT(refused("loss=0.3"), HasSubstr("'acc' is missing"));
  EXPECT_THAT(refused("loss=0.3 loss=0.3"), HasSubstr("twice"));
  EXPECT_THAT(refused("acc=0.9 0.3"), HasSubstr("no name"));
  EXPECT_THAT(std::string(Rules(1, "", {"loss"})->Losses("time: 3").status().message()), HasSubstr("'time'"));
  EXPECT_THAT(*Rules(2, "", {"val loss", "val/acc:top-1"})->Losses("val/acc:top-1: 0.9, val loss=0.3"), ElementsAre(0.3, 0.9));
}

TEST(Outputs, NamedGroupsAreFoundByName) {
  const std::string pattern = "acc (?P<acc>[0-9.]+) loss (?P<loss>[0-9.]+)";
  EXPECT_THAT(*Rules(2, pattern, {"loss", "acc"})->Match("acc 0.9 loss 0.3"), ElementsAre(0.3, 0.9));
  EXPECT_THAT(*Rules(2, pattern)->Match("acc 0.9 loss 0.3"), ElementsAre(0.9, 0.3));
  EXPECT_THAT(std::string(OutputRules::Create(2, pattern, {"loss", "time"}).status().message()), HasSubstr("'acc'"));
}

TEST(Outputs, Reports) {
  EXPECT_EQ(Rules(1)->Report("step 3 0.5")->step, 3);
  EXPECT_EQ(Rules(1)->Report("4 0.25")->value, 0.25);
  EXPECT_EQ(Rules(2)->Report("4 0.25"), std::nullopt);  // two losses
  EXPECT_EQ(Rules(2)->Report("step 4 0.25")->step, 4);
  EXPECT_EQ(Rules(1)->Report("-1 0.25"), std::nullopt);
  EXPECT_EQ(Rules(1)->Report("0.5"), std::nullopt);
  EXPECT_EQ(Rules(1)->Report("step 3 high"), std::nullopt);
}

TEST(Outputs, ReportsAsPeoplePrintThem) {
  for (const char* line : {"step 3 value 0.5", "step 3: 0.5", "step=3 value=0.5", "step: 3, value: 0.5", "step 3 loss 0.5",
                           "  step 3, loss = 0.5 ", "step 3: value 0.5", "3, 0.5", "3\t0.5"}) {
    const auto report = Rules(1)->Report(line);
    ASSERT_TRUE(report.has_value()) << line;
    EXPECT_EQ(report->step, 3) << line;
    EXPECT_EQ(report->value, 0.5) << line;
    EXPECT_TRUE(report->more.empty()) << line;
  }
  EXPECT_EQ(Rules(1, "", {"error"})->Report("step 3 error 0.5")->value, 0.5);
  EXPECT_TRUE(std::isnan(Rules(1)->Report("step 3 nan")->value));
}

TEST(Outputs, ReportsOfSeveralObjectives) {
  const auto rules = Rules(2, "", {"loss", "size"});
  for (const char* line : {"step 3 0.5 12", "step 3 size=12 loss=0.5", "step 3: loss 0.5, size 12"}) {
    const auto report = rules->Report(line);
    ASSERT_TRUE(report.has_value()) << line;
    EXPECT_EQ(report->value, 0.5) << line;
    EXPECT_THAT(report->more, ElementsAre(12)) << line;
  }
  EXPECT_EQ(rules->Report("step 3 loss 0.5 time 12"), std::nullopt);
  EXPECT_EQ(Rules(3)->Report("step 3 0.5 12"), std::nullopt);
}

TEST(Outputs, OrdinaryLinesAreNoReports) {
  for (const char* line : {"step 3 lr 0.001", "step 3/100 0.5", "Epoch 3 0.5", "steps 3 0.5", "step3 0.5", "step 3", "step",
                           "3 4 5", "0.5 0.7", "step 3 0.5 done", "3 value 0.5", "2026-01-01 0.5", "12:30 0.5",
                           "step 3 loss 0.5 acc 0.9", "step 3 value loss 1", "step 3 value"}) {
    EXPECT_EQ(Rules(1)->Report(line), std::nullopt) << line;
  }
  EXPECT_EQ(Rules(1, "", {"error"})->Report("step 3 loss 0.5"), std::nullopt);
}

TEST(Outputs, ReportsByAPattern) {
  const auto with = [](size_t objectives, const std::string& report, const std::vector<std::string>& names = {}) {
    return OutputRules::Create(objectives, "", names, report);
  };
  const auto rules = *with(1, R"(epoch (\d+)/\d+.*val_loss: (\S+))");
  const auto report = rules->Report("epoch 7/20 loss: 0.9 val_loss: 0.5");
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->step, 7);
  EXPECT_EQ(report->value, 0.5);
  EXPECT_EQ(rules->Report("step 3 0.5"), std::nullopt);
  EXPECT_EQ(rules->Report("epoch 7/20 val_loss: high"), std::nullopt);
  const auto named = *with(2, R"((?P<size>\d+)kB (?P<loss>\S+) at (?P<step>\d+))", {"loss", "size"});
  EXPECT_EQ(named->Report("12kB 0.5 at 3")->value, 0.5);
  EXPECT_THAT(named->Report("12kB 0.5 at 3")->more, ElementsAre(12));
  EXPECT_EQ((*with(1, R"((?P<value>\S+) at (?P<step>\d+))"))->Report("0.5 at 3")->step, 3);
  const auto refused = [&](const auto&... arguments) { return std::string(with(arguments...).status().message()); };
  EXPECT_THAT(refused(1, "(\\d+"), HasSubstr("--report is no regular expression"));
  EXPECT_THAT(refused(1, "(\\d+)"), HasSubstr("--report has 1 groups"));
  EXPECT_THAT(refused(1, "(?P<at>\\d+) (?P<value>.)"), HasSubstr("(?P<step>...)"));
  EXPECT_THAT(refused(1, "(?P<step>\\d+) (?P<value>.)", std::vector<std::string>{"loss"}), HasSubstr("'loss'"));
}

TEST(Outputs, ReadsAStreamInPieces) {
  std::vector<int64_t> steps;
  OutputReader reader(Rules(1), [&steps](IntermediateValue value) { steps.push_back(value.step); });
  for (const char* piece : {"star", "ting\nstep 1 ", "0.9\nstep 2 0.8\n", "0.", "25"}) reader.FeedOutput(piece);
  reader.FeedErrors("warning: slow\n");
  reader.End();
  EXPECT_THAT(steps, ElementsAre(1, 2));
  EXPECT_THAT(*reader.Losses(), ElementsAre(0.25));
  EXPECT_EQ(reader.Tail(), "starting\nstep 1 0.9\nstep 2 0.8\nwarning: slow\n0.25");
}

TEST(Outputs, ProgressBarsAndBlankLines) {
  OutputReader reader(Rules(1), [](IntermediateValue) {});
  reader.FeedOutput("10%\r50%\r100%\r\n0.5\r\n\n   \n");
  reader.End();
  EXPECT_THAT(*reader.Losses(), ElementsAre(0.5));
  EXPECT_EQ(reader.Tail(), "100%\n0.5");
}

TEST(Outputs, PatternsTakeTheLastMatch) {
  OutputReader reader(Rules(1, R"(val_loss: (\S+))"), [](IntermediateValue) {});
  reader.FeedOutput("epoch 1 val_loss: 0.9\nepoch 2 val_loss: 0.7 \nsaved\n");
  reader.End();
  EXPECT_THAT(*reader.Losses(), ElementsAre(0.7));
  EXPECT_THAT(*Rules(1, "[0-9.]+$")->Match("loss 0.5"), ElementsAre(0.5));
  EXPECT_THAT(*Rules(2, "a=(.*) b=(.*)")->Match("a=1 b=2"), ElementsAre(1, 2));
}

TEST(Outputs, BadPatternsAreRefused) {
  EXPECT_THAT(std::string(OutputRules::Create(1, "(").status().message()), HasSubstr("--pattern"));
  EXPECT_THAT(std::string(OutputRules::Create(2, "(a)").status().message()), HasSubstr("2 objectives"));
}

TEST(Outputs, ErrorsSayWhatWasFound) {
  OutputReader nothing(Rules(1), [](IntermediateValue) {});
  nothing.End();
  EXPECT_THAT(std::string(nothing.Losses().status().message()), HasSubstr("printed nothing"));
  OutputReader words(Rules(1), [](IntermediateValue) {});
  words.FeedOutput("saved to 3\n");
  EXPECT_THAT(std::string(words.Losses().status().message()), HasSubstr("saved to 3"));
}

TEST(Outputs, AnEndlessLineIsCut) {
  OutputReader reader(Rules(1), [](IntermediateValue) {});
  for (int i = 0; i < 1000; ++i) reader.FeedOutput(std::string(1000, 'x'));
  reader.FeedOutput("\n0.5\n");
  EXPECT_THAT(*reader.Losses(), ElementsAre(0.5));
  EXPECT_LT(reader.Tail().size(), 3000U);
}

}  // namespace
}  // namespace parzen::cli
