// The live page over HTTP: static files with ETags, compressed beforehand, and a policy under which a browser loads nothing from
// elsewhere and runs nothing that is not among them.

#ifndef PARZEN_SERVER_PAGE_ROUTES_H_
#define PARZEN_SERVER_PAGE_ROUTES_H_

#include <span>
#include <vector>

#include "server/http/route.h"
#include "server/page/files.h"

namespace parzen::page {

// GET of each file by its path, and of the page's own addresses (/, /studies/NAME, /studies/NAME/trials/NUMBER), which are
// index.html. Without files these say that there is no page. The files outlive the routes.
std::vector<http::Route> MakeRoutes(std::span<const File> files);

}  // namespace parzen::page

#endif  // PARZEN_SERVER_PAGE_ROUTES_H_
