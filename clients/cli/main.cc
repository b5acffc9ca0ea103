#include <google/protobuf/stubs/logging.h>

#include "clients/cli/command_line.h"

int main(int argc, char** argv) {
  // Protobuf would say of an argument that is no UTF-8 what the server's answer says again.
  google::protobuf::SetLogHandler(nullptr);
  return parzen::cli::Run(argc, argv);
}
