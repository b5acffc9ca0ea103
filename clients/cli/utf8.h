// Text of unknown origin as UTF-8, the only encoding that the server takes.

#ifndef PARZEN_CLIENTS_CLI_UTF8_H_
#define PARZEN_CLIENTS_CLI_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace parzen::cli {

// Whether all of it is UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

// Each byte that belongs to no character becomes U+FFFD, the replacement character.
std::string RepairUtf8(std::string_view text);

// At most `bytes` of the text's beginning, without a part of the character that follows. For UTF-8.
std::string_view Utf8Head(std::string_view text, size_t bytes);
// At most `bytes` of the text's end, without the rest of a character that began before. For UTF-8.
std::string_view Utf8Tail(std::string_view text, size_t bytes);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_UTF8_H_
