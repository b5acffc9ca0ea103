#include "server/optimizer/connect/message.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <climits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/rpc/carrier.h"

namespace parzen::optimizer::connect {
namespace {

// What protobuf found wrong, in its own words, with the field that it names: "(outcomes[0]) valuess: Cannot find field." is about
// "outcomes[0].valuess", "(count): invalid value ..." about "count".
absl::Status Explain(std::string complaint) {
  complaint.resize(std::min(complaint.find('\n'), complaint.size()));  // then comes the text itself
  std::string field;
  size_t colon = 0;
  if (const size_t end = complaint.find(')'); complaint.starts_with('(') && end != std::string::npos) {
    field = complaint.substr(1, end - 1);
    colon = end + 1;
  }
  const size_t name_end = complaint.find(": ", colon);
  const std::string name(absl::StripAsciiWhitespace(complaint.substr(colon, name_end - colon)));
  if (name_end != std::string::npos && !name.empty() && name.find(' ') == std::string::npos) {
    absl::StrAppend(&field, field.empty() ? "" : ".", name);
  }
  const std::string_view shown = std::string_view(complaint).substr(complaint.starts_with(": ") ? 2 : 0);
  return error::MakeError(
      absl::StatusCode::kInvalidArgument,
      absl::StrCat("the request as JSON: ", std::string(error::CutUtf8(shown, 512)),
                   " Accepted: an object with the message's fields, as parzen.proto and protobuf's JSON mapping have them"),
      {"BAD_FIELD", {{"field", field.empty() ? "request" : std::string(error::CutUtf8(field, 256))}}});
}

// -0 as -0.0, outside of strings: protobuf takes the one for a whole number, whose sign is lost before it becomes a double.
// Strings may have single quotes, and fields of whole numbers may have a fraction of zero, since protobuf takes both.
std::string KeepSignsOfZeros(std::string_view json) {
  std::string text;
  char quote = '\0';
  for (size_t i = 0; i < json.size(); ++i) {
    const char letter = json[i];
    text += letter;
    if (quote != '\0') {
      if (letter == '\\' && i + 1 < json.size()) text += json[++i];
      if (letter == quote) quote = '\0';
    } else if (letter == '"' || letter == '\'') {
      quote = letter;
    } else if (letter == '0' && i > 0 && json[i - 1] == '-') {
      const bool exponent = i > 1 && (json[i - 2] == 'e' || json[i - 2] == 'E');
      const bool whole = i + 1 == json.size() || std::string_view("0123456789.eExX").find(json[i + 1]) == std::string_view::npos;
      if (whole && !exponent) text += ".0";
    }
  }
  return text;
}

}  // namespace

std::optional<Format> ParseContentType(std::string_view content_type, std::string_view prefix) {
  const size_t semicolon = content_type.find(';');
  const std::string type = absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(absl::string_view(content_type.data(), std::min(semicolon, content_type.size()))));
  std::string parameter;
  if (semicolon != std::string_view::npos) {
    const std::string_view rest = content_type.substr(semicolon + 1);
    parameter = absl::AsciiStrToLower(absl::StripAsciiWhitespace(absl::string_view(rest.data(), rest.size())));
  }
  const bool utf8 = parameter.empty() || parameter == "charset=utf-8" || parameter == "charset=\"utf-8\"";
  if (!type.starts_with(prefix)) return std::nullopt;
  const std::string_view format = std::string_view(type).substr(prefix.size());
  if (format == "json" && utf8) return Format::kJson;
  if (format == "proto" && parameter.empty()) return Format::kProto;
  return std::nullopt;
}

absl::Status ParseText(Format format, std::string_view text, google::protobuf::Message* message) {
  if (format == Format::kProto) return rpc::ParseBytes(text, message);
  std::string signed_zeros;
  if (text.find("-0") != std::string_view::npos) text = signed_zeros = KeepSignsOfZeros(text);
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(text.data(), static_cast<ptrdiff_t>(text.size())), message);
  if (status.ok()) return absl::OkStatus();
  return Explain(std::string(status.message()));
}

absl::Status Print(Format format, const google::protobuf::Message& message, std::string* text) {
  const size_t size = message.ByteSizeLong();
  const bool fits =
      size <= INT_MAX && (format == Format::kProto ? message.SerializeToString(text)
                                                   : google::protobuf::util::MessageToJsonString(message, text).ok());
  if (fits) return absl::OkStatus();
  return error::OverLimit("LIMIT_ANSWER", absl::StrCat("the answer has ", size, " bytes; a message has at most 2 GiB"));
}

}  // namespace parzen::optimizer::connect
