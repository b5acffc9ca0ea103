// RE2 of Debian 12 takes texts as a class of its own.

#ifndef PARZEN_CLIENTS_CLI_WORKER_RE2_TEXT_H_
#define PARZEN_CLIENTS_CLI_WORKER_RE2_TEXT_H_

#include <re2/stringpiece.h>

#include <string_view>

namespace parzen::cli {

inline re2::StringPiece Re2Text(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_RE2_TEXT_H_
