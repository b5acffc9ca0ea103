// The one study that a request is for, as the request names it.

#ifndef PARZEN_CLIENTS_CPP_STUDY_KEY_H_
#define PARZEN_CLIENTS_CPP_STUDY_KEY_H_

#include <cstdint>
#include <string>

namespace parzen {
inline namespace client {

// "name NAME" or "uid UID"; empty: none, or more than one. The same study has two keys, which know nothing of each other.
using StudyKey = std::string;

inline StudyKey KeyOfName(const std::string& name) { return name.empty() ? StudyKey() : "name " + name; }
inline StudyKey KeyOfUid(uint64_t uid) { return uid == 0 ? StudyKey() : "uid " + std::to_string(uid); }

// The key that all parts have, by their trials' handles.
template <typename Parts, typename HandleOf>
StudyKey KeyOfAll(const Parts& parts, HandleOf handle_of) {
  uint64_t uid = 0;
  for (const auto& part : parts) {
    const uint64_t its = handle_of(part).study_uid();
    if (uid != 0 && its != uid) return {};
    uid = its;
  }
  return KeyOfUid(uid);
}

template <typename Request>
StudyKey StudyOf(const Request& request) {
  if constexpr (requires { request.study().name(); }) {
    return KeyOfName(request.study().name());
  } else if constexpr (requires { request.study(); }) {
    return KeyOfName(request.study());
  } else if constexpr (requires { request.trial(); }) {
    return KeyOfUid(request.trial().study_uid());
  } else if constexpr (requires { request.outcomes(); }) {
    return KeyOfAll(request.outcomes(), [](const auto& outcome) -> const auto& { return outcome.trial(); });
  } else if constexpr (requires { request.reports(); }) {
    return KeyOfAll(request.reports(), [](const auto& report) -> const auto& { return report.trial(); });
  } else if constexpr (requires { request.trials(); }) {
    return KeyOfAll(request.trials(), [](const auto& handle) -> const auto& { return handle; });
  } else {
    return {};
  }
}

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_STUDY_KEY_H_
