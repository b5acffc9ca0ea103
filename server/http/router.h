// Which route takes a request.

#ifndef PARZEN_SERVER_HTTP_ROUTER_H_
#define PARZEN_SERVER_HTTP_ROUTER_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/route.h"

namespace parzen::http {

class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  struct Match {
    const Route* route = nullptr;  // null: none
    std::string allowed = {};      // "GET, HEAD": the methods that the path has; empty where it has none
  };
  Match Find(std::string_view method, std::string_view path) const;

 private:
  const std::vector<Route> routes_;
};

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_ROUTER_H_
