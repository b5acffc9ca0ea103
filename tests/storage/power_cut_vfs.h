// A VFS that knows what a power cut would leave: what was synced, and of what was written since then any part.

#ifndef PARZEN_TESTS_STORAGE_POWER_CUT_VFS_H_
#define PARZEN_TESTS_STORAGE_POWER_CUT_VFS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "tests/storage/fault_vfs.h"

namespace parzen::storage {

class PowerCutVfs : public FaultVfs {
 public:
  // Writes into `directory` the files as a power cut at this moment might leave them: of the writes that were not synced, each
  // 512-byte sector is there or not by a throw of the dice.
  void CutInto(const std::string& directory, std::mt19937& random);

 private:
  struct Write {
    int64_t offset;
    std::string bytes;
    bool truncates;  // to offset
  };
  struct Kept {
    std::string synced;
    std::vector<Write> pending;  // in order
  };

  void OnOpen(const char* path) override;
  void OnWrite(const char* path, const void* data, int size, int64_t offset) override;
  void OnTruncate(const char* path, int64_t size) override;
  void OnSync(const char* path) override;
  void OnDelete(const char* path) override;

  std::mutex mutex_;  // guards files_
  std::map<std::string, Kept> files_;
};

}  // namespace parzen::storage

#endif  // PARZEN_TESTS_STORAGE_POWER_CUT_VFS_H_
