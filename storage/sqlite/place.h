// The files of an open database, watched: that they are still where they were opened, and still what they were.
//
// A file that is removed or replaced under a running program stays open: SQLite goes on writing into what nobody can find again,
// without an error. Descriptors of our own tell, for a few system calls a commit, whether the path still leads to the file that
// is open, and whether somebody has cut it short or written another one over it.
//
// The descriptors stay open for as long as SQLite has the file open: closing any descriptor of a file ends the POSIX locks that
// the process has on it, SQLite's too.
//
// For one thread at a time.

#ifndef PARZEN_STORAGE_SQLITE_PLACE_H_
#define PARZEN_STORAGE_SQLITE_PLACE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/descriptor.h"

namespace parzen::storage::sqlite {

class Place {
 public:
  // Opens the database at `path`, a file, and where `lock` is set locks it with flock(2), which neither SQLite nor its shell
  // uses. So no second server takes the file, even where FILE.lock was removed. FAILED_PRECONDITION where another has the lock.
  // `lock` is for local file systems: network ones make the one kind of lock from the other.
  static absl::StatusOr<std::unique_ptr<Place>> Hold(const std::string& path, bool lock);

  // Opens the write-ahead log and remembers its index, once SQLite has made both. Before any Check.
  absl::Status HoldLog(int64_t page_size);
  // Remembers what a page of the database looks like that nobody will write from now on: another database written over this one
  // has another.
  absl::Status RememberPage(int64_t number);
  void ForgetPage() { page_.clear(); }

  // UNAVAILABLE, saying what happened and what to do, where the path of the database, its log or the log's index leads elsewhere
  // or nowhere, or the database has been cut short or overwritten.
  absl::Status Check();
  // The same where the log has lost what was written into it. `frames`: in the log at the latest commit, as SQLite counts them; 0
  // where that is not known. `probe`: one of them, counted from 1, that must not be a hole; of the commit before the latest,
  // since SQLite writes on behind a cut as if nothing had happened.
  absl::Status CheckLog(int64_t frames, int64_t probe) const;
  // Whether the database itself, whatever became of its log, is where and what it was.
  absl::Status CheckDatabase();

 private:
  struct File {
    std::string path;
    uint64_t device = 0, inode = 0;
  };
  explicit Place(const std::string& path) { database_.path = path; }
  static absl::Status Remember(const Descriptor& descriptor, File* file);
  absl::Status CheckPath(const File& file) const;
  // UNAVAILABLE with what an operator can do about it; `what` is a sentence without its full stop.
  absl::Status Gone(std::string_view what, const File& file) const;
  absl::Status Spoiled(std::string_view what) const;
  std::string Restore() const;

  Descriptor descriptor_, log_descriptor_;
  File database_, log_, index_;
  int64_t page_size_ = 0;
  int64_t page_number_ = 0;
  std::string page_;     // empty: not compared
  std::string read_;     // the same page as it is now; kept, since it is read at every commit
  int64_t largest_ = 0;  // size of the database so far: it never shrinks
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_PLACE_H_
