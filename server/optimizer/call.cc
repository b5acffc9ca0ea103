#include "server/optimizer/call.h"

#include <array>
#include <cstdio>
#include <utility>

namespace parzen::optimizer {

rpc::CallSubject SubjectOf(const v1::TrialHandle& handle) {
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(handle.study_uid()));
  return {.study = hex.data(), .trial = handle.number()};
}

void CheckStudies(engine::Service* service, const security::Caller& caller, std::vector<uint64_t> uids,
                  std::function<void(absl::Status)> done) {
  if (uids.empty()) return done(absl::OkStatus());
  const uint64_t uid = uids.back();
  uids.pop_back();
  service->StudyName(uid, [service, &caller, uids = std::move(uids), done = std::move(done)](absl::StatusOr<std::string> name) {
    // One that is not there is the call's own business: a Heartbeat goes on with the others.
    if (!name.ok() && !absl::IsNotFound(name.status())) return done(name.status());
    if (absl::Status allowed = name.ok() ? caller.CheckStudy(*name) : absl::OkStatus(); !allowed.ok()) return done(allowed);
    CheckStudies(service, caller, uids, done);
  });
}

}  // namespace parzen::optimizer
