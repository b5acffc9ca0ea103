#include "clients/cli/files.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace parzen::cli {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

std::string LastError() { return std::generic_category().message(errno); }

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const File opened(path == "-" ? nullptr : std::fopen(path.c_str(), "rb"));
  std::FILE* file = path == "-" ? stdin : opened.get();
  if (file == nullptr) return absl::InvalidArgumentError("cannot open " + path + ": " + LastError());
  std::string text;
  char buffer[65536];
  size_t got = 0;
  while ((got = std::fread(buffer, 1, sizeof(buffer), file)) > 0) text.append(buffer, got);
  if (std::ferror(file) != 0) return absl::InvalidArgumentError("cannot read " + path + ": " + LastError());
  return text;
}

absl::Status WriteFile(const std::string& path, std::string_view content) {
  if (path == "-") {
    const bool written = std::fwrite(content.data(), 1, content.size(), stdout) == content.size() && std::fflush(stdout) == 0;
    return written ? absl::OkStatus() : absl::InternalError("cannot write to the standard output: " + LastError());
  }
  const std::string beside = path + ".part" + std::to_string(getpid());
  File file(std::fopen(beside.c_str(), "wb"));
  if (file == nullptr) return absl::InvalidArgumentError("cannot write " + path + ": " + LastError());
  const bool written = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  const bool closed = std::fclose(file.release()) == 0;
  if (written && closed && std::rename(beside.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const absl::Status status = absl::InternalError("cannot write " + path + ": " + LastError());
  std::remove(beside.c_str());
  return status;
}

}  // namespace parzen::cli
