// A directory that is removed with everything in it. It lies in memory where there is room, so that tests which commit a thousand
// times do not wait for a disk a thousand times; what is tested does not depend on it.

#ifndef PARZEN_TESTS_STORAGE_TEMPORARY_DIRECTORY_H_
#define PARZEN_TESTS_STORAGE_TEMPORARY_DIRECTORY_H_

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <string>

namespace parzen::storage {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    for (const std::string& parent : {std::string("/dev/shm"), testing::TempDir()}) {
      struct statvfs info;
      if (statvfs(parent.c_str(), &info) != 0 || info.f_bavail * info.f_frsize < (32u << 20)) continue;
      std::string pattern = parent + "/parzen-XXXXXX";
      if (mkdtemp(pattern.data()) == nullptr) continue;
      path_ = pattern;
      return;
    }
    ADD_FAILURE() << "no place for a temporary directory";
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace parzen::storage

#endif  // PARZEN_TESTS_STORAGE_TEMPORARY_DIRECTORY_H_
