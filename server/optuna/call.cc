#include "server/optuna/call.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "absl/strings/numbers.h"
#include "server/error/error.h"

namespace parzen::optuna {
absl::StatusOr<Extras> ReadExtras(const rpc::Carrier& carrier) {
  Extras extras;
  if (const std::string_view id = carrier.Header("parzen-request-id-bin"); !id.empty()) {
    engine::RequestId bytes{};
    if (id.size() != bytes.size()) {
      return error::BadField("parzen-request-id-bin", absl::StrCat("has ", id.size(), " bytes; ", bytes.size(), " are accepted"));
    }
    std::copy(id.begin(), id.end(), bytes.begin());
    extras.request_id = bytes;
  }
  if (const std::string_view worker = carrier.Header("parzen-worker"); !worker.empty()) extras.worker = std::string(worker);
  if (const std::string_view lease = carrier.Header("parzen-lease-seconds"); !lease.empty()) {
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
