#include "storage/sqlite/database_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/string_view.h"
#include "storage/sqlite/descriptor.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

struct FileSystem {
  uint64_t type;
  std::string_view name;
};

// Types as in linux/magic.h and statfs(2); there is no header that has them all.
constexpr FileSystem kNetworkFileSystems[] = {
    {0x6969, "NFS"},        {0x517b, "SMB"},        {0xff534d42, "CIFS"},  {0xfe534d42, "SMB2"},   {0x01021997, "9p"},
    {0x65735546, "FUSE"},   {0x00c36400, "Ceph"},   {0x5346414f, "AFS"},   {0x6b414653, "AFS"},    {0x73757245, "Coda"},
    {0x564c, "NCP"},        {0x01161970, "GFS2"},   {0x7461636f, "OCFS2"}, {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},
    {0x19830326, "BeeGFS"}, {0x786f4256, "vboxsf"}, {0xaad7aaea, "PanFS"}, {0x013111a8, "IBRIX"},
};

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

uint32_t BigEndian(const unsigned char* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

absl::Status NotOurs(const std::string& path, std::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, " is ", Abseil(what),
                   "; it was left untouched. Give the path of a Parzen database, or of a file that does not exist yet"));
}

}  // namespace

absl::StatusOr<std::string> CanonicalPath(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("the path of the database is empty");
  if (path.find('\0') != std::string::npos) return absl::InvalidArgumentError("the path of the database has a NUL byte");
  const auto resolve = [](const std::string& name) -> std::string {
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(name.c_str(), nullptr), &std::free);
    return resolved == nullptr ? std::string() : std::string(resolved.get());
  };
  if (std::string resolved = resolve(path); !resolved.empty()) return resolved;
  const std::string directory = DirectoryOf(path);
  std::string resolved = resolve(directory);
  if (resolved.empty()) {
    const int error = errno;
    return absl::FailedPreconditionError(absl::StrCat("the directory of ", path, " cannot be opened: ", std::strerror(error)));
  }
  struct stat info;
  if (lstat(path.c_str(), &info) == 0) return absl::FailedPreconditionError(path + " is a symbolic link that leads nowhere");
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " names a directory, not a file"));
  return resolved == "/" ? "/" + name : absl::StrCat(resolved, "/", name);
}

std::optional<std::string_view> NetworkFileSystem(uint64_t type) {
  for (const FileSystem& known : kNetworkFileSystems) {
    if (known.type == type) return known.name;
  }
  return std::nullopt;
}

bool IsOnNetwork(const std::string& path) {
  struct statfs file_system;
  return statfs(DirectoryOf(path).c_str(), &file_system) != 0 ||
         NetworkFileSystem(static_cast<uint32_t>(file_system.f_type)).has_value();
}

absl::Status CheckPlace(const std::string& path, bool allow_network_fs) {
  const std::string directory = DirectoryOf(path);
  struct stat info;
  const bool exists = stat(path.c_str(), &info) == 0;
  if (exists && !S_ISREG(info.st_mode)) return absl::FailedPreconditionError(path + " is not a regular file");
  struct statfs file_system;
  if (statfs(directory.c_str(), &file_system) != 0) {
    const int error = errno;
    return absl::UnavailableError(absl::StrCat("cannot examine ", directory, ": ", std::strerror(error)));
  }
  // The type is signed on some machines; the low 32 bits are what the list has.
  const std::optional<std::string_view> network = NetworkFileSystem(static_cast<uint32_t>(file_system.f_type));
  if (network && !allow_network_fs) {
    return absl::FailedPreconditionError(absl::StrCat(path, " lies on a network or user-space file system (", Abseil(*network),
                                                      "), where file locks and syncs are often not what they promise and a "
                                                      "database can be lost; use a local disk, or allow it explicitly"));
  }
  if (exists && faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0) {
    const int error = errno;
    return absl::FailedPreconditionError(absl::StrCat(path, " cannot be written: ", std::strerror(error)));
  }
  if (faccessat(AT_FDCWD, directory.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    const int error = errno;
    return absl::FailedPreconditionError(absl::StrCat("the directory ", directory, " cannot be written (", std::strerror(error),
                                                      "); the write-ahead log and the lock file lie beside the database"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Content> Inspect(const std::string& path, int newest) {
  // The layout of the header: https://www.sqlite.org/fileformat.html#the_database_header
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  constexpr size_t kUserVersion = 60, kApplication = 68;
  std::array<unsigned char, 100> header{};
  const Descriptor file(path, O_RDONLY);
  if (file.get() < 0) {
    const int error = errno;
    if (error == ENOENT) return Content::kNothing;
    return absl::UnavailableError(absl::StrCat("cannot open ", path, ": ", std::strerror(error)));
  }
  const ssize_t size = pread(file.get(), header.data(), header.size(), 0);
  if (size < 0) {
    const int error = errno;
    return absl::UnavailableError(absl::StrCat("cannot read ", path, ": ", std::strerror(error)));
  }
  if (size == 0) return Content::kNothing;
  if (static_cast<size_t>(size) < header.size() || std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0) {
    return NotOurs(path, "not a database");
  }
  if (BigEndian(&header[kApplication]) != static_cast<uint32_t>(kApplicationId)) {
    return NotOurs(path, "an SQLite database of another program");
  }
  const auto version = static_cast<int32_t>(BigEndian(&header[kUserVersion]));
  if (version > newest) return NewerVersion(path, version, newest);
  return Content::kParzen;
}

absl::Status NewerVersion(const std::string& path, int64_t version, int newest) {
  return absl::FailedPreconditionError(absl::StrCat(path, " was written by a newer Parzen: its schema has version ", version,
                                                    ", this program knows versions up to ", newest,
                                                    "; it was left untouched. Use the newer program"));
}

absl::Status SyncDirectory(const std::string& path) {
  const Descriptor directory(DirectoryOf(path), O_RDONLY | O_DIRECTORY);
  if (directory.get() < 0 || fsync(directory.get()) != 0) {
    const int error = errno;
    return absl::UnavailableError(absl::StrCat("cannot sync the directory of ", path, ": ", std::strerror(error)));
  }
  return absl::OkStatus();
}

bool Exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

int64_t SizeOf(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? static_cast<int64_t>(info.st_size) : 0;
}

}  // namespace parzen::storage::sqlite
