#include "clients/cpp/pruner_text.h"

#include <google/protobuf/descriptor.h>

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "parzen/space.h"

namespace parzen {
inline namespace client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMostWrapped = 8;

absl::Status Refuse(std::string_view text, std::string_view accepted) {
  return absl::InvalidArgumentError(absl::StrCat("pruner is '", std::string(text), "': ", std::string(accepted)));
}

// The pieces between commas that stand in no parentheses, without the blanks around them.
std::vector<std::string> SplitArguments(std::string_view text) {
  std::vector<std::string> pieces(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  for (std::string& piece : pieces) piece = std::string(absl::StripAsciiWhitespace(piece));
  return pieces;
}

std::string FieldNames(const Descriptor& message) {
  std::vector<std::string> names;
  for (int i = 0; i < message.field_count(); ++i) names.push_back(message.field(i)->name());
  return absl::StrJoin(names, ", ");
}

absl::Status SetOption(const std::string& argument, Message* options) {
  const size_t equals = argument.find('=');
  const std::string name(absl::StripAsciiWhitespace(argument.substr(0, equals)));
  const std::string value(equals == std::string::npos ? "" : absl::StripAsciiWhitespace(argument.substr(equals + 1)));
  const FieldDescriptor* field = options->GetDescriptor()->FindFieldByName(name);
  if (equals == std::string::npos || field == nullptr || field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return Refuse(argument, absl::StrCat("NAME=VALUE with one of ", FieldNames(*options->GetDescriptor()), " is accepted here"));
  }
  if (value == "auto" && (name == "min_resource" || name == "max_resource")) return absl::OkStatus();  // that is: unset
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    double number = 0;
    if (!absl::SimpleAtod(value, &number)) return Refuse(argument, "a number is accepted");
    options->GetReflection()->SetDouble(options, field, number);
  } else {
    int64_t number = 0;
    if (!absl::SimpleAtoi(value, &number)) return Refuse(argument, "a whole number is accepted");
    options->GetReflection()->SetInt64(options, field, number);
  }
  return absl::OkStatus();
}

// Not NAME=VALUE: what is wrapped may have options of its own.
bool IsPruner(std::string_view argument) { return argument.find('=') >= argument.find('('); }

absl::StatusOr<v1::PrunerConfig> Parse(std::string_view text, int depth) {
  const size_t open = text.find('(');
  const std::string name(absl::StripAsciiWhitespace(std::string(text.substr(0, open))));
  v1::PrunerConfig config;
  const FieldDescriptor* kind = config.GetDescriptor()->FindFieldByName(name);
  if (kind == nullptr || depth > kMostWrapped) {
    return Refuse(text, absl::StrCat("one of ", FieldNames(*config.GetDescriptor()),
                                     " is accepted, each with (OPTION=VALUE, ...) behind it"));
  }
  Message* options = config.GetReflection()->MutableMessage(&config, kind);
  if (open == std::string_view::npos) return config;
  if (text.back() != ')') return Refuse(text, "a closing parenthesis is missing");
  std::vector<std::string> arguments = SplitArguments(text.substr(open + 1, text.size() - open - 2));
  if (arguments.size() == 1 && arguments.front().empty()) return config;
  if (config.has_patient() && IsPruner(arguments.front())) {
    PARZEN_ASSIGN_OR_RETURN(v1::PrunerConfig wrapped, Parse(arguments.front(), depth + 1));
    *config.mutable_patient()->mutable_wrapped() = std::move(wrapped);
    arguments.erase(arguments.begin());
  }
  for (const std::string& argument : arguments) {
    if (const absl::Status status = SetOption(argument, options); !status.ok()) return status;
  }
  return config;
}

}  // namespace

absl::StatusOr<v1::PrunerConfig> PrunerFromText(std::string_view text) {
  const std::string trimmed(absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size())));
  return Parse(trimmed, 1);
}

std::string ToText(const v1::PrunerConfig& config) {
  std::vector<const FieldDescriptor*> kinds;
  config.GetReflection()->ListFields(config, &kinds);
  if (kinds.empty()) return "";
  const Message& options = config.GetReflection()->GetMessage(config, kinds.front());
  std::vector<std::string> words;
  if (config.has_patient() && config.patient().has_wrapped()) words.push_back(ToText(config.patient().wrapped()));
  std::vector<const FieldDescriptor*> set;
  options.GetReflection()->ListFields(options, &set);
  for (const FieldDescriptor* field : set) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      words.push_back(absl::StrCat(field->name(), "=", ToText(options.GetReflection()->GetDouble(options, field))));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      words.push_back(absl::StrCat(field->name(), "=", options.GetReflection()->GetInt64(options, field)));
    }
  }
  return words.empty() ? kinds.front()->name() : absl::StrCat(kinds.front()->name(), "(", absl::StrJoin(words, ", "), ")");
}

}  // namespace client
}  // namespace parzen
