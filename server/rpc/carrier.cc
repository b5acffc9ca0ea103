#include "server/rpc/carrier.h"

#include <climits>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/log/log.h"

namespace parzen::rpc {
namespace {

using error::BadField;
using error::Field;

// The field that protobuf's parser complained about: "String field 'parzen.v1.AskRequest.study' contains invalid UTF-8 data ...".
std::string_view FieldIn(std::string_view complaint) {
  const size_t begin = complaint.find('\'');
  if (begin == std::string_view::npos) return {};
  const size_t end = complaint.find('\'', begin + 1);
  if (end == std::string_view::npos) return {};
  return complaint.substr(begin + 1, end - begin - 1);
}

}  // namespace

absl::Status ParseBytes(std::string_view bytes, google::protobuf::Message* message) {
  log::TakeParserComplaint();
  if (bytes.size() <= INT_MAX && message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  const std::string complaint = log::TakeParserComplaint();
  if (const std::string_view field = FieldIn(complaint); !field.empty()) {
    return BadField(Field(field), "no UTF-8", "UTF-8");
  }
  return BadField(Field("request"), absl::StrCat("not a ", message->GetTypeName(), ": its ", bytes.size(), " bytes do not parse"),
                  "the message as parzen.proto describes it");
}

absl::Status CheckSize(uint64_t size, int64_t most) {
  if (size <= static_cast<uint64_t>(most)) return absl::OkStatus();
  return error::OverLimit("LIMIT_MESSAGE", absl::StrCat("the request has ", size, " bytes; this server accepts at most ", most,
                                                        " (parzend --message-mib): send less at a time"));
}

}  // namespace parzen::rpc
