#include <google/protobuf/stubs/logging.h>

#include <cstdio>
#include <cstdlib>

#include "clients/cli/command_line.h"

int main(int argc, char** argv) {
  // Protobuf would say of an argument that is no UTF-8 what the server's answer says again.
  google::protobuf::SetLogHandler(nullptr);
  const int code = parzen::cli::Run(argc, argv);
  // Run has released everything of ours. gRPC's own threads may still be at work, and crash now and then if its static objects
  // are destroyed under them, so no destructor runs from here on.
  std::fflush(nullptr);
  std::_Exit(code);
}
