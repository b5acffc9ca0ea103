// Whole files. "-" is the standard input or output.

#ifndef PARZEN_CLIENTS_CLI_FILES_H_
#define PARZEN_CLIENTS_CLI_FILES_H_

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parzen::cli {

absl::StatusOr<std::string> ReadFile(const std::string& path);

// Writes piece by piece beside the path and renames, so that a reader never sees half a file; where it is not finished, nothing
// is left. A link stays one; a device or pipe is written to.
class FileWriter {
 public:
  static absl::StatusOr<FileWriter> Open(const std::string& path);
  FileWriter(FileWriter&&) = default;
  ~FileWriter();

  absl::Status Append(std::string_view content);
  absl::Status Finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit FileWriter(std::string path) : path_(std::move(path)) {}
  absl::Status Failed() const;

  std::string path_;                        // as given
  std::string target_;                      // where links lead
  std::string written_to_;                  // beside it, or the target itself where that is no regular file
  std::unique_ptr<std::FILE, Close> file_;  // null for the standard output
};

// The whole content at once.
absl::Status WriteFile(const std::string& path, std::string_view content);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_FILES_H_
