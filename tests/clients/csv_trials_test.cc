#include "clients/cli/csv_trials.h"

#include "clients/cli/csv.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

StudyInfo Digits() {
  StudyInfo study;
  study.config.space = {{"lr", Float{0, 1}}, {"depth", Int{1, 8}}, {"kernel", Categorical{{"rbf", "po,\"ly"}}}};
  return study;
}

TEST(Csv, QuotesWhatNeedsIt) {
  EXPECT_EQ(CsvRecord({"a", "b,c", "say \"hi\"", "two\nlines", ""}), "a,\"b,c\",\"say \"\"hi\"\"\",\"two\nlines\",\n");
}

TEST(Csv, ReadsWhatItWrites) {
  const std::vector<std::string> fields = {"a", "b,c", "say \"hi\"", "two\r\nlines", "", "z"};
  const auto records = ParseCsv(CsvRecord(fields) + "\r\n" + CsvRecord({"1", "2"}) + "x,\"\"");
  ASSERT_TRUE(records.ok());
  std::vector<std::vector<std::string>> read;
  std::vector<size_t> lines;
  for (const CsvLine& record : *records) {
    read.push_back(record.fields);
    lines.push_back(record.line);
  }
  EXPECT_THAT(read, ElementsAre(fields, ElementsAre("1", "2"), ElementsAre("x", "")));
  EXPECT_THAT(lines, ElementsAre(1, 4, 5));  // the first has a line break, an empty line follows
  EXPECT_FALSE(ParseCsv("a,\"b").ok());
  EXPECT_TRUE(ParseCsv("")->empty());
}

TEST(CsvTrials, CsvComesBack) {
  FrozenTrial trial;
  trial.params = {{"lr", 1.0 / 3}, {"depth", int64_t{4}}, {"kernel", "po,\"ly"}};
  trial.values = {0.1 + 0.2};
  trial.metrics = {{"accuracy", 0.5}};
  trial.user_attrs = {{"note", "\"x\""}};
  FrozenTrial failed;
  failed.handle.number = 1;
  failed.state = TrialState::kFailed;
  failed.failure = FailureKind::kInfeasible;
  failed.params = trial.params;
  failed.reason = "out of\nmemory";
  FrozenTrial running;
  running.state = TrialState::kRunning;
  const std::string csv = TrialsToCsv(Digits(), {trial, failed, running});
  EXPECT_THAT(csv, HasSubstr("number,state,value,params_lr,params_depth,params_kernel,metrics_accuracy,user_attrs_note,worker"));
  const absl::StatusOr<FileTrials> file = TrialsFromCsv(Digits(), csv, {});
  ASSERT_TRUE(file.ok()) << file.status();
  const std::vector<FrozenTrial>& read = file->trials;
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(file->left_out, 1U);  // the running one
  EXPECT_EQ(read[0].values, trial.values);
  EXPECT_EQ(*Find(read[0].params, "lr"), Value(1.0 / 3));
  EXPECT_EQ(*Find(read[0].params, "kernel"), Value("po,\"ly"));
  EXPECT_EQ(read[0].metrics, trial.metrics);
  EXPECT_EQ(read[0].user_attrs, trial.user_attrs);
  EXPECT_EQ(read[1].failure, FailureKind::kInfeasible);
  EXPECT_EQ(read[1].reason, "out of\nmemory");
}

TEST(CsvTrials, ForeignCsvNamesItsColumns) {
  const absl::StatusOr<FileTrials> file = TrialsFromCsv(Digits(), "loss, lr ,depth,kernel\n0.5,0.1,3,rbf\n", {"loss"});
  ASSERT_TRUE(file.ok()) << file.status();
  const std::vector<FrozenTrial>& read = file->trials;
  EXPECT_THAT(read[0].values, ElementsAre(0.5));
  EXPECT_EQ(*Find(read[0].params, "depth"), Value(int64_t{3}));
}

TEST(CsvTrials, CsvErrorsSayWhere) {
  const auto refused = [](const std::string& text) { return std::string(TrialsFromCsv(Digits(), text, {}).status().message()); };
  EXPECT_THAT(refused(""), HasSubstr("empty"));
  EXPECT_THAT(refused("lr,loss\n"), HasSubstr("no column 'value'"));
  EXPECT_THAT(refused("value,lrr\n"), HasSubstr("column 'lrr' means nothing"));
  EXPECT_THAT(refused("value,lr\n1\n"), HasSubstr("line 2: 1 fields"));
  EXPECT_THAT(refused("value,lr\n1,x\n"), HasSubstr("line 2: column lr is 'x'"));
  EXPECT_THAT(refused("value,kernel\n1,linear\n"), HasSubstr("no such choice"));
  EXPECT_THAT(refused("value,lr,depth,kernel\n1,0,1,rbf\n1,0,1,rbf\n1,2,1,rbf\n"), HasSubstr("line 4: parameter 'lr' is 2"));
  EXPECT_THAT(refused("value,lr,depth\n1,0,1\n"), HasSubstr("line 2: parameter 'kernel' is missing"));
  EXPECT_THAT(refused("value,lr,depth,kernel\n,0,1,rbf\n"), HasSubstr("line 2: it has 0 values: the study has 1 objective"));
  StudyInfo define_by_run;
  EXPECT_THAT(std::string(TrialsFromCsv(define_by_run, "value\n1\n", {}).status().message()), HasSubstr("JSON Lines"));
}

}  // namespace
}  // namespace parzen::cli
