// Ids that let a server answer the same request the same, however often it arrives.

#ifndef PARZEN_CLIENTS_CPP_REQUEST_ID_H_
#define PARZEN_CLIENTS_CPP_REQUEST_ID_H_

#include <initializer_list>
#include <string>
#include <string_view>

namespace parzen {
inline namespace client {

// A random UUID in its text form, for a request_id.
std::string NewRequestId();

// The UUID of a content, part by part: the same parts, the same UUID.
std::string RequestIdOf(std::initializer_list<std::string_view> parts);

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_REQUEST_ID_H_
