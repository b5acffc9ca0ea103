// Which of several servers owns a study, as a server tells that had to forward a call: the next calls go straight there.
//
// That is a hint and nothing more. An address is used only once the server there has shown that it has the same studies
// (lines.h), and is left for a while where it fails: calls go to the addresses that were given then, as if nothing had been told.
// The Python client has the same rules.

#ifndef PARZEN_CLIENTS_CPP_OWNERS_H_
#define PARZEN_CLIENTS_CPP_OWNERS_H_

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "clients/cpp/study_key.h"

namespace parzen {
inline namespace client {

// The metadata in which a server names a study's owner: behind an answer, or before a stream's first message.
inline constexpr char kOwnerHeader[] = "parzen-owner";

// One thread at a time.
class Owners {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kShunned{60};  // that an address is left alone after it has failed
  static constexpr size_t kMost = 4096;                // studies that are remembered

  // `given`: the addresses that the client was given; it outlives this. `elsewhere`: whether others may be called, too.
  Owners(const std::vector<std::string>* given, bool elsewhere) : given_(given), elsewhere_(elsewhere) {}

  // Where the study's owner is; empty where that is not known.
  std::string Of(const StudyKey& study) const;
  // A server has named it: HOST:PORT; anything else is passed over.
  void Learn(const StudyKey& study, std::string_view address, Clock::time_point now = Clock::now());
  // The address has failed.
  void Shun(const std::string& address, Clock::time_point now = Clock::now());

 private:
  const std::vector<std::string>* const given_;
  const bool elsewhere_;
  absl::flat_hash_map<StudyKey, std::string> owners_;
  absl::flat_hash_map<std::string, Clock::time_point> shunned_;  // until when
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_OWNERS_H_
