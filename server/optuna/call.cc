#include "server/optuna/call.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "absl/strings/numbers.h"
#include "server/error/error.h"

namespace parzen::optuna {
namespace {

// Empty where it is not there.
std::string_view MetadataOf(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end() ? std::string_view()
                                                  : std::string_view(found->second.data(), found->second.size());
}

}  // namespace

absl::StatusOr<Extras> ReadExtras(const grpc::CallbackServerContext& context) {
  Extras extras;
  if (const std::string_view id = MetadataOf(context, "parzen-request-id-bin"); !id.empty()) {
    engine::RequestId bytes{};
    if (id.size() != bytes.size()) {
      return error::BadField("parzen-request-id-bin", absl::StrCat("has ", id.size(), " bytes; ", bytes.size(), " are accepted"));
    }
    std::copy(id.begin(), id.end(), bytes.begin());
    extras.request_id = bytes;
  }
  if (const std::string_view worker = MetadataOf(context, "parzen-worker"); !worker.empty()) extras.worker = std::string(worker);
  if (const std::string_view lease = MetadataOf(context, "parzen-lease-seconds"); !lease.empty()) {
    double seconds = 0;
    if (!absl::SimpleAtod(absl::string_view(lease.data(), lease.size()), &seconds) || !(seconds >= 1 && seconds <= 86'400)) {
      return error::BadField("parzen-lease-seconds", "is no number of seconds from 1 to 86,400");
    }
    extras.lease_micros = std::llround(seconds * 1e6);
  }
  return extras;
}

uint64_t HashOf(const security::Method& method, const google::protobuf::MessageLite& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return engine::PayloadHash(method.label, bytes);
}

}  // namespace parzen::optuna
