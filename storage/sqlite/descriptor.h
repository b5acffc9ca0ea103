// A file descriptor that is closed with its scope.

#ifndef PARZEN_STORAGE_SQLITE_DESCRIPTOR_H_
#define PARZEN_STORAGE_SQLITE_DESCRIPTOR_H_

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace parzen::storage::sqlite {

class Descriptor {
 public:
  Descriptor() = default;
  // Less than 0 where open(2) fails, which leaves the reason in errno.
  Descriptor(const std::string& path, int flags, mode_t mode = 0) : descriptor_(open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~Descriptor() { Close(); }
  int get() const { return descriptor_; }

 private:
  void Close() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  int descriptor_ = -1;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_DESCRIPTOR_H_
