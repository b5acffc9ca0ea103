// Somebody whom the server knows: a name, a role, and the studies it may touch.

#ifndef PARZEN_SERVER_SECURITY_PRINCIPAL_H_
#define PARZEN_SERVER_SECURITY_PRINCIPAL_H_

#include <cstdint>
#include <string>

namespace parzen::security {

// Each role may do what the one before it may. docs/security.md has the table; access.cc decides.
enum class Role : uint8_t { kReader, kWorker, kAdmin };

struct Principal {
  std::string name;  // kept with the trials it asks for, and written to the log
  Role role = Role::kReader;
  std::string study_prefix;  // only studies whose names begin so; empty: all
};

}  // namespace parzen::security

#endif  // PARZEN_SERVER_SECURITY_PRINCIPAL_H_
