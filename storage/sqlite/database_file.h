// What lies at a path, and whether it may be opened: everything that is decided before SQLite sees the file.

#ifndef PARZEN_STORAGE_SQLITE_DATABASE_FILE_H_
#define PARZEN_STORAGE_SQLITE_DATABASE_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parzen::storage::sqlite {

// The absolute path without symbolic links, so that one file has one lock. The file itself need not exist, its directory must.
absl::StatusOr<std::string> CanonicalPath(const std::string& path);

// The name of a network (or user-space) file system by its statfs(2) type; nullopt for a local one.
std::optional<std::string_view> NetworkFileSystem(uint64_t type);

// Whether the directory of `path` lies on a network (or user-space) file system, or that cannot be found out.
bool IsOnNetwork(const std::string& path);

// FAILED_PRECONDITION where the directory, or the file if there is one, cannot be written, or lies on a network file system.
absl::Status CheckPlace(const std::string& path, bool allow_network_fs);

enum class Content { kNothing, kParzen };
// By the first 100 bytes of the file. kNothing: no file, or an empty one. FAILED_PRECONDITION for anything but a Parzen database
// of at most version `newest`.
absl::StatusOr<Content> Inspect(const std::string& path, int newest);

// The refusal of a file whose schema has a version that this program does not know.
absl::Status NewerVersion(const std::string& path, int64_t version, int newest);

// Makes a rename or a new file in this file's directory durable.
absl::Status SyncDirectory(const std::string& path);

bool Exists(const std::string& path);

// Size in bytes, 0 where there is no such file.
int64_t SizeOf(const std::string& path);

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_DATABASE_FILE_H_
