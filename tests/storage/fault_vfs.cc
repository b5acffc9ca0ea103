#include "tests/storage/fault_vfs.h"

#include <atomic>
#include <cstddef>

namespace parzen::storage {
namespace {

std::string UniqueName() {
  static std::atomic<int> count = 0;
  return "parzen-fault-" + std::to_string(++count);
}

}  // namespace

// SQLite allocates szOsFile bytes: this, and behind it the real VFS's file.
struct FaultVfs::OpenFile {
  sqlite3_file base;
  FaultVfs* vfs;
  File kind;
  const char* path;  // valid while the file is open; null for a temporary file

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(this) + Offset()); }
  static constexpr size_t Offset() {
    constexpr size_t kAlignment = alignof(std::max_align_t);
    return (sizeof(OpenFile) + kAlignment - 1) / kAlignment * kAlignment;
  }
  static OpenFile* Of(sqlite3_file* file) { return reinterpret_cast<OpenFile*>(file); }
  static sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real(); }
  static int Check(sqlite3_file* file, Operation operation) { return Of(file)->vfs->Check(operation, Of(file)->kind); }
};

const sqlite3_io_methods FaultVfs::kMethods = {
    .iVersion = 3,
    .xClose = [](sqlite3_file* f) { return OpenFile::Real(f)->pMethods->xClose(OpenFile::Real(f)); },
    .xRead =
        [](sqlite3_file* f, void* data, int size, sqlite3_int64 offset) {
          if (const int code = OpenFile::Check(f, Operation::kRead); code != SQLITE_OK) return code;
          return OpenFile::Real(f)->pMethods->xRead(OpenFile::Real(f), data, size, offset);
        },
    .xWrite =
        [](sqlite3_file* f, const void* data, int size, sqlite3_int64 offset) {
          if (const int code = OpenFile::Check(f, Operation::kWrite); code != SQLITE_OK) {
            // A disk that fills up takes a part.
            OpenFile::Real(f)->pMethods->xWrite(OpenFile::Real(f), data, size / 2, offset);
            return code;
          }
          const int code = OpenFile::Real(f)->pMethods->xWrite(OpenFile::Real(f), data, size, offset);
          if (code == SQLITE_OK && OpenFile::Of(f)->path != nullptr) {
            OpenFile::Of(f)->vfs->OnWrite(OpenFile::Of(f)->path, data, size, offset);
          }
          return code;
        },
    .xTruncate =
        [](sqlite3_file* f, sqlite3_int64 size) {
          if (const int code = OpenFile::Check(f, Operation::kTruncate); code != SQLITE_OK) return code;
          const int code = OpenFile::Real(f)->pMethods->xTruncate(OpenFile::Real(f), size);
          if (code == SQLITE_OK && OpenFile::Of(f)->path != nullptr)
            OpenFile::Of(f)->vfs->OnTruncate(OpenFile::Of(f)->path, size);
          return code;
        },
    .xSync =
        [](sqlite3_file* f, int flags) {
          if (const int code = OpenFile::Check(f, Operation::kSync); code != SQLITE_OK) return code;
          const int code = OpenFile::Real(f)->pMethods->xSync(OpenFile::Real(f), flags);
          if (code == SQLITE_OK && OpenFile::Of(f)->path != nullptr) OpenFile::Of(f)->vfs->OnSync(OpenFile::Of(f)->path);
          return code;
        },
    .xFileSize = [](sqlite3_file* f,
                    sqlite3_int64* size) { return OpenFile::Real(f)->pMethods->xFileSize(OpenFile::Real(f), size); },
    .xLock = [](sqlite3_file* f, int lock) { return OpenFile::Real(f)->pMethods->xLock(OpenFile::Real(f), lock); },
    .xUnlock = [](sqlite3_file* f, int lock) { return OpenFile::Real(f)->pMethods->xUnlock(OpenFile::Real(f), lock); },
    .xCheckReservedLock = [](sqlite3_file* f,
                             int* out) { return OpenFile::Real(f)->pMethods->xCheckReservedLock(OpenFile::Real(f), out); },
    .xFileControl = [](sqlite3_file* f, int op,
                       void* arg) { return OpenFile::Real(f)->pMethods->xFileControl(OpenFile::Real(f), op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return OpenFile::Real(f)->pMethods->xSectorSize(OpenFile::Real(f)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* f) { return OpenFile::Real(f)->pMethods->xDeviceCharacteristics(OpenFile::Real(f)); },
    .xShmMap =
        [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
          if (const int code = OpenFile::Check(f, Operation::kShare); code != SQLITE_OK) return code;
          return OpenFile::Real(f)->pMethods->xShmMap(OpenFile::Real(f), page, size, extend, out);
        },
    .xShmLock = [](sqlite3_file* f, int offset, int n,
                   int flags) { return OpenFile::Real(f)->pMethods->xShmLock(OpenFile::Real(f), offset, n, flags); },
    .xShmBarrier = [](sqlite3_file* f) { OpenFile::Real(f)->pMethods->xShmBarrier(OpenFile::Real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int remove) { return OpenFile::Real(f)->pMethods->xShmUnmap(OpenFile::Real(f), remove); },
    .xFetch = [](sqlite3_file* f, sqlite3_int64 offset, int size,
                 void** out) { return OpenFile::Real(f)->pMethods->xFetch(OpenFile::Real(f), offset, size, out); },
    .xUnfetch = [](sqlite3_file* f, sqlite3_int64 offset,
                   void* page) { return OpenFile::Real(f)->pMethods->xUnfetch(OpenFile::Real(f), offset, page); },
};

FaultVfs::FaultVfs() : name_(UniqueName()), real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  // What is not replaced here takes no file: it goes to the real VFS's functions, which do not look at pAppData but in Open and
  // Delete.
  vfs_.szOsFile = static_cast<int>(OpenFile::Offset()) + real_->szOsFile;
  vfs_.zName = name_.c_str();
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.xOpen = &FaultVfs::Open;
  vfs_.xDelete = &FaultVfs::Delete;
  sqlite3_vfs_register(&vfs_, /*makeDflt=*/0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }

int FaultVfs::Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  FaultVfs& self = Self(vfs);
  auto* open_file = OpenFile::Of(file);
  open_file->base.pMethods = nullptr;
  open_file->vfs = &self;
  open_file->path = path;
  open_file->kind = (flags & SQLITE_OPEN_WAL) != 0       ? File::kLog
                    : (flags & SQLITE_OPEN_MAIN_DB) != 0 ? File::kDatabase
                                                         : File::kAny;
  if (const int code = self.Check(Operation::kOpen, open_file->kind); code != SQLITE_OK) return code;
  const int code = self.real_->xOpen(self.real_, path, open_file->real(), flags, out_flags);
  if (open_file->real()->pMethods != nullptr) open_file->base.pMethods = &kMethods;
  if (code == SQLITE_OK && path != nullptr) self.OnOpen(path);
  return code;
}

int FaultVfs::Delete(sqlite3_vfs* vfs, const char* path, int sync) {
  FaultVfs& self = Self(vfs);
  const int code = self.real_->xDelete(self.real_, path, sync);
  if (code == SQLITE_OK) self.OnDelete(path);
  return code;
}

void FaultVfs::Inject(const Fault& fault) {
  const std::lock_guard<std::mutex> guard(mutex_);
  fault_ = fault;
  failed_ = 0;
}

void FaultVfs::Clear() {
  const std::lock_guard<std::mutex> guard(mutex_);
  fault_.reset();
}

int64_t FaultVfs::Failed() {
  const std::lock_guard<std::mutex> guard(mutex_);
  return failed_;
}

int64_t FaultVfs::Count(Operation operation) {
  const std::lock_guard<std::mutex> guard(mutex_);
  return counts_[static_cast<size_t>(operation)];
}

int FaultVfs::Check(Operation operation, File file) {
  const std::lock_guard<std::mutex> guard(mutex_);
  ++counts_[static_cast<size_t>(operation)];
  if (!fault_ || fault_->operation != operation) return SQLITE_OK;
  if (fault_->file != File::kAny && fault_->file != file) return SQLITE_OK;
  if (fault_->after > 0) {
    --fault_->after;
    return SQLITE_OK;
  }
  if (fault_->times == 0) return SQLITE_OK;
  if (fault_->times > 0) --fault_->times;
  ++failed_;
  return fault_->code;
}

}  // namespace parzen::storage
