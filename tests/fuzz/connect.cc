// What the Connect protocol is decoded from, as arbitrary bytes: messages as JSON and as protobuf, envelopes, gzip, headers.
//
// Input: METHOD (1 byte) FORMAT (1 byte) TEXT. What is accepted as a message can be shown as JSON and read again, and is then the
// same; what is refused says so.

#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "parzen/v1/parzen.pb.h"
#include "server/error/error.h"
#include "server/http/encoding.h"
#include "server/http/origin.h"
#include "server/optimizer/connect/envelope.h"
#include "server/optimizer/connect/error_json.h"
#include "server/optimizer/connect/gzip.h"
#include "server/optimizer/connect/message.h"
#include "server/optimizer/connect/request.h"
#include "tests/fuzz/invariant.h"

namespace parzen::fuzz {
namespace {

using optimizer::connect::Format;

constexpr size_t kMost = 1 << 20;

void CheckRefusal(const absl::Status& status) {
  Require(status.code() == absl::StatusCode::kInvalidArgument || status.code() == absl::StatusCode::kResourceExhausted ||
              status.code() == absl::StatusCode::kUnimplemented,
          "a refusal has a code that says something: " + status.ToString());
  Require(!status.message().empty() && error::GetErrorDetail(status).has_value(), "a refusal has a message and a reason");
  const std::string json = optimizer::connect::ErrorJson(status);
  Require(json.starts_with('{') && json.ends_with('}'), "a refusal can be sent");
}

std::unique_ptr<google::protobuf::Message> NewRequest(uint8_t method) {
  const auto* service = v1::AskRequest::descriptor()->file()->FindServiceByName("Optimizer");
  const auto* type = service->method(method % service->method_count())->input_type();
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string Show(Format format, const google::protobuf::Message& message, bool* shown) {
  std::string text;
  *shown = optimizer::connect::Print(format, message, &text).ok();
  return text;
}

void ReadMessage(uint8_t method, Format format, std::string_view text) {
  const auto message = NewRequest(method);
  if (const absl::Status parsed = optimizer::connect::ParseText(format, text, message.get()); !parsed.ok()) {
    return CheckRefusal(parsed);
  }
  bool shown = false;
  const std::string json = Show(Format::kJson, *message, &shown);
  if (!shown) return;  // JSON has no words for a time beyond the year 9999, which only protobuf's bytes can bring
  const auto again = NewRequest(method);
  const absl::Status read = optimizer::connect::ParseText(Format::kJson, json, again.get());
  Require(read.ok(), "what is shown can be read: " + read.ToString() + "\n" + json);
  Require(Show(Format::kJson, *again, &shown) == json, "what is read is what was shown:\n" + json);
}

void ReadEnvelope(std::string_view text) {
  const auto envelope = optimizer::connect::ParseEnvelope(text);
  if (!envelope.ok()) return CheckRefusal(envelope.status());
  Require(optimizer::connect::MakeEnvelope(envelope->flags, envelope->message) == text,
          "an envelope is its flags and its message");
}

void Unpack(std::string_view text) {
  const auto unpacked = optimizer::connect::Gunzip(text, kMost);
  if (!unpacked.ok()) return CheckRefusal(unpacked.status());
  Require(unpacked->size() <= kMost, "what is unpacked is bounded");
  const auto again = optimizer::connect::Gunzip(optimizer::connect::Gzip(*unpacked), kMost);
  Require(again.ok() && *again == *unpacked, "what is packed can be unpacked");
}

void ReadHeaders(std::string_view text) {
  const std::string value(text);
  http::AcceptsGzip(text);
  optimizer::connect::ParseContentType(text, "application/");
  http::HostIn(text);
  const http::SiteOptions sites{.checked = true, .hosts = {"a.example"}, .origins = {"https://b.example"}};
  http::IsOwnHost(sites, text, "10.0.0.7");
  http::SiteOf(sites, text, "a.example");
  optimizer::connect::ConnectRequest request(
      {.headers = {{"Connect-Timeout-Ms", value}, {"Connect-Protocol-Version", value}}, .body = value});
  if (!request.valid().ok()) CheckRefusal(request.valid());
  if (const auto body = request.TakeBody(text.substr(0, 8), kMost); !body.ok()) CheckRefusal(body.status());
}

}  // namespace
}  // namespace parzen::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static google::protobuf::LogSilencer quiet;
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 2, size - 2);
  switch (bytes[1] % 5) {
    case 0:
      parzen::fuzz::ReadMessage(bytes[0], parzen::fuzz::Format::kJson, text);
      break;
    case 1:
      parzen::fuzz::ReadMessage(bytes[0], parzen::fuzz::Format::kProto, text);
      break;
    case 2:
      parzen::fuzz::ReadEnvelope(text);
      break;
    case 3:
      parzen::fuzz::Unpack(text);
      break;
    default:
      parzen::fuzz::ReadHeaders(text);
  }
  return 0;
}
