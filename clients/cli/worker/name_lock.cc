#include "clients/cli/worker/name_lock.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include "absl/strings/str_format.h"

namespace parzen::cli {
namespace {

// FNV-1a (Fowler, Noll and Vo), 64 bits: the name of a socket has room for 107 bytes, a worker's may have 256.
uint64_t Hash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Who listens at the address; 0 where nobody says.
pid_t ListenerAt(const sockaddr* address, socklen_t length) {
  const Descriptor asking(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (connect(asking.get(), address, length) != 0) return 0;
  return getsockopt(asking.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

}  // namespace

// An abstract socket (unix(7)): the kernel frees its name with the last descriptor.
absl::StatusOr<NameLock> NameLock::Take(uint64_t study_uid, const std::string& name) {
  Descriptor held(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = absl::StrFormat("parzen-worker-%016x-%016x", study_uid, Hash(name));
  std::memcpy(address.sun_path + 1, text.data(), text.size());  // the first byte stays 0: abstract
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (bind(held.get(), generic, length) == 0 && listen(held.get(), 8) == 0) return NameLock(std::move(held));
  if (errno != EADDRINUSE) return absl::InternalError("cannot take the worker's name: " + std::generic_category().message(errno));
  const pid_t other = ListenerAt(generic, length);
  return absl::FailedPreconditionError("a worker named '" + name + "' works on this study already" +
                                       (other > 0 ? " (process " + std::to_string(other) + ")" : std::string()) +
                                       ": give each one its own --name, or one of them --jobs");
}

}  // namespace parzen::cli
