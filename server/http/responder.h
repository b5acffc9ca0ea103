// From any thread, on which a guest answers, to the connection's.

#ifndef PARZEN_SERVER_HTTP_RESPONDER_H_
#define PARZEN_SERVER_HTTP_RESPONDER_H_

#include <memory>

#include "server/http/connection.h"
#include "server/http/route.h"

namespace parzen::http {

// Answers the connection's present request.
std::shared_ptr<Responder> MakeResponder(std::shared_ptr<Connection> connection);

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_RESPONDER_H_
