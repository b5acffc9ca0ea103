#include "tests/server/security/certificates.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace parzen::security {
namespace {

void Run(const std::string& command) { ASSERT_EQ(std::system((command + " 2>/dev/null").c_str()), 0) << command; }

}  // namespace

Authority::Authority(std::string directory, const std::string& name)
    : directory_(std::move(directory)),
      certificate_file_(directory_ + "/" + name + ".crt"),
      key_file_(directory_ + "/" + name + ".key") {
  std::filesystem::create_directories(directory_);
  Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj '/CN=" + name + "' -keyout " +
      key_file_ + " -out " + certificate_file_);
}

Authority::Pair Authority::Issue(const std::string& file_name, const std::string& common_name, bool expired) const {
  const std::string base = directory_ + "/" + file_name;
  std::ofstream(base + ".ext") << "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
  Run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=" + common_name + "' -keyout " + base +
      ".key -out " + base + ".csr");
  Run("openssl x509 -req -in " + base + ".csr -CA " + certificate_file_ + " -CAkey " + key_file_ + " -CAcreateserial -extfile " +
      base + ".ext -days " + (expired ? "-1" : "30") + " -out " + base + ".crt");
  return {base + ".crt", base + ".key"};
}

std::string ReadText(const std::string& path) {
  std::ifstream in(path);
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

}  // namespace parzen::security
