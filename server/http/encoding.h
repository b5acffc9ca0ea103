// What a client takes an answer's bytes as.

#ifndef PARZEN_SERVER_HTTP_ENCODING_H_
#define PARZEN_SERVER_HTTP_ENCODING_H_

#include <string_view>

namespace parzen::http {

// Whether a list of encodings, as Accept-Encoding has it ("gzip;q=0.5, br"), has gzip in it, with a weight that is not 0.
bool AcceptsGzip(std::string_view encodings);

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_ENCODING_H_
