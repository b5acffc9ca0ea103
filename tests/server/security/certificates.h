// Certificates for tests, made with the openssl command.

#ifndef PARZEN_TESTS_SERVER_SECURITY_CERTIFICATES_H_
#define PARZEN_TESTS_SERVER_SECURITY_CERTIFICATES_H_

#include <string>

namespace parzen::security {

// An authority in a directory of its own, and what it signs.
class Authority {
 public:
  // Makes NAME.crt and NAME.key in `directory`.
  Authority(std::string directory, const std::string& name);

  struct Pair {
    std::string certificate_file, key_file;
  };
  // A certificate for `common_name` (and localhost, 127.0.0.1), valid until yesterday where `expired`.
  Pair Issue(const std::string& file_name, const std::string& common_name, bool expired = false) const;

  const std::string& certificate_file() const { return certificate_file_; }

 private:
  const std::string directory_;
  const std::string certificate_file_, key_file_;
};

std::string ReadText(const std::string& path);

}  // namespace parzen::security

#endif  // PARZEN_TESTS_SERVER_SECURITY_CERTIFICATES_H_
