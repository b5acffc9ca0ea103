// Pruners as text (see StudyConfig::pruner) between callers and the wire.

#ifndef PARZEN_CLIENTS_CPP_PRUNER_TEXT_H_
#define PARZEN_CLIENTS_CPP_PRUNER_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "parzen/v1/parzen.pb.h"

namespace parzen {
inline namespace client {

// INVALID_ARGUMENT says what is accepted. Whether values are is for the server to say.
absl::StatusOr<v1::PrunerConfig> PrunerFromText(std::string_view text);
// Empty for auto. Options that are set, in the order of the message.
std::string ToText(const v1::PrunerConfig& config);

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_PRUNER_TEXT_H_
