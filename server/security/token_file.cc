#include "server/security/token_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/error/error.h"

namespace parzen::security {
namespace {

constexpr off_t kMaxFileBytes = 4 << 20;
constexpr absl::string_view kScheme = "Bearer ";

absl::Status CannotRead(const std::string& path, int error) {
  return absl::NotFoundError(absl::StrCat("cannot read the token file ", path, ": ", std::strerror(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

int64_t Nanoseconds(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string text;
  std::array<char, 16'384> block;
  while (true) {
    const ssize_t n = read(fd, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return CannotRead(path, errno);
    if (n == 0) return text;
    text.append(block.data(), static_cast<size_t>(n));
    if (static_cast<off_t>(text.size()) > kMaxFileBytes)
      return absl::InvalidArgumentError(absl::StrCat(path, " is larger than 4 MiB"));
  }
}

}  // namespace

absl::StatusOr<TokenFile::Stamp> TokenFile::StampOf(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return CannotRead(path, errno);
  return Stamp{found.st_dev, found.st_ino, found.st_size, Nanoseconds(found.st_mtim), Nanoseconds(found.st_ctim), found.st_mode};
}

absl::StatusOr<TokenFile::Contents> TokenFile::Read(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return CannotRead(path, errno);
  // Before reading: a change in between makes the stamp old, and the next Poll reads again.
  struct stat found{};
  if (fstat(file.get(), &found) != 0) return CannotRead(path, errno);
  if (!S_ISREG(found.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, " is not a regular file"));
  if ((found.st_mode & S_IWOTH) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(path, " may be written by everybody; accepted: at most mode 0664"));
  }
  PARZEN_ASSIGN_OR_RETURN(auto text, ReadAll(file.get(), path));
  PARZEN_ASSIGN_OR_RETURN(auto table, TokenTable::Parse(path, text));
  if (table.size() == 0) return absl::InvalidArgumentError(absl::StrCat(path, " has no token: nobody could call"));
  Contents contents;
  contents.stamp = {found.st_dev, found.st_ino, found.st_size, Nanoseconds(found.st_mtim), Nanoseconds(found.st_ctim),
                    found.st_mode};
  contents.table = std::make_shared<const TokenTable>(std::move(table));
  return contents;
}

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Open(std::string path) {
  PARZEN_ASSIGN_OR_RETURN(Contents contents, Read(path));
  return std::unique_ptr<TokenFile>(new TokenFile(std::move(path), std::move(contents)));
}

absl::Status TokenFile::Poll(bool* changed) {
  *changed = false;
  auto stamp = StampOf(path_);
  {
    const MutexLock lock(&mutex_);
    if (stamp.ok() && *stamp == contents_.stamp) {
      last_problem_.clear();
      return absl::OkStatus();
    }
    if (stamp.ok() && *stamp == refused_) return absl::OkStatus();
  }
  auto contents = stamp.ok() ? Read(path_) : absl::StatusOr<Contents>(stamp.status());
  const MutexLock lock(&mutex_);
  if (!contents.ok()) {
    if (stamp.ok()) refused_ = *stamp;
    std::string problem(contents.status().message());
    if (problem == last_problem_) return absl::OkStatus();
    last_problem_ = std::move(problem);
    return contents.status();
  }
  contents_ = *std::move(contents);
  last_problem_.clear();
  *changed = true;
  return absl::OkStatus();
}

std::shared_ptr<const TokenTable> TokenFile::Table() const {
  const MutexLock lock(&mutex_);
  return contents_.table;
}

absl::StatusOr<std::shared_ptr<const Principal>> TokenFile::Authenticate(std::string_view authorization) const {
  const auto refuse = [](const char* reason, std::string_view message) {
    return error::MakeError(absl::StatusCode::kUnauthenticated, message, {reason, {}});
  };
  if (authorization.empty()) {
    return refuse("TOKEN_MISSING",
                  "the metadata 'authorization' is missing; accepted: 'Bearer ' and a token of the server's token file");
  }
  if (!absl::StartsWithIgnoreCase(absl::string_view(authorization.data(), authorization.size()), kScheme)) {
    return refuse("TOKEN_MALFORMED", "the metadata 'authorization' does not begin with 'Bearer '");
  }
  authorization.remove_prefix(kScheme.size());
  if (authorization.size() > kMaxTokenBytes) {
    return refuse("TOKEN_MALFORMED",
                  absl::StrCat("the token has ", authorization.size(), " bytes; accepted: at most ", kMaxTokenBytes));
  }
  auto table = Table();
  const Principal* principal = table->Find(authorization);
  if (principal == nullptr) return refuse("TOKEN_UNKNOWN", "the token is not in the server's token file");
  return std::shared_ptr<const Principal>(std::move(table), principal);
}

bool TokenFile::exposed() const {
  const MutexLock lock(&mutex_);
  return contents_.table->has_plain_tokens() && (contents_.stamp.mode & (S_IRGRP | S_IROTH)) != 0;
}

}  // namespace parzen::security
