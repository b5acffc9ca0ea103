#include "server/placement/operations.h"

#include "server/placement/encoding.h"

namespace parzen::placement {
namespace {

template <typename Command, typename Answer>
std::shared_ptr<RoutedCall> MakeCall(const Operation<Command, Answer>& operation, std::string_view bytes,
                                     const engine::Done<std::string>& done) {
  Command command{};
  if (!Decode(bytes, &command)) return nullptr;
  return std::make_shared<TypedCall<Command, Answer>>(&operation, std::move(command), [done](absl::StatusOr<Answer> answer) {
    if (!answer.ok()) return done(answer.status());
    done(Encode(*answer));
  });
}

}  // namespace

std::shared_ptr<RoutedCall> CallFromPeer(std::string_view name, std::string_view command, engine::Done<std::string> done) {
  std::shared_ptr<RoutedCall> call;
  std::apply(
      [&](const auto&... operation) {
        const auto offer = [&](const auto& offered) {
          if (offered.name == name) call = MakeCall(offered, command, done);
        };
        (offer(operation), ...);
      },
      operations::kAll);
  return call;
}

}  // namespace parzen::placement
