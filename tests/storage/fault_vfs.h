// An SQLite VFS that passes everything on to the platform's own and fails what a test asks it to fail.
//
//   FaultVfs vfs;
//   options.vfs = vfs.name();
//   vfs.Inject({.operation = FaultVfs::Operation::kSync, .after = 3, .code = SQLITE_IOERR_FSYNC});   // the fourth sync from now
//
// It must outlive every connection that uses it. Thread safe.

#ifndef PARZEN_TESTS_STORAGE_FAULT_VFS_H_
#define PARZEN_TESTS_STORAGE_FAULT_VFS_H_

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace parzen::storage {

class FaultVfs {
 public:
  enum class Operation { kOpen, kRead, kWrite, kSync, kTruncate, kShare };
  enum class File { kAny, kDatabase, kLog };

  struct Fault {
    Operation operation = Operation::kWrite;
    int64_t after = 0;        // this many succeed first
    int64_t times = -1;       // so many fail then; -1: all until Clear
    int code = SQLITE_IOERR;  // what SQLite is told
    File file = File::kAny;
  };

  FaultVfs();
  virtual ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  const std::string& name() const { return name_; }

  // Replaces the fault there was.
  void Inject(const Fault& fault);
  void Clear();
  // Operations that were failed since the last Inject.
  int64_t Failed();
  // Operations of a kind since the beginning, failed ones included.
  int64_t Count(Operation operation);

 protected:
  // What succeeded, as it happens; for those who keep books. Called from any thread.
  virtual void OnOpen(const char* /*path*/) {}
  virtual void OnWrite(const char* /*path*/, const void* /*data*/, int /*size*/, int64_t /*offset*/) {}
  virtual void OnTruncate(const char* /*path*/, int64_t /*size*/) {}
  virtual void OnSync(const char* /*path*/) {}
  virtual void OnDelete(const char* /*path*/) {}

 private:
  struct OpenFile;
  static const sqlite3_io_methods kMethods;
  static FaultVfs& Self(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }
  // The code to fail with, or SQLITE_OK.
  int Check(Operation operation, File file);

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags);
  static int Delete(sqlite3_vfs* vfs, const char* path, int sync);

  const std::string name_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;

  std::mutex mutex_;  // guards what follows
  std::optional<Fault> fault_;
  int64_t failed_ = 0;
  std::array<int64_t, 6> counts_{};
};

}  // namespace parzen::storage

#endif  // PARZEN_TESTS_STORAGE_FAULT_VFS_H_
