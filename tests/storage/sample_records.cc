#include "tests/storage/sample_records.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace parzen::storage {
namespace {

using std::string_literals::operator""s;

double FromBits(uint64_t bits) { return std::bit_cast<double>(bits); }

void Field(std::string_view name, std::string_view value, std::string* out) {
  absl::StrAppend(out, absl::string_view(name.data(), name.size()), ": ",
                  absl::CEscape(absl::string_view(value.data(), value.size())), "\n");
}

void Field(std::string_view name, int64_t value, std::string* out) { Field(name, absl::StrCat(value), out); }

void Fields(std::string_view name, const Attributes& attributes, std::string* out) {
  for (const auto& [key, value] : attributes) Field(name, absl::StrCat(key, " = ", value), out);
}

void Fields(std::string_view name, const NamedDoubles& values, std::string* out) {
  for (const auto& [key, value] : values) Field(name, absl::StrCat(key, " = ", Bits(value)), out);
}

}  // namespace

std::string AwkwardText() { return "\"quotes\" \\ back\tslash\n \x01\x1f \0 nul\0 \xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x8d \x7f"s; }

std::vector<double> AwkwardDoubles() {
  const double inf = std::numeric_limits<double>::infinity();
  return {0.0,
          -0.0,
          1.0,
          0.1,
          -1.0 / 3,
          1e22,
          1e23,
          123456789012345678.0,
          5e-324,
          2.2250738585072014e-308,
          1e308,
          -1.7e308,
          inf,
          -inf,
          0.001,
          3.0,
          1e-7,
          FromBits(0x7ff8000000000000),  // the usual NaN
          FromBits(0xfff8000000000000),
          FromBits(0x7ff8000000000abc),
          9007199254740993.0,
          1.7976931348623157e308};
}

StudyRecord SampleStudy(std::string_view name, uint64_t uid) {
  StudyRecord study;
  study.uid = uid;
  study.name = name;
  study.definition = R"({"directions": ["minimize"],  "space": [{"name": "lr"}], "note": ")"
                     "\xc3\xa4"
                     R"("})";
  study.definition_version = 3;
  study.state = StudyState::kPaused;
  study.created_at = 1700000000123456;
  study.revision = 17;
  study.user_attrs = {{AwkwardText(), R"({"x": [1, 2.50]})"}, {"a", "1"}};
  study.system_attrs = {{"a", "\"another scope\""}};
  study.sampler_state = "\0\1\2 bytes\xff"s;
  return study;
}

TrialRecord PlainTrial(int64_t number) {
  TrialRecord trial;
  trial.number = number;
  trial.revision = number + 1;
  trial.created_at = 1700000000000000 + number;
  const double lr = 0.001 * static_cast<double>(number + 1);
  std::string text;
  trial.params = {{"lr", lr, absl::StrFormat("%.17g", lr), R"({"type":"float","low":0,"high":1})"},
                  {"kernel", 1, R"("poly")", R"({"type":"categorical","choices":["rbf","poly"]})"}};
  return trial;
}

TrialRecord SampleTrial(int64_t number) {
  TrialRecord trial;
  trial.number = number;
  trial.state = TrialState::kRunning;
  trial.attempt = 2;
  trial.losses = 1;
  const std::string floats = R"({"type": "float",  "low": 0, "high": 1})";
  const std::string choices = R"({"type": "categorical", "choices": ["rbf", null, 32, 1.5, true]})";
  trial.params = {{"lr", 1e-3, "0.001", floats},
                  {"zero", -0.0, "-0.0", floats},
                  {"depth", 7, "7", R"({"type":"int","low":1,"high":8})"},
                  {"big", 9007199254740991.0, "9007199254740991", R"({"type":"int","low":1,"high":9007199254740991})"},
                  {"kernel", 0, R"("rbf")", choices},
                  {"none", 1, "null", choices},
                  {"width", 2, "32", choices},
                  {"same", 3, "3", choices},
                  {"ratio", 3, "1.5", choices},
                  {"flag", 4, "true", choices},
                  {AwkwardText(), 1, R"("a \"quoted\", {braced} [text] \\")", choices},
                  {"", 5, R"( {"nested": [1, {"a": "}"}], "b": 2} )", "\"not even a distribution\""},
                  {"infinite", std::numeric_limits<double>::infinity(), "\"Infinity\"", floats},
                  {"rounded", 0.1 + 0.2, "0.3", floats}};
  trial.values = AwkwardDoubles();
  trial.constraints = {{"memory", -1.5}, {AwkwardText(), -0.0}, {"nan", FromBits(0xfff8000000000001)}, {"memory", 2}};
  trial.metrics = {{"z", 1}, {"a", std::numeric_limits<double>::infinity()}};
  trial.worker = AwkwardText();
  trial.principal = "somebody";
  trial.lease_micros = 120000000;
  trial.created_at = 1700000000000001;
  trial.started_at = 1700000000000002;
  trial.finished_at = 1700000000000003;
  trial.failure = FailureKind::kInfeasible;
  trial.reason = "too " + AwkwardText();
  trial.enqueued = true;
  trial.imported = true;
  trial.stop_requested = true;
  trial.revision = 1000 + number;
  trial.sampled_at_revision = 900;
  trial.told_at_revision = 901;
  trial.definition_version = 4;
  trial.algorithm_version = 5;
  trial.sampler_draft = R"({"words": [1, 2],  "relative": {"x": 0.5}})";
  int64_t step = -2;
  for (const double value : AwkwardDoubles()) trial.intermediates.push_back({step++, value, 1700000000000000 + step});
  trial.intermediates.push_back({step++, 0.5, 1700000000000000, AwkwardDoubles()});  // several objectives
  trial.user_attrs = {{"", "0"}, {"k", "{\"a\":  1}"}, {AwkwardText(), "[]"}};
  trial.system_attrs = {{"k", "true"}};
  std::sort(trial.user_attrs.begin(), trial.user_attrs.end());
  return trial;
}

RequestRecord SampleRequest(uint8_t seed, int64_t locator) {
  RequestRecord request;
  for (size_t i = 0; i < request.id.size(); ++i) request.id[i] = static_cast<uint8_t>(seed + 16 * i);
  request.locator = locator;
  request.payload_hash = 0xfedcba9876543210u + seed;
  request.result = "\0 result \xff"s + std::string(1, static_cast<char>(seed));
  return request;
}

std::string Bits(double value) { return absl::StrFormat("%016x (%.17g)", std::bit_cast<uint64_t>(value), value); }

std::string Show(const StudyRecord& study) {
  std::string out;
  Field("uid", absl::StrCat(study.uid), &out);
  Field("name", study.name, &out);
  Field("definition", study.definition, &out);
  Field("definition_version", study.definition_version, &out);
  Field("state", static_cast<int64_t>(study.state), &out);
  Field("created_at", study.created_at, &out);
  Field("revision", study.revision, &out);
  Fields("user_attrs", study.user_attrs, &out);
  Fields("system_attrs", study.system_attrs, &out);
  Field("sampler_state", study.sampler_state, &out);
  return out;
}

std::string Show(const TrialRecord& trial) {
  std::string out;
  Field("number", trial.number, &out);
  Field("state", static_cast<int64_t>(trial.state), &out);
  Field("attempt", trial.attempt, &out);
  Field("losses", trial.losses, &out);
  for (const ParamRecord& param : trial.params) {
    Field("param", absl::StrCat(param.name, " = ", Bits(param.value), " ", param.json, " of ", param.distribution), &out);
  }
  for (const double value : trial.values) Field("value", Bits(value), &out);
  Fields("constraints", trial.constraints, &out);
  Fields("metrics", trial.metrics, &out);
  Field("worker", trial.worker, &out);
  Field("principal", trial.principal, &out);
  Field("lease_micros", trial.lease_micros, &out);
  Field("created_at", trial.created_at, &out);
  Field("started_at", trial.started_at, &out);
  Field("finished_at", trial.finished_at, &out);
  Field("failure", static_cast<int64_t>(trial.failure), &out);
  Field("reason", trial.reason, &out);
  Field("flags", absl::StrCat(trial.enqueued, " ", trial.imported, " ", trial.stop_requested), &out);
  Field("revision", trial.revision, &out);
  Field("sampled_at_revision", trial.sampled_at_revision, &out);
  Field("told_at_revision", trial.told_at_revision, &out);
  Field("definition_version", trial.definition_version, &out);
  Field("algorithm_version", trial.algorithm_version, &out);
  Field("sampler_draft", trial.sampler_draft, &out);
  for (const Intermediate& i : trial.intermediates) {
    Field("intermediate", absl::StrCat(i.step, " = ", Bits(i.value), " at ", i.reported_at), &out);
    for (const double value : i.more) Field("of another objective", absl::StrCat(Bits(value)), &out);
  }
  Fields("user_attrs", trial.user_attrs, &out);
  Fields("system_attrs", trial.system_attrs, &out);
  return out;
}

std::string Show(const RequestRecord& request) {
  std::string out;
  const std::string_view id(reinterpret_cast<const char*>(request.id.data()), request.id.size());
  Field("id", id, &out);
  Field("locator", request.locator, &out);
  Field("payload_hash", absl::StrCat(request.payload_hash), &out);
  Field("result", request.result, &out);
  Field("trial", request.trial, &out);
  Field("expires_at", request.expires_at, &out);
  return out;
}

}  // namespace parzen::storage
