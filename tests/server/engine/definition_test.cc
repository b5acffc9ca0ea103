// Texts of definitions, distributions, choices and drafts; hashes, logs and fronts: what the engine is made of.

#include "server/engine/definition/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "sampler/pruner/make_pruner.h"
#include "server/engine/definition/json_text.h"
#include "server/engine/definition/python_json.h"
#include "server/engine/study/pareto_front.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/revision_log.h"
#include "server/engine/study/stored_draft.h"
#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ChoiceJsonTest, TypesAndBitsStay) {
  const std::vector<std::pair<Choice, std::string>> choices = {
      {std::monostate(), "null"},
      {true, "true"},
      {int64_t{1}, "1"},
      {1.0, "1.0"},
      {-0.0, "-0.0"},
      {0.1, "0.1"},
      {1e300, "1e+300"},
      {5e-324, "5e-324"},
      {kInfinity, R"({"double":"Infinity"})"},
      {-kInfinity, R"({"double":"-Infinity"})"},
      {std::string("NaN"), "\"NaN\""},
      {std::string("a\"\\\n\x01\xc3\xa4"), "\"a\\\"\\\\\\n\\u0001\xc3\xa4\""},
      {std::numeric_limits<int64_t>::min(), "-9223372036854775808"},
  };
  for (const auto& [choice, text] : choices) {
    EXPECT_EQ(ChoiceToJson(choice), text);
    const auto read = ChoiceFromJson(text);
    ASSERT_EQ(read.status(), absl::OkStatus()) << text;
    EXPECT_EQ(read->index(), choice.index()) << text;
    EXPECT_EQ(*read, choice) << text;
    if (const auto* number = std::get_if<double>(&choice)) {
      EXPECT_EQ(std::bit_cast<uint64_t>(std::get<double>(*read)), std::bit_cast<uint64_t>(*number)) << text;
    }
  }
  EXPECT_FALSE(ChoiceFromJson("{").ok());
  EXPECT_FALSE(ChoiceFromJson("[1]").ok());
}

TEST(ChoiceJsonTest, RandomDoublesStayBitForBit) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    const auto read = ChoiceFromJson(ChoiceToJson(value));
    ASSERT_EQ(read.status(), absl::OkStatus());
    ASSERT_EQ(std::bit_cast<uint64_t>(std::get<double>(*read)), std::bit_cast<uint64_t>(value));
  }
}

TEST(DefinitionJsonTest, EverythingComesBack) {
  StudyDefinition definition;
  DeclaredParameter child{
      {"gamma", FloatDistribution{1e-5, 0.1, true, std::nullopt}, Condition{"kernel", {std::string("rbf"), 1.0}}}, Choice(0.01)};
  DeclaredParameter stepped{{"step", FloatDistribution{0, 1, false, 0.1}, std::nullopt}, std::nullopt};
  DeclaredParameter whole{{"n", IntDistribution{-kMaxInt, kMaxInt, false, 2}, std::nullopt}, std::nullopt};
  ASSERT_EQ(SetSpace({Choices("kernel", {std::string("rbf"), int64_t{1}, 1.0, true, std::monostate(), -kInfinity}), child,
                      stepped, whole},
                     &definition),
            absl::OkStatus());
  definition.directions = {Direction::kMaximize, Direction::kMinimize};
  definition.metric_names = {"accuracy", "lo\"ss"};
  definition.sampler.kind = SamplerKind::kTpe;
  definition.sampler.seed = std::numeric_limits<uint64_t>::max();
  definition.sampler.algorithm_version = 1;
  definition.sampler.tpe.n_ei_candidates = 10;
  definition.sampler.tpe.group = false;
  definition.sampler.tpe.prior_weight = 0.1;
  definition.sampler.tpe.reproduce = Reproduce::kOptuna50;
  definition.sampler.tpe.tie_order = TieOrder::kScalar;
  PrunerConfig wrapped;
  wrapped.kind = PrunerKind::kThreshold;
  wrapped.algorithm_version = 1;
  wrapped.threshold.upper = kInfinity;
  wrapped.threshold.n_warmup_steps = 3;
  definition.pruner.kind = PrunerKind::kPatient;
  definition.pruner.algorithm_version = 1;
  definition.pruner.patient.wrapped = std::make_shared<const PrunerConfig>(wrapped);
  definition.pruner.patient.patience = 2;
  definition.pruner.patient.min_delta = 0.1;
  definition.max_trials = 100;
  definition.max_retries = 0;
  definition.allow_repeats = true;
  const std::string text = DefinitionToJson(definition);
  const auto read = DefinitionFromJson(text);
  ASSERT_EQ(read.status(), absl::OkStatus()) << text;
  EXPECT_EQ(Difference(definition, *read, true), "");
  EXPECT_EQ(read->sampler, definition.sampler);
  EXPECT_EQ(read->pruner, definition.pruner);
  EXPECT_EQ(read->space, definition.space);
  EXPECT_EQ(DefinitionToJson(*read), text);
  EXPECT_FALSE(DefinitionFromJson("{}").ok());
  EXPECT_FALSE(DefinitionFromJson("[").ok());
}

TEST(DefinitionJsonTest, EveryPrunerComesBack) {
  for (int kind = 0; kind <= static_cast<int>(PrunerKind::kWilcoxon); ++kind) {
    StudyDefinition definition;
    definition.pruner.kind = static_cast<PrunerKind>(kind);
    const std::string text = DefinitionToJson(definition);
    const auto read = DefinitionFromJson(text);
    ASSERT_EQ(read.status(), absl::OkStatus()) << text;
    EXPECT_EQ(read->pruner, definition.pruner) << text;
  }
}

TEST(DefinitionJsonTest, APrunerThatCannotBeReadIsDataLoss) {
  StudyDefinition definition;
  definition.pruner.kind = PrunerKind::kMedian;
  const std::string text = DefinitionToJson(definition);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return DefinitionFromJson(changed).status().code();
  };
  EXPECT_EQ(with("\"median\"", "\"medium\""), absl::StatusCode::kDataLoss);
  EXPECT_EQ(with("\"n_startup_trials\":5", "\"n_startup_trials\":\"5\""), absl::StatusCode::kDataLoss);
  EXPECT_EQ(with("\"n_startup_trials\":5", "\"n_startup_trials\":5.5"), absl::StatusCode::kDataLoss);
}

TEST(DefinitionTest, APrunerIsCheckedAndCompared) {
  StudyDefinition definition;
  definition.pruner.kind = PrunerKind::kThreshold;
  const absl::Status refused = ValidateDefinition(definition);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << "neither bound is set";
  EXPECT_EQ(Reason(refused), "BAD_FIELD");
  definition.pruner.threshold.upper = 1;
  EXPECT_EQ(ValidateDefinition(definition), absl::OkStatus());
  StudyDefinition other = definition;
  other.pruner.algorithm_version = 5;
  EXPECT_EQ(Difference(definition, other, true), "");
  other.pruner.threshold.upper = 2;
  EXPECT_NE(Difference(definition, other, true).find("pruner"), std::string::npos);
}

TEST(DefinitionTest, AStudyFromBeforeTherePrunersHasNone) {
  StudyDefinition definition;
  definition.pruner.kind = PrunerKind::kAuto;
  const std::string text = DefinitionToJson(definition);
  const std::string pruner = absl::StrCat(R"("pruner":{"kind":"auto","algorithm_version":)", kNewestPrunerVersion, "},");
  ASSERT_NE(text.find(pruner), std::string::npos) << text;
  EXPECT_EQ(DefinitionFromJson(text)->pruner, definition.pruner);
  for (const char* before : {"", R"("pruner":"0a00",)"}) {
    std::string older = text;
    older.replace(older.find(pruner), pruner.size(), before);
    const auto read = DefinitionFromJson(older);
    ASSERT_EQ(read.status(), absl::OkStatus()) << older;
    EXPECT_EQ(MakePruner(read->pruner, {Direction::kMinimize}, "s").value(), nullptr);
    EXPECT_EQ(DefinitionFromJson(DefinitionToJson(*read))->pruner, read->pruner);
    EXPECT_EQ(Difference(*read, definition, true), "");  // who asks for neither finds it
    StudyDefinition other = definition;
    other.pruner.kind = PrunerKind::kHyperband;
    EXPECT_EQ(Difference(*read, other, true), "pruner: none there, hyperband here");
    EXPECT_EQ(Difference(definition, other, true), "pruner: auto there, hyperband here");
  }
}

TEST(StoredDraftTest, EverythingComesBack) {
  StoredDraft stored;
  EXPECT_EQ(StoredDraftToJson(stored), "");
  stored.draft.before = {1, 2};
  stored.draft.after = {3, std::numeric_limits<uint64_t>::max()};
  stored.draft.attempt = 3;
  stored.draft.relative = {{"x", 0.1}, {"y\"", -0.0}};
  stored.fixed = {"x", "\"fixed\":"};
  stored.given = {{"y", std::string("v")}, {"z", 1.0}};
  const auto read = StoredDraftFromJson(StoredDraftToJson(stored), 7);
  ASSERT_EQ(read.status(), absl::OkStatus());
  EXPECT_EQ(read->draft.number, 7);
  EXPECT_EQ(read->draft.before, stored.draft.before);
  EXPECT_EQ(read->draft.after, stored.draft.after);
  EXPECT_EQ(read->draft.attempt, 3u);
  EXPECT_EQ(read->draft.relative, stored.draft.relative);
  EXPECT_TRUE(std::signbit(read->draft.relative[1].value));
  EXPECT_EQ(read->fixed, stored.fixed);
  EXPECT_EQ(read->given, stored.given);
}

TEST(JsonCheckTest, DepthAndForm) {
  EXPECT_EQ(CheckJson("[[1]]", 2), JsonCheck::kOk);
  EXPECT_EQ(CheckJson("[[[1]]]", 2), JsonCheck::kTooDeep);
  EXPECT_EQ(CheckJson("[1] 2", 2), JsonCheck::kMalformed);
  EXPECT_EQ(CheckJson("", 2), JsonCheck::kMalformed);
  EXPECT_EQ(CheckJson(std::string_view("1\0[", 3), 2), JsonCheck::kMalformed);
  EXPECT_EQ(CheckJson("\xEF\xBB\xBF"
                      "1",
                      2),
            JsonCheck::kMalformed);
  EXPECT_EQ(CheckJson("NaN", 2), JsonCheck::kMalformed);
  EXPECT_EQ(CheckJson("\"\xff\"", 2), JsonCheck::kMalformed);
  EXPECT_EQ(CheckJson(std::string(100'000, '['), 64), JsonCheck::kTooDeep);
}

TEST(StandardJsonTest, WhatPythonWritesAndOthersDoNotRead) {
  EXPECT_EQ(StandardJson(R"([NaN, -Infinity, "NaN", 1])"), R"([{"double": "NaN"}, {"double": "-Infinity"}, "NaN", 1])");
  EXPECT_EQ(StandardJson("[1e400, -1e400, 1e-400, 1e300]"),
            R"([{"double": "Infinity"}, {"double": "-Infinity"}, 1e-400, 1e300])");
  EXPECT_EQ(StandardJson("-1" + std::string(400, '0')), R"({"double": "-Infinity"})");
  EXPECT_EQ(StandardJson(R"(["\ud83d\ude00", "\ud83d", "\ude00\ud83d", "\\ud83d", "\""])"),
            R"(["\ud83d\ude00", "\ufffd", "\ufffd\ufffd", "\\ud83d", "\""])");
  for (const std::string text : {"{", "1.2.3", "\"\\", "\"\\u12", "[1e]", "", "\\ud800", "-"}) {
    EXPECT_EQ(CheckJson(StandardJson(text), 9), JsonCheck::kMalformed) << text;
  }
}

TEST(ResultBytesTest, IntegersAndTextsComeBack) {
  const int64_t values[] = {0, -1, 1, 63, 64, -64, -65, INT64_MAX, INT64_MIN};
  ResultWriter writer;
  for (const int64_t value : values) writer.Int(value);
  const std::string bytes = writer.Text(std::string("a\0b", 3)).Take();
  ResultReader reader(bytes);
  for (const int64_t value : values) EXPECT_EQ(reader.Int(), value);
  EXPECT_EQ(reader.Text(), std::string("a\0b", 3));
  EXPECT_TRUE(reader.ok());
  reader.Int();
  EXPECT_FALSE(reader.ok());
  ResultReader cut(std::string_view(bytes).substr(bytes.size() - 3, 2));
  EXPECT_EQ(cut.Text(), "");
  EXPECT_FALSE(cut.ok());
}

TEST(RevisionLogTest, EachTrialOnceAtItsLatest) {
  RevisionLog log;
  std::mt19937 random(1);
  std::vector<int64_t> latest(50, 0);
  for (int64_t revision = 1; revision <= 20'000; ++revision) {
    const int64_t number = random() % 50;
    log.Append(revision, number);
    latest[number] = revision;
    if (revision % 977 != 0) continue;
    const int64_t after = revision - 100;
    std::set<int64_t> expected;
    for (const int64_t r : latest) {
      if (r > after) expected.insert(r);
    }
    const auto found = log.After(after, 1000, [](int64_t) { return true; });
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& entry : found) {
      EXPECT_EQ(latest[entry.number], entry.revision);
      EXPECT_EQ(*expected.begin(), entry.revision);
      expected.erase(expected.begin());
    }
    EXPECT_EQ(log.After(0, 7, [](int64_t) { return true; }).size(), 7u);
  }
  EXPECT_LT(log.MemoryBytes(), 200'000u);
}

TEST(ParetoFrontTest, AgreesWithEveryPairCompared) {
  std::mt19937 random(1);
  const std::vector<Direction> directions = {Direction::kMinimize, Direction::kMaximize, Direction::kMinimize};
  for (int round = 0; round < 20; ++round) {
    std::vector<std::vector<double>> points(60);
    Candidates candidates(directions);
    ParetoFront front;
    for (size_t i = 0; i < points.size(); ++i) {
      for (int k = 0; k < 3; ++k) points[i].push_back(static_cast<double>(random() % 6));
      if (round % 2 == 0 && i % 10 == 0) points[i][1] = kInfinity;
      candidates.Add(static_cast<int64_t>(i), points[i]);
      if (i % 7 == 0) front.Merge(candidates.Take());
    }
    front.Merge(candidates.Take());
    std::vector<int64_t> expected;
    for (size_t i = 0; i < points.size(); ++i) {
      const auto dominates = [&](const std::vector<double>& a) {
        const std::vector<double>& b = points[i];
        return a[0] <= b[0] && a[1] >= b[1] && a[2] <= b[2] && a != b;
      };
      if (std::none_of(points.begin(), points.end(), dominates)) expected.push_back(static_cast<int64_t>(i));
    }
    EXPECT_EQ(front.Numbers(), expected);
  }
}

TEST(ErrorTest, DetailsComeBack) {
  const absl::Status status = error::MakeError(absl::StatusCode::kAborted, "m", {"R", {{"k", std::string("v\0w", 3)}, {"", ""}}});
  EXPECT_EQ(*error::GetErrorDetail(status), (error::ErrorDetail{"R", {{"k", std::string("v\0w", 3)}, {"", ""}}}));
  EXPECT_EQ(error::GetErrorDetail(absl::InternalError("x")), std::nullopt);
}

}  // namespace
}  // namespace parzen::engine
