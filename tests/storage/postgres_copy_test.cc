// Copies between a file and PostgreSQL: all that a storage gives back is the same on both sides, to the bit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/copy/copy.h"
#include "storage/copy/tables.h"
#include "storage/open.h"
#include "storage/sqlite/opening.h"
#include "tests/storage/postgres_server.h"
#include "tests/storage/sample_records.h"
#include "tests/storage/temporary_directory.h"

namespace parzen::storage {
namespace {

using testing::HasSubstr;

constexpr int64_t kTrials = 450;  // more than two pages

class Copying : public testing::Test {
 protected:
  Copying() { PostgresServer::Shared().Run("DROP SCHEMA IF EXISTS parzen CASCADE"); }

  static std::unique_ptr<Storage> Open(const std::string& location) {
    absl::StatusOr<std::unique_ptr<Storage>> storage = OpenStorage({.location = location});
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }

  static void AddStudy(Storage& storage, const std::string& name, uint64_t uid, int64_t trials) {
    absl::Status created = absl::UnknownError("not called");
    storage.CreateStudy(SampleStudy(name, uid), SampleRequest(static_cast<uint8_t>(uid), 0),
                        [&created](const absl::Status& status) { created = status; });
    storage.Flush();
    ASSERT_TRUE(created.ok()) << created;
    const int64_t epoch = *storage.AcquireStudy(uid);
    for (int64_t number = 0; number < trials; ++number) {
      TrialRecord trial = number % 3 == 0 ? SampleTrial(number) : PlainTrial(number);
      if (number == 1) trial.intermediates = {{.step = 1, .value = -0.0, .reported_at = 5, .more = AwkwardDoubles()}};
      // Locators have gaps, as where requests have expired.
      storage.Submit({uid, epoch, {InsertTrial{std::move(trial)}, PutRequest{SampleRequest(1, 3 * number + 1)}}}, nullptr);
    }
    storage.Flush();
  }

  static void Delete(Storage& storage, uint64_t uid) {
    storage.Submit({uid, *storage.AcquireStudy(uid), {DeleteStudy{}}}, nullptr);
    storage.Flush();
  }

  static std::vector<std::string> Everything(Storage& storage) {
    std::vector<std::string> all;
    const absl::StatusOr<std::vector<StudyRecord>> studies = storage.ListStudies("", "", 100);
    EXPECT_TRUE(studies.ok()) << studies.status();
    for (const StudyRecord& listed : *studies) {
      const absl::StatusOr<StudyRecord> study = storage.GetStudy(listed.name);
      EXPECT_TRUE(study.ok()) << study.status();
      all.push_back(absl::StrCat(study->id, " ", Show(*study)));
      const absl::StatusOr<TrialTally> tally = storage.TallyTrials(study->uid);
      std::vector<int64_t> numbers(std::accumulate(tally->by_state.begin(), tally->by_state.end(), int64_t{0}));
      std::iota(numbers.begin(), numbers.end(), 0);
      const absl::StatusOr<std::vector<TrialRecord>> trials = storage.ReadTrials(study->uid, numbers, View::kFull);
      EXPECT_TRUE(trials.ok()) << trials.status();
      for (const TrialRecord& trial : *trials) all.push_back(Show(trial));
      for (const int64_t number : numbers) {
        const absl::StatusOr<RequestRecord> request = storage.ReadRequest(study->uid, 3 * number + 1);
        EXPECT_TRUE(request.ok()) << request.status();
        all.push_back(Show(*request));
      }
    }
    for (const uint8_t seed : {1, 2, 4, 5, 6}) {
      const absl::StatusOr<std::optional<RequestRecord>> kept = storage.FindRequest(SampleRequest(seed, 0).id);
      EXPECT_TRUE(kept.ok()) << kept.status();
      all.push_back(*kept ? Show(**kept) : "no such request");
    }
    return all;
  }

  absl::StatusOr<CopyReport> Copy(const std::string& from, const std::string& to) {
    return CopyStorage({.from = from, .to = to});
  }

  TemporaryDirectory directory_;
  const std::string file_ = directory_ / "studies.db", back_ = directory_ / "back.db";
  const std::string url_ = PostgresServer::Shared().Url();
};

TEST_F(Copying, ThereAndBackIsTheSame) {
  std::vector<std::string> before;
  {
    const std::unique_ptr<Storage> source = Open(file_);
    AddStudy(*source, "first", 1, kTrials);
    AddStudy(*source, "empty", 2, 0);
    AddStudy(*source, "third", (uint64_t{1} << 63) + 5, 7);
    AddStudy(*source, "deleted", 4, 2);
    Delete(*source, 4);
    source->SubmitRequest(SampleRequest(6, 0), nullptr);
    source->Flush();
    before = Everything(*source);
  }
  const absl::StatusOr<CopyReport> there = Copy(file_, url_);
  ASSERT_TRUE(there.ok()) << there.status();
  ASSERT_EQ(there->studies.size(), 3u);
  EXPECT_EQ(there->studies[0].trials, kTrials);
  EXPECT_EQ(there->studies[0].requests, kTrials);
  EXPECT_FALSE(there->studies[0].was_there);

  const absl::StatusOr<CopyReport> back = Copy(url_, back_);
  ASSERT_TRUE(back.ok()) << back.status();
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back->studies[i].digest, there->studies[i].digest);
    EXPECT_EQ(back->studies[i].rows, there->studies[i].rows);
  }
  for (const std::string& location : {url_, back_}) {
    const std::unique_ptr<Storage> storage = Open(location);
    EXPECT_EQ(Everything(*storage), before);
    // Writing goes on where it was, and no id is used again.
    AddStudy(*storage, "new", 9, 1);
    EXPECT_EQ(storage->GetStudy("new")->id, 5);
    absl::Status told = absl::UnknownError("not called");
    storage->Submit({1, *storage->AcquireStudy(1), {InsertTrial{PlainTrial(kTrials)}}},
                    [&told](const absl::Status& status) { told = status; });
    storage->Flush();
    EXPECT_TRUE(told.ok()) << told;
  }
}

TEST_F(Copying, GoesOnWhereItWasCutOff) {
  {
    const std::unique_ptr<Storage> source = Open(file_);
    AddStudy(*source, "first", 1, 3);
    AddStudy(*source, "second", 2, 1500);
    {
      const std::unique_ptr<Storage> target = Open(url_);
    }
  }
  // In the way of a row of the second study that comes after thousands of others.
  PostgresServer::Shared().Run("INSERT INTO parzen.requests VALUES (2, 4198, '0123456789abcdef', 0, '', -1, 0)");
  EXPECT_FALSE(Copy(file_, url_).ok());
  EXPECT_EQ(PostgresServer::Shared().Ask("SELECT string_agg(name, ',') FROM parzen.studies"), "first");
  EXPECT_EQ(PostgresServer::Shared().Ask("SELECT count(*) FROM parzen.trials WHERE id >= 8589934592"), "0");
  PostgresServer::Shared().Run("DELETE FROM parzen.requests WHERE study_id = 2");

  const absl::StatusOr<CopyReport> again = Copy(file_, url_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->studies[0].was_there);
  EXPECT_FALSE(again->studies[1].was_there);
  const absl::StatusOr<CopyReport> third = Copy(file_, url_);
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_TRUE(third->studies[0].was_there && third->studies[1].was_there);
  EXPECT_EQ(third->studies[1].digest, again->studies[1].digest);
}

TEST_F(Copying, RefusesATargetThatIsServed) {
  AddStudy(*Open(file_), "first", 1, 1);
  const auto refused = [&](const std::string& from, const std::string& to) {
    const std::unique_ptr<Storage> server = Open(to);
    const absl::StatusOr<CopyReport> report = Copy(from, to);
    EXPECT_EQ(report.status().code(), absl::StatusCode::kFailedPrecondition) << report.status();
    EXPECT_THAT(std::string(report.status().message()), HasSubstr("the target"));
    EXPECT_EQ(*server->CountStudies(), 0);
  };
  refused(file_, url_);
  refused(file_, back_);
  // A source may be.
  const std::unique_ptr<Storage> server = Open(file_);
  EXPECT_TRUE(Copy(file_, url_).ok());
}

TEST_F(Copying, RefusesWhatIsInTheWay) {
  AddStudy(*Open(file_), "first", 1, 2);
  ASSERT_TRUE(Copy(file_, url_).ok());
  const auto refusal = [&] {
    const absl::StatusOr<CopyReport> report = Copy(file_, url_);
    EXPECT_EQ(report.status().code(), absl::StatusCode::kFailedPrecondition) << report.status();
    return std::string(report.status().message());
  };
  // One bit of one value.
  PostgresServer::Shared().Run(
      "UPDATE parzen.trials SET started_at = started_at + 1 WHERE id = (SELECT max(id) FROM parzen.trials)");
  EXPECT_THAT(refusal(), HasSubstr("study \"first\""));
  PostgresServer::Shared().Run(
      "UPDATE parzen.trials SET started_at = started_at - 1 WHERE id = (SELECT max(id) FROM parzen.trials)");
  EXPECT_TRUE(Copy(file_, url_).ok());
  PostgresServer::Shared().Run("UPDATE parzen.studies SET uid = 77");
  EXPECT_THAT(refusal(), HasSubstr("in the way"));
  PostgresServer::Shared().Run("UPDATE parzen.studies SET uid = 1, name = 'other'");
  EXPECT_THAT(refusal(), HasSubstr("\"other\""));
}

TEST_F(Copying, RefusesWhatIsNoSource) {
  EXPECT_EQ(Copy(directory_ / "none.db", url_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Copy(url_, back_).status().code(), absl::StatusCode::kNotFound);
  {
    const std::unique_ptr<Storage> made = Open(url_);
  }
  const absl::Status same = Copy(url_, url_).status();
  EXPECT_EQ(same.code(), absl::StatusCode::kFailedPrecondition) << same;
}

// A column or a table that a later migration adds must be copied too.
TEST_F(Copying, KnowsEveryTableAndColumn) {
  {
    const std::unique_ptr<Storage> made = Open(url_);
  }
  std::set<std::string> copied, copied_sqlite;
  const auto add = [&](const copy::Table& table) {
    for (const copy::Column& column : table.columns) {
      std::string name = column.name;
      std::erase(name, '"');
      copied.insert(absl::StrCat(table.name, ".", name));
      if (name != "more") copied_sqlite.insert(absl::StrCat(table.name, ".", name));
    }
  };
  for (const copy::Table& table : copy::StudyTables()) add(table);
  add(copy::ServerRequests());

  const auto split = [](const std::string& text) {
    std::set<std::string> names;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find(',', begin), text.size());
      names.insert(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return names;
  };
  EXPECT_EQ(
      split(PostgresServer::Shared().Ask(
          "SELECT string_agg(table_name || '.' || column_name, ',') FROM information_schema.columns WHERE table_schema = 'parzen'"
          " AND table_name NOT IN ('meta', 'schema_version', 'study_owners', 'replicas')")),
      copied);
  {
    const std::unique_ptr<Storage> made = Open(file_);
  }
  const absl::StatusOr<std::unique_ptr<sqlite::Connection>> file = sqlite::OpenBeside(file_, "");
  ASSERT_TRUE(file.ok()) << file.status();
  const absl::StatusOr<std::string> columns = (*file)->QueryText(
      "SELECT group_concat(t.name || '.' || c.name) FROM sqlite_schema t, pragma_table_info(t.name) c"
      " WHERE t.type = 'table' AND t.name NOT IN ('meta', 'sqlite_sequence')");
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_EQ(split(*columns), copied_sqlite);
}

}  // namespace
}  // namespace parzen::storage
