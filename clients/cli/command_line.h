// The whole command line of `parzen`.

#ifndef PARZEN_CLIENTS_CLI_COMMAND_LINE_H_
#define PARZEN_CLIENTS_CLI_COMMAND_LINE_H_

namespace parzen::cli {

// Parses and runs; answers the process's exit code.
int Run(int argc, char** argv);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_COMMAND_LINE_H_
