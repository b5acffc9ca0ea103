#include "clients/cli/space_notation.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/status_macros.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

std::string_view Strip(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

constexpr std::string_view kExamples = "float(1e-5, 1e-1, log), int(1, 8), categorical(a, b) are accepted";

absl::Status Refuse(std::string_view what, std::string_view found, std::string_view accepted) {
  return absl::InvalidArgumentError(std::string(what) + " is '" + Truncate(Printable(found), 80) + "': " + std::string(accepted));
}

// Where `wanted` stands next, from `from` on and outside of quotes; npos where it does not.
size_t FindOutsideQuotes(std::string_view text, char wanted, size_t from) {
  char quote = 0;
  for (size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\') {
        ++i;
      } else if (c == quote) {
        quote = 0;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == wanted) {
      return i;
    }
  }
  return std::string_view::npos;
}

// Splits at commas outside of quotes.
std::vector<std::string_view> SplitArguments(std::string_view text) {
  std::vector<std::string_view> arguments;
  if (Strip(text).empty()) return arguments;
  size_t start = 0;
  for (size_t comma = 0; (comma = FindOutsideQuotes(text, ',', start)) != std::string_view::npos; start = comma + 1) {
    arguments.push_back(Strip(text.substr(start, comma - start)));
  }
  arguments.push_back(Strip(text.substr(start)));
  return arguments;
}

absl::StatusOr<std::vector<Value>> ParseValues(std::string_view text) {
  std::vector<Value> values;
  for (const std::string_view argument : SplitArguments(text)) {
    PARZEN_ASSIGN_OR_RETURN(Value value, ParseValue(argument));
    values.push_back(std::move(value));
  }
  return values;
}

absl::StatusOr<Distribution> ParseNumeric(std::string_view kind, std::string_view text, std::string_view what) {
  const std::vector<std::string_view> arguments = SplitArguments(text);
  const std::string expected = std::string(kind) + "(LOW, HIGH[, log][, step=STEP]) is accepted";
  if (arguments.size() < 2) return Refuse(what, std::string(kind) + "(" + std::string(text) + ")", expected);
  bool log = false;
  std::string_view step;
  for (size_t i = 2; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (argument == "log") {
      log = true;
    } else if (argument.substr(0, 4) == "step") {
      argument = Strip(argument.substr(4));
      if (argument.empty() || argument.front() != '=') return Refuse(what, arguments[i], expected);
      step = Strip(argument.substr(1));
      if (step.empty()) return Refuse(what, arguments[i], expected);
    } else {
      return Refuse(what, arguments[i], expected);
    }
  }
  const auto number = [&](std::string_view argument) -> absl::StatusOr<double> {
    const std::optional<double> value = ParseNumber(argument);
    if (!value.has_value()) return Refuse(what, argument, "a number is accepted here");
    return *value;
  };
  const auto whole = [&](std::string_view argument) -> absl::StatusOr<int64_t> {
    const std::optional<int64_t> value = ParseWhole(argument);
    if (!value.has_value()) return Refuse(what, argument, "a whole number is accepted here");
    return *value;
  };
  if (kind == "int") {
    const absl::StatusOr<int64_t> low = whole(arguments[0]), high = whole(arguments[1]);
    const absl::StatusOr<int64_t> stride = step.empty() ? int64_t{1} : whole(step);
    for (const auto* part : {&low, &high, &stride}) {
      if (!part->ok()) return part->status();
    }
    return Int{*low, *high, log, *stride};
  }
  const absl::StatusOr<double> low = number(arguments[0]), high = number(arguments[1]);
  const absl::StatusOr<double> stride = step.empty() ? 0.0 : number(step);
  for (const auto* part : {&low, &high, &stride}) {
    if (!part->ok()) return part->status();
  }
  return Float{*low, *high, log, step.empty() ? std::nullopt : std::optional(*stride)};
}

// "if PARENT in (VALUES)".
absl::StatusOr<Condition> ParseCondition(std::string_view text, std::string_view what) {
  static constexpr std::string_view kExpected = "'if PARENT in (VALUE, ...)' is accepted after the distribution";
  if (text.substr(0, 3) != "if ") return Refuse(what, text, kExpected);
  const std::string_view rest = Strip(text.substr(3));
  const size_t open = rest.find('(');
  if (open == std::string_view::npos) return Refuse(what, text, kExpected);
  const size_t close = FindOutsideQuotes(rest.substr(open), ')', 1);
  if (close == std::string_view::npos || open + close + 1 != rest.size()) return Refuse(what, text, kExpected);
  std::string_view parent = Strip(rest.substr(0, open));
  if (parent.size() < 4 || parent.substr(parent.size() - 3) != " in") return Refuse(what, text, kExpected);
  parent = Strip(parent.substr(0, parent.size() - 3));
  PARZEN_ASSIGN_OR_RETURN(std::vector<Value> values, ParseValues(rest.substr(open + 1, close - 1)));
  if (parent.empty() || values.empty()) return Refuse(what, text, kExpected);
  return Condition{std::string(parent), std::move(values)};
}

}  // namespace

std::optional<double> ParseNumber(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error == std::errc()) return value;
  return std::nullopt;
}

std::optional<int64_t> ParseWhole(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty() || error != std::errc()) return std::nullopt;
  return value;
}

absl::StatusOr<Value> ParseValue(std::string_view text) {
  text = Strip(text);
  if (text.empty()) return absl::InvalidArgumentError("a value is empty: quote an empty text, \"\"");
  if (text.front() == '"' || text.front() == '\'') {
    if (text.size() < 2 || text.back() != text.front()) return Refuse("a value", text, "a closing quote is missing");
    std::string unquoted;
    for (size_t i = 1; i + 1 < text.size(); ++i) {
      if (text[i] == '\\' && i + 2 < text.size()) ++i;
      unquoted += text[i];
    }
    return Value(std::move(unquoted));
  }
  if (text == "null") return Value(std::monostate());
  if (text == "true") return Value(true);
  if (text == "false") return Value(false);
  if (const std::optional<int64_t> whole = ParseWhole(text)) return Value(*whole);
  if (const std::optional<double> number = ParseNumber(text); number.has_value() && !std::isnan(*number)) return Value(*number);
  return Value(std::string(text));
}

absl::StatusOr<Value> ParseValue(std::string_view text, const Distribution& distribution, std::string_view what) {
  text = Strip(text);
  if (std::holds_alternative<Float>(distribution)) {
    const std::optional<double> number = ParseNumber(text);
    if (!number.has_value()) return Refuse(what, text, "a number is accepted");
    return Value(*number);
  }
  if (std::holds_alternative<Int>(distribution)) {
    if (const std::optional<int64_t> whole = ParseWhole(text)) return Value(*whole);
    const std::optional<double> number = ParseNumber(text);
    if (number.has_value() && std::trunc(*number) == *number && std::abs(*number) < 9.2e18) {
      return Value(static_cast<int64_t>(*number));
    }
    return Refuse(what, text, "a whole number is accepted");
  }
  const auto& choices = std::get<Categorical>(distribution).choices;
  const absl::StatusOr<Value> exact = ParseValue(text);
  if (exact.ok() && std::find(choices.begin(), choices.end(), *exact) != choices.end()) return *exact;
  for (const Value& choice : choices) {
    if (ToText(choice) == text) return choice;
  }
  return Refuse(what, text, ToNotation(distribution) + " has no such choice");
}

absl::StatusOr<Distribution> ParseDistribution(std::string_view text, std::string_view what) {
  PARZEN_ASSIGN_OR_RETURN(Parameter parameter, ParseParameter(what, text));
  if (parameter.when.has_value()) return Refuse(what, text, "no condition is accepted here");
  return std::move(parameter.distribution);
}

absl::StatusOr<Parameter> ParseParameter(std::string_view name, std::string_view text) {
  text = Strip(text);
  const size_t open = text.find('(');
  if (open == std::string_view::npos) return Refuse(name, text, kExamples);
  const std::string_view kind = Strip(text.substr(0, open));
  const size_t close = FindOutsideQuotes(text.substr(open), ')', 1);
  if (close == std::string_view::npos) return Refuse(name, text, "a closing parenthesis is missing");
  const std::string_view arguments = text.substr(open + 1, close - 1);
  Parameter parameter{std::string(name), {}};
  if (kind == "categorical") {
    PARZEN_ASSIGN_OR_RETURN(std::vector<Value> choices, ParseValues(arguments));
    if (choices.empty()) return Refuse(name, text, "a categorical has at least one choice");
    parameter.distribution = Categorical{std::move(choices)};
  } else if (kind == "float" || kind == "int") {
    PARZEN_ASSIGN_OR_RETURN(Distribution distribution, ParseNumeric(kind, arguments, name));
    parameter.distribution = std::move(distribution);
  } else {
    return Refuse(name, text, kExamples);
  }
  const std::string_view rest = Strip(text.substr(open + close + 1));
  if (!rest.empty()) {
    PARZEN_ASSIGN_OR_RETURN(Condition condition, ParseCondition(rest, name));
    parameter.when = std::move(condition);
  }
  return parameter;
}

absl::StatusOr<Parameter> ParseParameter(std::string_view text) {
  const size_t open = text.find('(');
  const size_t equals = text.rfind('=', open);  // a name may have some
  if (equals == std::string_view::npos || Strip(text.substr(0, equals)).empty()) {
    return Refuse("--param", text, "NAME=DISTRIBUTION is accepted, for example lr=float(1e-5, 1e-1, log)");
  }
  return ParseParameter(Strip(text.substr(0, equals)), text.substr(equals + 1));
}

std::string ToNotation(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) {
    std::string number = ToText(value);
    // 1.0 stays a double when it is read again.
    const bool whole = std::holds_alternative<double>(value) && ParseWhole(number).has_value();
    return whole ? number + ".0" : number;
  }
  const absl::StatusOr<Value> read = ParseValue(*text);
  if (read.ok() && *read == value && text->find_first_of(",()\"'\\") == std::string::npos) return *text;
  std::string quoted = "\"";
  for (const char c : *text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string ToNotation(const Distribution& distribution) {
  if (const auto* real = std::get_if<Float>(&distribution)) {
    std::string text = "float(" + ToText(real->low) + ", " + ToText(real->high);
    if (real->log) text += ", log";
    if (real->step.has_value()) text += ", step=" + ToText(*real->step);
    return text + ")";
  }
  if (const auto* whole = std::get_if<Int>(&distribution)) {
    std::string text = "int(" + std::to_string(whole->low) + ", " + std::to_string(whole->high);
    if (whole->log) text += ", log";
    if (whole->step != 1) text += ", step=" + std::to_string(whole->step);
    return text + ")";
  }
  std::string text = "categorical(";
  for (const Value& choice : std::get<Categorical>(distribution).choices) {
    if (text.back() != '(') text += ", ";
    text += ToNotation(choice);
  }
  return text + ")";
}

std::string ToNotation(const Parameter& parameter) {
  std::string text = parameter.name + "=" + ToNotation(parameter.distribution);
  if (!parameter.when.has_value()) return text;
  text += " if " + parameter.when->parent + " in (";
  for (size_t i = 0; i < parameter.when->values.size(); ++i) {
    if (i > 0) text += ", ";
    text += ToNotation(parameter.when->values[i]);
  }
  return text + ")";
}

}  // namespace parzen::cli
