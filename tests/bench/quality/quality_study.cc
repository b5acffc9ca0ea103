// One study of a sampler without a server, for comparing samplers quickly: a line of JSON in, a line out.
//
//   {"create": {"space": [{"name": "x", "type": "float", "low": 0, "high": 1, "log": false}, ...], "sampler": "gp-ei", "seed": 1,
//               "define_by_run": false, "objectives": 1}}
//   {"ask": {}}                                -> {"number": 0, "params": {"x": 0.5}, "ms": 0.1}
//   {"tell": {"number": 0, "values": [0.25]}}  one value an objective, to be minimized
//   {"recommend": {}}                          -> {"params": {"x": 0.5}}, the trial to trust under noise
//
// A parameter is as problems.py has it: type float, int or categorical (choices), when = {"param": p, "in": [..]}. With
// define_by_run the sampler is not told the space: each trial asks for its active parameters one by one. It is started by
// optimizers.py and trusts what it reads.

#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sampler/gp/recommend.h"
#include "sampler/make_sampler.h"
#include "sampler/suggested.h"

namespace parzen {
namespace {

using nlohmann::json;

Choice ToChoice(const json& value) {
  if (value.is_null()) return std::monostate{};
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number()) return value.get<double>();
  return value.get<std::string>();
}

json FromChoice(const Choice& choice) {
  return std::visit(
      [](const auto& value) -> json {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
          return nullptr;
        } else {
          return value;
        }
      },
      choice);
}

std::vector<Choice> ToChoices(const json& values) {
  std::vector<Choice> choices;
  for (const json& value : values) choices.push_back(ToChoice(value));
  return choices;
}

Parameter ToParameter(const json& declared) {
  Parameter parameter;
  parameter.name = declared.at("name");
  const std::string type = declared.at("type");
  if (type == "float") {
    parameter.distribution = FloatDistribution{
        .low = declared.at("low"), .high = declared.at("high"), .log = declared.value("log", false), .step = {}};
  } else if (type == "int") {
    parameter.distribution =
        IntDistribution{.low = declared.at("low"), .high = declared.at("high"), .log = declared.value("log", false)};
  } else {
    parameter.distribution = CategoricalDistribution{ToChoices(declared.at("choices"))};
  }
  if (declared.contains("when")) {
    parameter.condition = Condition{declared["when"].at("param"), ToChoices(declared["when"].at("in"))};
  }
  return parameter;
}

class Study {
 public:
  explicit Study(const json& definition) : history_(DirectionsOf(definition)) {
    std::vector<Parameter> parameters;
    for (const json& declared : definition.at("space")) parameters.push_back(ToParameter(declared));
    space_ = SearchSpace::Create(std::move(parameters)).value();
    SamplerConfig config;
    const std::string sampler = definition.at("sampler");
    config.kind = sampler == "tpe"     ? SamplerKind::kTpe
                  : sampler == "gp-ei" ? SamplerKind::kGpEi
                  : sampler == "qmc"   ? SamplerKind::kQmc
                                       : SamplerKind::kAuto;
    config.seed = definition.at("seed");
    define_by_run_ = definition.value("define_by_run", false);
    sampler_ = MakeSampler(config, DirectionsOf(definition)).value();
  }

  json Ask() {
    AskRequest request;
    request.number = history_.size();
    request.space = &space_;
    request.taken = space_.FiniteSize() ? &taken_ : nullptr;
    const auto start = std::chrono::steady_clock::now();
    define_by_run_ ? RunProgram(std::move(request)) : Suggest(request);
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return {{"number", history_.size() - 1}, {"params", ParamsOf(history_.size() - 1)}, {"ms", ms}};
  }

  json Recommend() const { return {{"params", ParamsOf(gp::Recommend(history_, &space_).trials.at(0).number)}}; }

  void Tell(int64_t number, std::vector<double> values) {
    Outcome outcome;
    outcome.values = std::move(values);
    history_.Finish(number, outcome);
  }

 private:
  static std::vector<Direction> DirectionsOf(const json& definition) {
    return std::vector<Direction>(definition.value("objectives", size_t{1}), Direction::kMinimize);
  }

  json ParamsOf(int64_t number) const {
    json params = json::object();
    for (size_t i = 0; i < space_.size(); ++i) {
      const Column* column = history_.FindColumn(space_[i].name);
      const double value = column == nullptr ? kAbsent : column->At(number);
      if (!std::isnan(value)) params[space_[i].name] = FromChoice(ToExternal(space_[i].distribution, value));
    }
    return params;
  }

  void Suggest(const AskRequest& request) {
    const Suggestion suggestion = sampler_->Suggest(history_, request).value();
    history_.Append(RowState::kRunning);
    SetSuggested(space_, suggestion, request.number, &history_);
    if (space_.FiniteSize()) taken_.insert(space_.IndexOf(suggestion.point));
  }

  // A trial that asks for the parameters that are active, one by one.
  void RunProgram(AskRequest request) {
    request.space = nullptr;
    Draft draft = sampler_->StartDefineByRun(history_, request).value();
    history_.Append(RowState::kRunning);
    history_.SetRelative(request.number, draft.relative);
    Point point(space_.size(), kAbsent);
    for (size_t i = 0; i < space_.size(); ++i) {
      if (!space_.IsActive(i, point)) continue;
      point[i] = sampler_->SuggestParameter(history_, space_[i].name, space_[i].distribution, &draft).value();
      history_.SetParam(request.number, space_[i].name, space_[i].distribution, point[i]);
    }
    history_.SetRelative(request.number, draft.relative);
  }

  bool define_by_run_ = false;
  SearchSpace space_;
  History history_;
  TakenPoints taken_;
  std::unique_ptr<Sampler> sampler_;
};

}  // namespace
}  // namespace parzen

int main() {
  std::unique_ptr<parzen::Study> study;
  std::string line;
  while (std::getline(std::cin, line)) {
    const nlohmann::json request = nlohmann::json::parse(line);
    nlohmann::json answer = nlohmann::json::object();
    if (request.contains("create")) {
      study = std::make_unique<parzen::Study>(request["create"]);
    } else if (request.contains("ask")) {
      answer = study->Ask();
    } else if (request.contains("recommend")) {
      answer = study->Recommend();
    } else {
      study->Tell(request.at("tell").at("number"), request["tell"].at("values"));
    }
    std::cout << answer.dump() << std::endl;
  }
}
